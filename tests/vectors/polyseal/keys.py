"""A party: its identifier and role, its keys, sessions and rules. Which of them is for a message."""

from . import base, domains, handshake_form, polynomial
from .base import require

DEFAULT_RULES = {"skew": 300, "accept": 7 * 86400, "deliver": 90 * 86400, "settle": 400 * 86400}


class Party:
    """`keys`: domain, "share" or "preshared", and a function from a peer to the common key, or None. `sessions`: what
    authenticated exports say."""

    def __init__(self, role, identifier, keys, sessions=(), networks=None, rules=None, now=0, revoked=()):
        self.role, self.identifier, self.now = role, identifier, now
        self.keys, self.sessions = list(keys), list(sessions)
        check_domains([(domains.key_id(domain), kind) for domain, kind, _ in self.keys])
        self.networks = networks or {}
        self.revoked = list(revoked)
        self.rules = {**DEFAULT_RULES, **(rules or {})}

    def owner(self):
        return self.role, self.identifier

    def key_named(self, key_id, peer):
        """Domain and common key by the key-id that a message names."""
        for domain, _, derive in self.keys:
            if domains.key_id(domain) == key_id:
                key = derive(peer)
                if key is not None:
                    return domain, key
        raise base.Refused("K-1")

    def accepts_network(self, domain, peer_role):
        """Those named for the role; without any, the only network of which there are keys."""
        named = self.networks.get(peer_role)
        if named:
            return domains.network(domain) in named
        return all(domains.network(other) == domains.network(domain) for other, _, _ in self.keys)

    def session(self, transcript):
        found = [each for each in self.sessions if each.transcript == transcript]
        require(found, "O-5 unknown")
        return found[0]


def share_key(export, own):
    """A key from an exported share, which has to be the party's own."""
    domain, identifier, coefficients = polynomial.read_share(export)
    require(identifier == own, "S-1 owner")

    def derive(peer):
        raw = polynomial.raw_key(domain, coefficients, peer)
        return polynomial.common_key(domain, raw, own, peer)
    return domain, "share", derive


def preshared_key(domain, own, peer, secret):
    """A key from 32 bytes that two parties agreed on."""
    def derive(other):
        return preshared_common_key(domain, secret, own, peer) if other == peer else None
    return domains.check_domain(domain), "preshared", derive


def check_domains(found):
    """`found`: the key-id of each key's domain, and what kind of key it is. Keys agreed before may share a domain."""
    shares = [key_id for key_id, kind in found if kind == "share"]
    require(len(set(shares)) == len(shares), "K-6 twice")
    require(not any(key_id in shares for key_id, kind in found if kind == "preshared"), "K-6 both")


def preshared_common_key(domain, secret, own, peer):
    return polynomial.common_key(domain, secret, own, peer)


def cohort_fits(domain, own_role, own, peer_role, peer):
    """Card holders meet services in their cohort, services where they all meet, card holders nowhere."""
    holders = [each for role, each in ((own_role, own), (peer_role, peer)) if role == "card-holder"]
    return len(holders) < 2 and domains.cohort_fits(domain, holders[0] if holders else None)


def pair_key(party, own_role, peer_role, peer, key_id, first, last):
    """The common key that a key-id names, if it is for these two, in these roles, at one of these dates (O-1, O-2)."""
    require(peer != party.identifier, "O-1 oneself")
    require(peer not in party.revoked, "O-1 revoked")
    domain, key = party.key_named(key_id, peer)
    require(domains.covers(domain, first, last), "K-2")
    require(cohort_fits(domain, own_role, party.identifier, peer_role, peer), "K-3")
    require(party.accepts_network(domain, peer_role), "K-4")
    return key


def session_key(party, transcript, sender, key_id):
    """The key of a session that was made with this sender under this key's name."""
    session = party.session(transcript)
    require(session_own(session) == party.identifier, "O-5 own")
    require(session_peer(session) == sender, "O-5 peer")
    require(session_key_id(session) == key_id, "O-5 key-id")
    return session.key


def session_own(session):
    return session.own


def session_peer(session):
    return session.peer


def session_key_id(session):
    return session.key_id


read_session = handshake_form.read_authenticated
