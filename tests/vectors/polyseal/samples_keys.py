"""Samples from points to sealing: (comment, input, None or the rule that refuses), by file and subject."""

from . import base, cbor, domains, export, polynomial, sealing
from .spoiling import change, flip, flip_last
from .world import DOMAIN, EPOCH, IDS, SEED, bytes_of

A, B = IDS["card-holder"], IDS["seller"]
JOINT = ["cards.example", ["east.example", "west.example"], EPOCH, 0, 1]
COHORTS = ["cards.example", ["cards.example"], EPOCH, 3, 4]
MEETING = ["cards.example", ["cards.example"], EPOCH, None, 4]


def item(value):
    return cbor.encode(value).hex()


def points():
    for comment, domain in (("one cohort", DOMAIN), ("cohort 3 of 4", COHORTS), ("services among themselves", MEETING),
                            ("two issuers", JOINT)):
        yield comment, {"domain": item(domain), "identifier": A.hex()}, None
    yield "an identifier of 512 bytes", {"domain": item(DOMAIN), "identifier": "61" * 512}, None
    yield "an identifier of 513 bytes", {"domain": item(DOMAIN), "identifier": "61" * 513}, "B-3"
    yield "an identifier of no bytes", {"domain": item(DOMAIN), "identifier": ""}, "B-3"
    for comment, spoil in BAD_DOMAINS:
        yield comment, {"domain": item(spoil(DOMAIN)), "identifier": A.hex()}, "B-2"


BAD_DOMAINS = [
    ("a cohort of null, though there is one cohort", change(3, None)),
    ("a cohort that is not below their number", lambda d: change(3, 4)(change(4, 4)(d))),
    ("an epoch that ends when it starts", change(2, [7, 5, 5])),
    ("issuers that do not ascend", change(1, ["b", "a"])),
    ("an issuer twice", change(1, ["a", "a"])),
]


def shares():
    given = {"domain": item(DOMAIN), "issuer": "cards.example", "threshold": 2, "seed": SEED.hex(),
             "identifiers": [A.hex(), B.hex()]}
    for threshold in (1, 2, 9):
        yield f"threshold {threshold}", {**given, "threshold": threshold}, None
    yield "an issuer that is not the domain's", {**given, "issuer": "x"}, "S-3"
    yield "threshold 0", {**given, "threshold": 0}, "B-2"


def joint():
    authorities = [{"issuer": each, "seed": bytes_of(each).hex()} for each in JOINT[1]]
    given = {"op": "issue", "domain": item(JOINT), "threshold": 2, "authorities": authorities,
             "identifiers": [A.hex(), B.hex()], "challenge": "90" * 32}
    yield "two issuers", given, None
    yield "an issuer that is not the domain's", {**given, "authorities": [
        {**authorities[0], "issuer": "x"}, authorities[1]]}, "S-3"

    def contribution(issuer, who=A, threshold=2):
        seed = bytes.fromhex(authorities[JOINT[1].index(issuer)]["seed"])
        lanes = polynomial.master(seed, JOINT, issuer, threshold)
        return polynomial.write_contribution(JOINT, issuer, who, polynomial.issue(lanes, JOINT, who)).hex()
    east, west = contribution("east.example"), contribution("west.example")
    for comment, found, rule in (
        ("one of each", [east, west], None), ("in the other order", [west, east], None),
        ("one is missing", [east], "N-5"), ("one issuer's twice", [east, east], "N-5"),
        ("of two thresholds", [east, contribution("west.example", threshold=3)], "N-5"),
        ("of two parties", [east, contribution("west.example", who=B)], "N-5"),
    ):
        yield comment, {"op": "combine", "contributions": found}, rule


def roots():
    root = ["cards.example", "cards.example", 7, SEED]
    for comment, spoil, rule in (
        ("the seed of a cohort", lambda r: r, None), ("of another label", change(0, "x"), "N-4"),
        ("of another issuer", change(1, "x"), "N-4"), ("of another epoch number", change(2, 8), "N-4"),
    ):
        yield comment, {"op": "seed", "root": export.write_export("root", spoil(root)).hex(),
                        "domain": item(COHORTS)}, rule
    for number in (7, (1 << 64) - 2, (1 << 64) - 1):
        found = export.write_export("root", change(2, number)(root)).hex()
        yield f"the root after {number}", {"op": "next", "root": found}, "N-4" if number == (1 << 64) - 1 else None
    for i in range(6):
        yield f"among {3 ** i}", {"op": "cohort", "label": "cards.example", "cohorts": 3 ** i,
                                  "identifier": A.hex()}, None


