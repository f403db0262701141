"""Samples for the self-test: handshakes, and what their sides export."""

import copy

from . import cbor, export
from .samples_parts import flip
from .world import DOMAIN, IDS, NOW, Meeting, bytes_of, party


def spoil(at, value):
    def apply(item, *_):
        item = list(item)
        item[at] = value(item[at]) if callable(value) else value
        return item
    return apply


def at_step(step, function):
    return lambda value, found: function(value) if found == step else value


def hello(meeting, now=NOW, role="card-manager", **more):
    return {"op": "hello", "party": party(role, now=now, **more), "hello": cbor.encode(meeting.hello).hex()}


def answer(meeting, now=NOW, begun=NOW, role="seller", **more):
    return {"op": "answer", "party": party(role, now=now, **more), "initiator": meeting.initiator(begun).hex(),
            "answer": cbor.encode(meeting.answer).hex(), "confirmation": cbor.encode(meeting.confirmation).hex()}


def confirmation(meeting, now=NOW, answered=NOW):
    return {"op": "confirmation", "party": party("card-manager", now=now),
            "responder": meeting.responder(answered).hex(), "confirmation": cbor.encode(meeting.confirmation).hex()}


def acknowledgement(meeting, now=NOW):
    return {"op": "acknowledgement", "party": party("seller", now=now), "authenticated": meeting.authenticated().hex(),
            "acknowledgement": cbor.encode(meeting.acknowledgement).hex()}


def hellos():
    for exchange in (True, False):
        yield "a hello", hello(Meeting(exchange=exchange)), None
        yield "an answer", answer(Meeting(exchange=exchange)), None
        yield "a confirmation", confirmation(Meeting(exchange=exchange)), None
    yield "an acknowledgement", acknowledgement(Meeting()), None
    for i in range(3):
        yield "X-Wing", {"op": "x-wing", "seed": bytes_of("x", i).hex(), "randomness": (bytes_of("y") * 2).hex()}, None
    yield "make a hello", {"op": "make hello", "party": party("seller"), "domain": cbor.encode(DOMAIN).hex(),
                           "to_role": "card-manager", "to": IDS["card-manager"].hex(),
                           "challenge": bytes_of("c").hex(), "secret": bytes_of("s").hex()}, None
    yield "a mac", hello(Meeting(mac=flip)), "H-3"
    for comment, at, value in (("role", 3, "delivery-service"), ("challenge", 7, flip), ("key", 8, None)):
        kept = []
        meeting = Meeting(hello=lambda item: kept.append(item) or item)
        meeting.hello[at] = value(meeting.hello[at]) if callable(value) else value
        yield f"{comment} after the mac", hello(meeting), "H-3"
    yield "an unsound key", hello(Meeting(exchange=False, hello=spoil(8, b"\xff" * 1216))), "H-4"
    yield "for another role", hello(Meeting(), role="delivery-service", identifier=IDS["card-manager"]), "H-1"
    yield "for another party", hello(Meeting(hello=spoil(6, b"x"))), "H-1"
    yield "another key", hello(Meeting(hello=spoil(2, bytes(16)))), "K-1"
    yield "with oneself", hello(Meeting(hello=spoil(4, IDS["card-manager"]))), "H-1"
    yield "two card holders", hello(Meeting(hello=lambda h: spoil(3, "card-holder")(spoil(5, "card-holder")(h))),
                                    role="card-holder", identifier=IDS["card-manager"]), "H-1"
    for now, rule in ((NOW + 1_000_299, None), (NOW + 1_000_300, "K-2"), (NOW - 1_000_300, None), (NOW - 1_000_301, "K-2")):
        yield "the edge of the epoch", hello(Meeting(), now=now), rule
    yield "revoked", hello(Meeting(), revoked=[IDS["seller"].hex()]), "O-1"


