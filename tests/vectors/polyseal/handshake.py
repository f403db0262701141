"""Both sides of a handshake."""

from . import base, cbor, domains, handshake_form, keys, mlkem, sealing
from .base import require
from .handshake_form import LONGEST, PAYLOAD, Authenticated
from .sealing import Header
from .shape import read


def hello_mac(dk, hello):
    """Over everything in the hello before it."""
    return base.F(dk, "hello", mac_input(hello))


def mac_input(hello):
    return hello[:9]


def bound_2(hello, challenge, ciphertext):
    return base.H("hello", hello, challenge, ciphertext)


def bound_3(second, answer):
    return base.H("answer", second, answer)


def transcript_of(third, confirmation):
    return base.H("confirmation", third, confirmation)


def session_key(common_key, shared, second):
    return base.F(common_key, "session", shared, second)


def pair_key(party, key_id, peer_role, peer):
    """The common key of a handshake, of a domain that fits this moment."""
    domain = party.domain_named(key_id)
    card_holder = keys.card_holder_among(party.role, party.identifier, peer_role, peer)
    keys.check_domain_fits(party, domain, peer_role, card_holder, party.now)
    return party.common_key(domain, peer)


def make_hello(party, domain, to_role, to, challenge, secret):
    public = None if secret is None else mlkem.xwing_public(secret)
    hello = [base.VERSION, "hello", domains.key_id(domain), party.role, party.identifier, to_role, to, challenge,
             public]
    dk = sealing.directional_key(party.common_key(domain, to), party.identifier, to)
    return cbor.encode([*hello, hello_mac(dk, hello)])


def receive_hello(party, data):
    """The responder, before it does anything that costs. Gives the hello and the common key."""
    hello = handshake_form.read_hello(data)
    _, _, key_id, from_role, sender, to_role, to, _, public, mac = hello
    require((to_role, to) == (party.role, party.identifier), "hello-addressee")
    common = pair_key(party, key_id, from_role, sender)
    dk = sealing.directional_key(common, sender, to)
    require(hello_mac(dk, hello) == mac, "hello-mac")
    require(public is None or mlkem.xwing_key_is_sound(public), "hello-key")
    return hello, common


def in_time(party, since):
    require(party.now <= since + LONGEST, "handshake-late")


def open_step(peer_role, peer, role, own, key, key_id, step, digest, sealed, session=None):
    """One sealed step of a handshake, under its key and nothing else."""
    require(sealed[0] == key_id, "handshake-key-id")
    require(sealing.session_of(sealed) == session, "handshake-session")
    bound = Header("handshake", step, digest, peer_role, role)
    plaintext = sealing.open_under(key, peer, own, bound, sealed)
    require(len(plaintext) <= PAYLOAD, "limit", "payload")
    return plaintext


def receive_answer(party, state, data):
    """The initiator: payload, bound 3, session key or None."""
    begun, hello, secret = handshake_form.read_initiator(state)
    answer = read(data, handshake_form.ANSWER)
    _, _, key_id, role, own, peer_role, peer, _, _, _ = hello
    require((role, own) == (party.role, party.identifier), "handshake-own")
    in_time(party, begun)
    _, _, challenge, ciphertext, sealed = answer
    common = pair_key(party, key_id, peer_role, peer)
    require(not (ciphertext is None and secret is not None), "answer-no-exchange")
    require(not (ciphertext is not None and secret is None), "answer-exchange")
    second = bound_2(hello, challenge, ciphertext)
    session = None
    if secret is not None:
        session = session_key(common, mlkem.xwing_decapsulate(secret, ciphertext), second)
    payload = open_step(peer_role, peer, role, own, session or common, key_id, 2, second, sealed)
    return payload, bound_3(second, answer), session


def finish_initiator(state, third, session, confirmation):
    """What the initiator keeps once it has sent its confirmation."""
    begun, hello, _ = handshake_form.read_initiator(state)
    transcript = transcript_of(third, read(confirmation, handshake_form.CONFIRMATION))
    return Authenticated(hello[3], hello[4], hello[5], hello[6], begun, transcript,
                         hello[2] if session else None, session, 0)


def receive_confirmation(party, state, data):
    """The responder: payload, and what it keeps."""
    answered, hello, third, session = handshake_form.read_responder(state)
    confirmation = read(data, handshake_form.CONFIRMATION)
    _, _, key_id, peer_role, peer, role, own, _, _, _ = hello
    require((role, own) == (party.role, party.identifier), "handshake-own")
    in_time(party, answered)
    common = pair_key(party, key_id, peer_role, peer)
    payload = open_step(peer_role, peer, role, own, session or common, key_id, 3, third, confirmation[2])
    return payload, Authenticated(role, own, peer_role, peer, answered, transcript_of(third, confirmation),
                                  key_id if session else None, session, 0)


def receive_acknowledgement(party, state, data):
    """The initiator, of a handshake with an exchange."""
    kept = handshake_form.read_authenticated(state)
    sealed = read(data, handshake_form.ACKNOWLEDGEMENT)[2]
    require((kept.own_role, kept.own) == (party.role, party.identifier), "handshake-own")
    require(kept.key is not None, "acknowledgement-exchange")
    payload = open_step(kept.peer_role, kept.peer, kept.own_role, kept.own, kept.key, kept.key_id, 4,
                        kept.transcript, sealed, kept.transcript)
    require(payload == b"", "acknowledgement-payload")
    kept.acknowledged = 1
    return kept
