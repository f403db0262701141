"""A party: its identifier and role, its keys, sessions and rules. Which of them is for a message."""

from . import base, domains, handshake_form, polynomial
from .base import require

DEFAULT_RULES = {"skew": 300, "accept": 7 * 86400, "deliver": 90 * 86400, "settle": 400 * 86400}


class Party:
    """`keys`: domain and a function from a peer to the common key, or None. `sessions`: what authenticated exports say."""

    def __init__(self, role, identifier, keys, sessions=(), networks=None, rules=None, now=0):
        self.role, self.identifier, self.now = role, identifier, now
        self.keys, self.sessions = list(keys), list(sessions)
        self.networks = networks or {}
        self.rules = {**DEFAULT_RULES, **(rules or {})}

    def domain_named(self, key_id):
        """The domain of the key that a message names."""
        found = [domain for domain, _ in self.keys if domains.key_id(domain) == key_id]
        require(found, "key-unknown")
        return found[0]

    def accepts_network(self, domain, peer_role):
        """Those named for the role; without any, the only network of which there are keys."""
        named = self.networks.get(peer_role)
        if named:
            return domains.network(domain) in named
        return all(domains.network(other) == domains.network(domain) for other, _ in self.keys)

    def common_key(self, domain, peer):
        require(peer != self.identifier, "key-unknown", "oneself")
        for own, derive in self.keys:
            if own == domain:
                key = derive(peer)
                if key is not None:
                    return key
        raise base.Refused("key-unknown", "none with this peer")

    def session(self, transcript):
        found = [each for each in self.sessions if each.transcript == transcript]
        require(found, "session-unknown")
        return found[0]


def share_key(export, own):
    """A key from an exported share, which has to be the party's own."""
    domain, identifier, coefficients = polynomial.read_share(export)
    require(identifier == own, "key", "a share of another identity")

    def derive(peer):
        raw = polynomial.raw_key(domain, coefficients, peer)
        return polynomial.common_key(domain, raw, own, peer)
    return domain, derive


def preshared_key(domain, own, peer, secret):
    """A key from 32 bytes that two parties agreed on."""
    def derive(other):
        return preshared_common_key(domain, secret, own, peer) if other == peer else None
    return domains.check_domain(domain), derive


def preshared_common_key(domain, secret, own, peer):
    return polynomial.common_key(domain, secret, own, peer)


def card_holder_among(role_a, identifier_a, role_b, identifier_b):
    """The identifier of the one that is a card holder; None between two services."""
    if role_a == "card-holder":
        return identifier_a
    return identifier_b if role_b == "card-holder" else None


def check_domain_fits(party, domain, peer_role, card_holder, date):
    """What a domain has to meet before its key is used for an order, or a handshake, of this date."""
    require(domains.covers(domain, date), "key-epoch")
    require(domains.cohort_fits(domain, card_holder), "key-cohort")
    require(party.accepts_network(domain, peer_role), "key-network")


def session_key(party, transcript, sender, key_id):
    """The key of a session that was made with this sender under this key's name."""
    session = party.session(transcript)
    require(session_own(session) == party.identifier, "session-own")
    require(session_peer(session) == sender, "session-peer")
    require(session_key_id(session) == key_id, "session-key-id")
    return session.key


def session_own(session):
    return session.own


def session_peer(session):
    return session.peer


def session_key_id(session):
    return session.key_id


read_session = handshake_form.read_authenticated