def answers():
    lost = Meeting()
    lost.answer = [*lost.answer[:3], None, lost.answer[4]]
    yield "the ciphertext taken away", answer(lost), "O-6"
    yield "an exchange declined", answer(Meeting(declined=True)), "H-8"
    yield "a ciphertext", answer(Meeting(ciphertext=flip)), "O-6"
    spoilt = Meeting()
    spoilt.answer[3] = flip(spoilt.answer[3])
    yield "a ciphertext on the way", answer(spoilt), "O-6"
    spoilt = Meeting()
    spoilt.answer[2] = flip(spoilt.answer[2])
    yield "a challenge", answer(spoilt), "O-6"
    yield "a session", answer(Meeting(sealed=at_step(2, lambda s: [*s, bytes(32)]))), "O-3"
    yield "another key", answer(Meeting(sealed=at_step(2, spoil(0, bytes(16))))), "H-7"
    yield "600 s", answer(Meeting(), now=NOW + 600), None
    yield "601 s", answer(Meeting(), now=NOW + 601), "H-6"
    yield "the longest payload", answer(Meeting(payload=at_step(2, lambda _: bytes(65536)))), None
    yield "too long", answer(Meeting(payload=at_step(2, lambda _: bytes(65537)))), "H-7"
    yield "of another", answer(Meeting(), role="card-manager"), "S-6"
    yield "in another role", answer(Meeting(), role="delivery-service", identifier=IDS["seller"]), "S-6"
    yield "an exchange that nobody asked for", answer(Meeting(exchange=False, ciphertext=lambda _: bytes(1120))), "H-5"
    yield "600 s", confirmation(Meeting(), now=NOW + 600), None
    yield "601 s", confirmation(Meeting(), now=NOW + 601), "H-10"
    yield "a session", confirmation(Meeting(sealed=at_step(3, lambda s: [*s, bytes(32)]))), "O-3"
    yield "another key", confirmation(Meeting(sealed=at_step(3, spoil(0, bytes(16))))), "H-11"
    yield "the longest payload", confirmation(Meeting(payload=at_step(3, lambda _: bytes(65536)))), None
    yield "too long", confirmation(Meeting(payload=at_step(3, lambda _: bytes(65537)))), "H-11"
    yield "another key", acknowledgement(Meeting(sealed=at_step(4, spoil(0, bytes(16))))), "H-14"
    yield "a confirmation on the way", confirmation(altered("confirmation", 3, -2)), "O-7"
    yield "no session", acknowledgement(Meeting(sealed=at_step(4, lambda s: s[:4]))), "O-4"
    yield "not empty", acknowledgement(Meeting(payload=at_step(4, lambda _: b"x"))), "H-14"
    for step, made in ((2, answer), (3, confirmation), (4, acknowledgement)):
        for name, value in (("step", 1), ("sender_role", "x"), ("receiver_role", "x"), ("token", bytes(32)),
                            ("purpose", "part")):
            def bound(header, name=name, value=value):
                header = copy.copy(header)
                setattr(header, name, value)
                return header
            yield f"other {name}", made(Meeting(bound=at_step(step, bound))), "O-6"
    other = Meeting()
    other.confirmation[2][1] = flip(other.confirmation[2][1])
    other.transcript = bytes(32)
    yield "600 s", acknowledgement(Meeting(), NOW + 600), None
    yield "601 s", acknowledgement(Meeting(), NOW + 601), "H-13"
    yield "without an exchange", acknowledgement(Meeting(unkept=True)), "H-12"
    yield "another transcript", acknowledgement(other), "O-4"


def altered(name, step, at):
    meeting = Meeting()
    sealed = list(getattr(meeting, name)[2])
    sealed[3] = sealed[3][:-1] + bytes([sealed[3][-1] ^ 1])
    getattr(meeting, name)[2] = sealed
    return meeting


def exported():
    for exchange in (True, False):
        meeting = Meeting(exchange=exchange)
        yield "initiator", meeting.initiator(), None
        yield "responder", meeting.responder(), None
        yield "authenticated", meeting.authenticated(), None
    meeting = Meeting()
    yield "authenticated", meeting.authenticated(0, 1), None
    yield "authenticated", Meeting(exchange=False).authenticated(0, 1), "S-7"
    ends = ["seller", b"a", "card-manager", b"b", NOW, bytes(32)]
    for body, rule in (([*ends, bytes(16), None, 0], "S-7"), ([*ends, None, bytes(32), 0], "S-7"),
                       (["card-holder", b"a", "card-holder", *ends[3:], None, None, 0], "S-7"),
                       (["seller", b"b", *ends[2:], None, None, 0], "S-7"), ([*ends, None, None, 2], "B-2")):
        yield "authenticated", export.write_export("authenticated", body), rule
    body = [NOW, cbor.encode(meeting.hello), None]
    yield "initiator", export.write_export("initiator", body), "S-6"
    body = [NOW, cbor.encode(meeting.hello), bytes(32)]
    yield "initiator", export.write_export("initiator", body), "S-6"
    body = [NOW, cbor.encode(Meeting(exchange=False).hello), bytes(32), bytes(32)]
    yield "responder", export.write_export("responder", body), "S-6"


def samples():
    for group in (hellos, answers):
        for comment, given, rule in group():
            yield "handshakes", comment, given, rule
    meeting = Meeting()
    sides = {"initiator": (meeting.initiator(), "seller", "S-6"), "responder": (meeting.responder(), "card-manager", "S-6"),
             "authenticated": (meeting.authenticated(), "seller", "S-1")}
    for kind, (data, role, rule) in sides.items():
        for own_role, own in ((role, IDS[role]), ("x", IDS[role]), (role, b"x")):
            owner = {"role": own_role, "identifier": own.hex()}
            yield "exports", f"owner of {kind}", {"kind": kind, "export": data.hex(), "owner": owner}, (
                None if (own_role, own) == (role, IDS[role]) else rule)
    for kind, data, rule in exported():
        yield "exports", kind, {"kind": kind, "export": data.hex()}, rule
