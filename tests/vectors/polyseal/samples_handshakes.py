"""Samples: handshakes, and what their sides export: (comment, input, None or the rule)."""

from . import cbor, mlkem
from .samples_exports import exported, made
from .samples_rules import FOREIGN, MEETING, OWN_COHORT
from .spoiling import Holds, change, flip, flip_last, only, with_bound
from .world import DOMAIN, IDS, NOW, Meeting, bytes_of, party

STEPS = {"answer": 2, "confirmation": 3, "acknowledgement": 4}


def hello(meeting, *domains, now=NOW, role="card-manager", **more):
    return {"op": "hello", "party": party(role, *domains, now=now, **more), "hello": cbor.encode(meeting.hello).hex()}


def answer(meeting, now=NOW, begun=NOW, role="seller", **more):
    return {"op": "answer", "party": party(role, now=now, **more), "initiator": meeting.initiator(begun).hex(),
            "answer": cbor.encode(meeting.answer).hex(), "confirmation": cbor.encode(meeting.confirmation).hex()}


def confirmation(meeting, now=NOW, answered=NOW, role="card-manager", **more):
    return {"op": "confirmation", "party": party(role, now=now, **more),
            "responder": meeting.responder(answered).hex(), "confirmation": cbor.encode(meeting.confirmation).hex()}


def acknowledgement(meeting, now=NOW, role="seller", **more):
    return {"op": "acknowledgement", "party": party(role, now=now, **more),
            "authenticated": meeting.authenticated().hex(),
            "acknowledgement": cbor.encode(meeting.acknowledgement).hex()}


MADE = {"answer": answer, "confirmation": confirmation, "acknowledgement": acknowledgement}


def hellos():
    for exchange, comment in ((True, "that asks for an exchange"), (False, "without an exchange")):
        yield f"a hello {comment}", hello(Meeting(exchange=exchange)), None
    between = {"domain": OWN_COHORT, "responder": "card-manager"}
    yield "a hello of a card holder in its cohort", hello(Meeting("card-holder", **between), OWN_COHORT, MEETING), None
    yield "a hello for a card holder", hello(Meeting("seller", "card-holder"), role="card-holder"), None
    yield "a hello of a service in a cohort", hello(Meeting("seller", **between), OWN_COHORT, MEETING), "K-3"
    yield "a hello of two in the same role", hello(same_role(), role="seller"), None
    yield "another mac", hello(Meeting(mac=flip)), "H-3"
    for comment, at, value in (("role", 3, "delivery-service"), ("challenge", 7, flip), ("encapsulation key", 8, flip),
                               ("encapsulation key (none)", 8, None)):
        meeting = Meeting()
        meeting.hello = change(at, value)(meeting.hello)
        yield f"another {comment} than the mac's", hello(meeting), "H-3"
    yield "an encapsulation key with a coefficient of q", hello(Meeting(exchange=False,
                                                                        hello=change(8, unsound()))), "H-4"
    yield "an encapsulation key with coefficients of 4095", hello(Meeting(exchange=False,
                                                                          hello=change(8, b"\xff" * 1216))), "H-4"
    yield "an encapsulation key whose X25519 part is 0", hello(Meeting(hello=change(8, lambda k: k[:1184] + bytes(32)),
                                                                       declined=True)), Holds("H-4")
    yield "for another role", hello(Meeting(), role="delivery-service", identifier=IDS["card-manager"]), "H-1"
    yield "for another party", hello(Meeting(hello=change(6, b"x"))), "H-1"
    yield "from oneself", hello(Meeting(hello=change(4, IDS["card-manager"]))), "H-1"
    both = Meeting(hello=lambda item: change(3, "card-holder")(change(5, "card-holder")(item)))
    yield "from a card holder to a card holder", hello(both, role="card-holder", identifier=IDS["card-manager"]), "H-1"
    yield "another version", hello(Meeting(hello=change(0, "polyseal/2"))), "V-1"
    yield "no such key-id", hello(Meeting(hello=change(2, bytes(16)))), "K-1"
    yield "a network that is not named", hello(Meeting(), networks={"seller": [["other.example", DOMAIN[1], 1]]}), "K-4"
    yield "keys of two networks, and none is named", hello(Meeting(), DOMAIN, FOREIGN), "K-4"
    for now, rule, comment in (
        (NOW + 1_000_299, None, "299 s after the end of the epoch"),
        (NOW + 1_000_300, "K-2", "300 s after the end of the epoch"),
        (NOW - 1_000_300, None, "300 s before the epoch"), (NOW - 1_000_301, "K-2", "301 s before the epoch")):
        yield comment, hello(Meeting(), now=now), rule or Holds("K-2")
    yield "of a revoked party", hello(Meeting(), revoked=[IDS["seller"].hex()]), "O-1"


