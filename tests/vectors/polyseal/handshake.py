"""Both sides of a handshake."""

from . import base, cbor, domains, handshake_form, keys, mlkem, sealing, shape
from .base import require
from .handshake_form import LONGEST, PAYLOAD, Authenticated
from .sealing import Header


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
    """The common key of a handshake, of a domain that fits this moment, give or take the skew."""
    skew = party.rules["skew"]
    return keys.pair_key(party, party.role, peer_role, peer, key_id, party.now - skew, party.now + skew)


def make_hello(party, domain, to_role, to, challenge, secret):
    public = None if secret is None else mlkem.xwing_public(secret)
    key_id = domains.key_id(domain)
    hello = [base.VERSION, "hello", key_id, party.role, party.identifier, to_role, to, challenge, public]
    common = keys.pair_key(party, party.role, to_role, to, key_id, party.now, party.now)
    dk = sealing.directional_key(common, party.identifier, to)
    return cbor.encode([*hello, hello_mac(dk, hello)])


def receive_hello(party, data):
    """The responder, before it does anything that costs."""
    hello = shape.read(data, handshake_form.HELLO)
    _, _, key_id, from_role, sender, to_role, to, _, public, mac = hello
    require((to_role, to) == (party.role, party.identifier), "H-1 addressee")
    handshake_form.check_ends(from_role, sender, to_role, to, "H-1")
    common = pair_key(party, key_id, from_role, sender)
    dk = sealing.directional_key(common, sender, to)
    require(hello_mac(dk, hello) == mac, "H-3")
    require(public is None or mlkem.xwing_key_is_sound(public), "H-4")
    return hello


def in_time(party, since, must):
    require(party.now <= since + LONGEST, must)


def open_step(hello, own_is_from, key, step, digest, sealed, must, session=None):
    """One sealed step of a handshake, under its key and nothing else (O-3, O-4, O-6 to O-8)."""
    _, _, key_id, from_role, sender, to_role, to, _, _, _ = hello
    (peer_role, peer), (role, own) = ((to_role, to), (from_role, sender))[::1 if own_is_from else -1]
    with base.within("K-1"):
        require(sealed[0] == key_id, f"{must} key-id")
    require(sealing.session_of(sealed) == session, "O-3" if session is None else "O-4")
    bound = Header("handshake", step, digest, peer_role, role)
    plaintext = sealing.open_under(key, peer, own, bound, sealed)
    require(len(plaintext) <= PAYLOAD, f"{must} payload")
    return plaintext


def receive_answer(party, state, data):
    """The initiator: payload, bound 3, session key or None."""
    begun, hello, secret = handshake_form.read_initiator(state, party.owner())
    answer = shape.read(data, handshake_form.ANSWER)
    _, _, challenge, ciphertext, sealed = answer
    require(ciphertext is None or secret is not None, "H-5")
    in_time(party, begun, "H-6")
    common = pair_key(party, hello[2], hello[5], hello[6])
    second = bound_2(hello, challenge, ciphertext)
    session = None
    if ciphertext is not None and secret is not None:
        session = session_key(common, mlkem.xwing_decapsulate(secret, ciphertext), second)
    payload = open_step(hello, True, session or common, 2, second, sealed, "H-7")
    require(secret is None or ciphertext is not None, "H-8")
    return payload, bound_3(second, answer), session


def finish_initiator(state, third, session, confirmation):
    """What the initiator keeps once it has sent its confirmation."""
    begun, hello, _ = handshake_form.read_initiator(state)
    transcript = transcript_of(third, shape.read(confirmation, handshake_form.CONFIRMATION))
    return Authenticated(hello[3], hello[4], hello[5], hello[6], begun, transcript,
                         hello[2] if session else None, session, 0)


def receive_confirmation(party, state, data):
    """The responder: payload, and what it keeps."""
    answered, hello, third, session = handshake_form.read_responder(state, party.owner())
    confirmation = shape.read(data, handshake_form.CONFIRMATION)
    _, _, key_id, peer_role, peer, role, own, _, _, _ = hello
    in_time(party, answered, "H-10")
    common = pair_key(party, key_id, peer_role, peer)
    payload = open_step(hello, False, session or common, 3, third, confirmation[2], "H-11")
    return payload, Authenticated(role, own, peer_role, peer, answered, transcript_of(third, confirmation),
                                  key_id if session else None, session, 1 if session else 0)


def receive_acknowledgement(party, state, data):
    """The initiator, of a handshake with an exchange."""
    kept = handshake_form.read_authenticated(state, party.owner())
    sealed = shape.read(data, handshake_form.ACKNOWLEDGEMENT)[2]
    require(kept.key is not None, "H-12")
    in_time(party, kept.at, "H-13")
    pair_key(party, kept.key_id, kept.peer_role, kept.peer)
    ends = [None, None, kept.key_id, kept.own_role, kept.own, kept.peer_role, kept.peer, None, None, None]
    payload = open_step(ends, True, kept.key, 4, kept.transcript, sealed, "H-14", kept.transcript)
    require(payload == b"", "H-14 empty")
    kept.acknowledged = 1
    return kept