def identifiers():
    yield "two attributes", {"attributes": [["name", "Ada"], ["town", "Testville"]]}, None
    yield "in any order", {"attributes": [["town", "Testville"], ["name", "Ada"]]}, None
    yield "one name twice", {"attributes": [["name", "Ada"], ["name", "Bob"]]}, "I-2"
    yield "none", {"attributes": []}, "I-2"
    yield "more than 512 bytes", {"attributes": [["name", "a" * 500]]}, "I-2"


SHARED = {"key": bytes_of("k").hex(), "sender": A.hex(), "receiver": B.hex(), "digest": bytes_of("d").hex(),
          "sender_role": "card-holder", "receiver_role": "seller", "step": 0, "token": None}
MADE = {"key_id": domains.key_id(DOMAIN).hex(), "salt": bytes_of("s").hex()}
SEAL = {"op": "seal", **SHARED, **MADE}


def seals():
    for purpose in sealing.PURPOSES:
        for n in (0, 511, 512, 1023, 1024, 2047, 2048, 4095, 4096, 5000):
            yield f"{purpose} of {n} bytes", {**SEAL, "purpose": purpose, "plaintext": "61" * n}, None
    yield "a token", {**SEAL, "purpose": "part", "plaintext": "00", "token": bytes_of("t").hex()}, None
    yield "a session", {**SEAL, "purpose": "relay", "plaintext": "00", "session": bytes_of("t").hex()}, None
    yield "a step", {**SEAL, "purpose": "handshake", "step": 3, "plaintext": "80"}, None
    dk, fresh = sealing.directional_key(bytes.fromhex(SHARED["key"]), A, B), bytes_of("fresh")
    for purpose, companions, revision in (("part", None, None), ("part", bytes_of("c"), 3), ("relay", None, None)):
        header = sealing.Header(purpose, 0, bytes.fromhex(SHARED["digest"]), "card-holder", "seller")
        content = [companions, revision] if purpose == "part" else [b"hello"]
        salt = sealing.hedged_salt(dk, fresh, header, content)
        yield f"the salt of a {purpose}", {
            **SEAL, "purpose": purpose, "plaintext": b"hello".hex(), "fresh": fresh.hex(), "salt": salt.hex(),
            "revision": revision, "companions": companions and companions.hex()}, None


def opens():
    def sealed(purpose="part", pad=None):
        header = sealing.Header(purpose, 0, bytes.fromhex(SHARED["digest"]), "card-holder", "seller")
        kept, sealing.pad = sealing.pad, pad or sealing.pad
        try:
            return sealing.seal(bytes.fromhex(SHARED["key"]), A, B, header, bytes.fromhex(MADE["salt"]),
                                bytes.fromhex(MADE["key_id"]), b"hello")
        finally:
            sealing.pad = kept
    good = {"op": "open", **SHARED, "purpose": "part"}
    yield "as it was sealed", {**good, "sealed": item(sealed())}, None
    for other in ({"step": 1}, {"digest": bytes_of("e").hex()}, {"sender_role": "x"}, {"receiver_role": "x"},
                  {"token": bytes_of("t").hex()}, {"purpose": "relay"}, {"key": bytes_of("l").hex()},
                  {"sender": B.hex(), "receiver": A.hex()}):
        yield f"another {', '.join(other)}", {**good, "sealed": item(sealed()), **other}, "O-6"
    yield "another commitment", {**good, "sealed": item(change(2, flip)(sealed()))}, "O-6"
    yield "another tag", {**good, "sealed": item(change(3, flip_last)(sealed()))}, "O-7"
    for comment, padded in (("512 bytes of a part", b"hello\x80" + bytes(506)), ("no marker", b"hello" + bytes(1019)),
                            ("another marker", b"hello\x81" + bytes(1018)),
                            ("the next bucket", b"hello\x80" + bytes(2042)),
                            ("zeros alone", bytes(1024))):
        yield comment, {**good, "sealed": item(sealed(pad=lambda *_: padded))}, "O-8"


def buckets():
    for n in (0, 511, 512, 4095, 4096, 4097, 4223, 4224, 8191, 8192, 65535, 65536, 262143, 262144, 327679, 327680):
        for purpose in ("part", "relay"):
            yield f"{purpose} of {n} bytes", {"op": "padding", "purpose": purpose, "length": n}, (
                "B-3" if n == 327680 else None)


GROUPS = [("points", "point", points), ("shares", "share", shares), ("joint", "joint", joint), ("roots", "root", roots),
          ("identifiers", "attributes", identifiers), ("sealing", "seal", seals), ("sealing", "open", opens),
          ("sealing", "bucket", buckets)]