def unsound():
    """An encapsulation key whose first coefficient is q, and so not reduced."""
    key = mlkem.xwing_public(bytes_of("x-wing"))
    q = 3329
    return bytes([q & 255, q >> 8 | key[1] & 0xF0]) + key[2:]


def same_role():
    """Two sellers may confirm each other."""
    return Meeting("outlet", "seller", ids={"outlet": b"outlet.example", "seller": IDS["seller"]},
                   hello=change(3, "seller"))


def starts():
    given = {"op": "make hello", "party": party("seller"), "domain": cbor.encode(DOMAIN).hex(),
             "to_role": "card-manager",
             "to": IDS["card-manager"].hex(), "challenge": bytes_of("c").hex()}
    yield "a hello that asks for an exchange", {**given, "secret": bytes_of("s").hex()}, None
    yield "a hello without an exchange", {**given, "secret": None}, None
    last = {**given, "party": party("seller", now=DOMAIN[2][2] - 1)}
    yield "in the last second of the epoch", {**last, "secret": None}, Holds("K-2")
    yield "in the second after the epoch", {**last, "party": party("seller", now=DOMAIN[2][2]), "secret": None}, "K-2"
    yield "with oneself", {**given, "to": IDS["seller"].hex(), "secret": None}, "O-1"


def exchanges():
    for i in range(3):
        yield "keys, a ciphertext, and the shared secret", {
            "op": "x-wing", "seed": bytes_of("x", i).hex(), "randomness": (bytes_of("y", i) * 2).hex()}, None


def times():
    for step, rule in (("answer", "H-6"), ("confirmation", "H-10"), ("acknowledgement", "H-13")):
        yield f"{step}: after 600 s", MADE[step](Meeting(), now=NOW + 600), Holds(rule)
        yield f"{step}: after 601 s", MADE[step](Meeting(), now=NOW + 601), rule


def answers():
    for exchange in (True, False):
        meeting = Meeting(exchange=exchange)
        comment = "with an exchange" if exchange else "without an exchange"
        yield f"an answer {comment}", answer(meeting), None
        yield f"a confirmation {comment}", confirmation(meeting), None
    yield "an acknowledgement", acknowledgement(Meeting()), None
    spoilt = Meeting()
    spoilt.answer = change(3, None)(spoilt.answer)
    yield "the ciphertext taken away", answer(spoilt), "O-6"
    yield "an exchange that the responder declines", answer(Meeting(declined=True)), "H-8"
    yield "an exchange that nobody asked for", answer(Meeting(exchange=False, ciphertext=lambda _: bytes(1120))), "H-5"
    for comment, at in (("challenge", 2), ("ciphertext", 3)):
        spoilt = Meeting()
        spoilt.answer = change(at, flip)(spoilt.answer)
        yield f"another {comment} than the answer's", answer(spoilt), "O-6"
    spoilt = Meeting()
    spoilt.answer = change(3, flip_last)(spoilt.answer)
    yield "another X25519 part of the ciphertext", answer(spoilt), "O-6"
    for step, at in (("answer", 4), ("confirmation", 2), ("acknowledgement", 2)):
        spoilt = Meeting()
        setattr(spoilt, step, change(at, 3, flip_last)(getattr(spoilt, step)))
        yield f"{step}: another tag", MADE[step](spoilt), "O-7"
        spoilt = Meeting()
        setattr(spoilt, step, change(0, "polyseal/2")(getattr(spoilt, step)))
        yield f"{step}: another version", MADE[step](spoilt), "V-1"
    other = Meeting(payload=only(2, lambda _: b"another"))
    mixed = Meeting()
    mixed.confirmation = other.confirmation
    yield "the confirmation of another answer", confirmation(mixed), "O-6"


def sealed():
    """What is sealed in the three later messages, and under what."""
    rules = {"answer": ("O-3", "H-7"), "confirmation": ("O-3", "H-11"), "acknowledgement": ("O-4", "H-14")}
    for name, function in MADE.items():
        step, (session, must) = STEPS[name], rules[name]
        if session == "O-3":
            yield f"{name}: with a session", function(Meeting(sealed=only(step, lambda s: [*s, bytes(32)]))), session
            for length, rule in ((65536, None), (65537, must)):
                payload = only(step, lambda _, length=length: bytes(length))
                yield f"{name}: a payload of {length} bytes", function(Meeting(payload=payload)), rule
        yield f"{name}: another key-id", function(Meeting(sealed=only(step, change(0, bytes(16))))), must
        for input, value in (("step", 1), ("digest", bytes(32)), ("sender_role", "x"), ("receiver_role", "x"),
                             ("token", bytes(32)),
                             ("purpose", "part")):
            yield f"{name}: another {input.replace('_', chr(39) + 's ')}", function(
                Meeting(bound=only(step, with_bound(input, value)))), "O-6"
    yield "acknowledgement: no session", acknowledgement(Meeting(sealed=only(4, lambda s: s[:4]))), "O-4"
    spoken = Meeting(payload=only(4, lambda _: b"x"))
    yield "acknowledgement: a plaintext that is not empty", acknowledgement(spoken), "H-14"
    yield "acknowledgement: without an exchange", acknowledgement(Meeting(unkept=True)), "H-12"
    other = Meeting()
    other.transcript = bytes(32)
    yield "acknowledgement: of another transcript", acknowledgement(other), "O-4"


def parties():
    """Whose states these are, and who is revoked by then."""
    yield "the initiator's state of another party", answer(Meeting(), role="card-manager"), "S-6"
    yield "the initiator's state in another role", answer(Meeting(), role="delivery-service",
                                                          identifier=IDS["seller"]), "S-6"
    yield "the responder's state of another party", confirmation(Meeting(), role="seller"), "S-6"
    yield "the result of another party", acknowledgement(Meeting(), role="card-manager"), "S-1"
    yield "answer: the responder is revoked", answer(Meeting(), revoked=[IDS["card-manager"].hex()]), "O-1"
    yield "confirmation: the initiator is revoked", confirmation(Meeting(), revoked=[IDS["seller"].hex()]), "O-1"
    yield "acknowledgement: the responder is revoked", acknowledgement(Meeting(),
                                                                       revoked=[IDS["card-manager"].hex()]), "O-1"


def exports():
    for exchange, comment in ((True, "with an exchange"), (False, "without an exchange")):
        meeting = Meeting(exchange=exchange)
        yield exported(comment, "initiator", meeting.initiator())
        yield exported(comment, "responder", meeting.responder())
        yield exported(f"{comment}, of the initiator", "authenticated", meeting.authenticated())
        yield exported(f"{comment}, of the responder", "authenticated", meeting.authenticated(1, int(exchange)))
    meeting, plain = Meeting(), Meeting(exchange=False)
    yield exported("with an exchange, acknowledged", "authenticated", meeting.authenticated(0, 1))
    yield exported("without an exchange, and acknowledged", "authenticated", plain.authenticated(0, 1), "S-7")
    ends, none = ["seller", b"a", "card-manager", b"b", NOW, bytes(32)], [None, None, 0]
    for comment, body, rule in (
        ("two in one role", change(2, "seller")([*ends, *none]), None),
        ("a key-id, and no key", [*ends, bytes(16), None, 0], "S-7"),
        ("a key, and no key-id", [*ends, None, bytes(32), 0], "S-7"),
        ("two card holders", change(0, "card-holder")(change(2, "card-holder")([*ends, *none])), "S-7"),
        ("one with itself", change(1, b"b")([*ends, *none]), "S-7"),
        ("acknowledged twice", [*ends, bytes(16), bytes(32), 2], "S-1")):
        yield made(comment, "authenticated", body, rule)
    asked, unasked = cbor.encode(meeting.hello), cbor.encode(plain.hello)
    for comment, kind, body, rule in (
        ("a hello with a key, and no secret", "initiator", [NOW, asked, None], "S-6"),
        ("a hello without a key, and a secret", "initiator", [NOW, unasked, bytes(32)], "S-6"),
        ("another secret than the hello's", "initiator", [NOW, asked, bytes(32)], "S-6"),
        ("a hello that is none", "initiator", [NOW, b"\0", None], "S-1"),
        ("a hello without a key, and a session's key", "responder", [NOW, unasked, bytes(32), bytes(32)], "S-6"),
        ("a hello with a key, and no session's key: it declined", "responder", [NOW, asked, bytes(32), None], None),
        ("a hello that is none", "responder", [NOW, b"\0", bytes(32), None], "S-1")):
        yield made(comment, kind, body, rule)
    for kind, data, role, rule in (("initiator", meeting.initiator(), "seller", "S-6"),
                                   ("responder", meeting.responder(), "card-manager", "S-6"),
                                   ("authenticated", meeting.authenticated(), "seller", "S-1")):
        for own_role, own in ((role, IDS[role]), ("x", IDS[role]), (role, b"x")):
            right = (own_role, own) == (role, IDS[role])
            yield exported(f"for {own.decode()} as {own_role}", kind, data, None if right else rule,
                           owner=(own_role, own))


GROUPS = [("handshakes", "hello", hellos), ("handshakes", "start", starts), ("handshakes", "x-wing", exchanges),
          ("handshakes", "time", times), ("handshakes", "answer", answers), ("handshakes", "sealed", sealed),
          ("handshakes", "party", parties), ("exports", "handshake", exports)]
