"""Samples: exports of authorities and of placed orders: (comment, input, None or the rule)."""

from . import cbor, export, polynomial, world
from .samples_keys import JOINT
from .samples_parts import sees
from .spoiling import change, flip
from .world import DOMAIN, FORM, IDS, NOW, Order, bytes_of, party

P = (1 << 127) - 1


def exported(comment, kind, data, rule=None, owner=None):
    given = {"kind": kind, "export": data.hex()}
    if owner is not None:
        given["owner"] = {"role": owner[0], "identifier": owner[1].hex()}
    return f"{kind}: {comment}", given, rule


def made(comment, kind, body, rule=None, **more):
    return exported(comment, kind, export.write_export(kind, body), rule, **more)


def frames():
    """What all exports have in common."""
    share = cbor.decode(world.share(IDS["seller"]))
    body = cbor.decode(share[2])
    for comment, spoil, rule in (
        ("another version", change(0, "polyseal/2"), "S-1"), ("another check", change(3, flip), "S-1"),
        ("a check of 31 bytes", change(3, bytes(31)), "S-1"), ("another kind", change(1, "shares"), "S-1"),
        ("an item more", lambda e: [*e, None], "S-1"), ("a changed body", change(2, lambda b: b[:-1] + b"\x01"),
                                                        "S-1")):
        yield exported(comment, "share", cbor.encode(spoil(share)), rule)
    yield exported("bytes after it", "share", cbor.encode(share) + b"\0", "S-1")
    yield exported("half of it", "share", cbor.encode(share)[:60], "S-1")
    raw = share[2] + b"\0"
    yield exported("bytes after its body", "share", cbor.encode([*share[:2], raw, export.check_value("share", raw)]),
                   "S-1")
    yield exported("of another kind, whose body is right", "share", export.write_export("contribution", body), "S-1")
    yield made("a body of another kind", "share", ["a", "b", 7, bytes(32)], "S-1")
    yield made("a domain that is none", "share", change(0, 1, [])(body), "S-1")


def shares():
    body = cbor.decode(cbor.decode(world.share(IDS["seller"]))[2])
    canonical = (P - 1).to_bytes(16, "little") * 4
    for comment, spoil, rule in (
        ("threshold 2", lambda b: b, None), ("the largest coefficients", lambda b: [*b[:2], 1, canonical], None),
        ("a coefficient of p in lane 0", lambda b: [*b[:2], 1, P.to_bytes(16, "little") + bytes(48)], "S-2"),
        ("a coefficient of p in lane 1", lambda b: [*b[:2], 1, bytes(48) + P.to_bytes(16, "little")], "S-2"),
        ("a coefficient with its top bit", lambda b: [*b[:2], 1, b"\xff" * 64], "S-2"),
        ("coefficients of a lower threshold", lambda b: [*b[:2], 2, bytes(64)], "S-2"),
        ("coefficients of a higher threshold", lambda b: [*b[:2], 1, bytes(96)], "S-2"),
        ("threshold 0", lambda b: [*b[:2], 0, bytes(32)], "S-1"),
        ("threshold 32769", lambda b: [*b[:2], 32769, bytes(64)], "S-1"),
        ("an identifier of 513 bytes", change(1, b"a" * 513), "S-1")):
        yield made(comment, "share", spoil(body), rule)
    yield made("of one issuer", "contribution", [DOMAIN, "cards.example", b"x", 1, bytes(64)])
    yield made("of one of two issuers", "contribution", [JOINT, "west.example", b"x", 1, bytes(64)])
    yield made("of an issuer that is not the domain's", "contribution", [DOMAIN, "x", b"x", 1, bytes(64)], "S-3")
    yield made("a coefficient of p", "contribution", [DOMAIN, "cards.example", b"x", 1,
                                                      bytes(48) + P.to_bytes(16, "little")], "S-2")
    yield made("a secret of 32 bytes", "root", ["a", "b", 7, bytes(32)])
    yield made("the last number", "root", ["a", "b", (1 << 64) - 1, bytes(32)])
    yield made("a secret of 31 bytes", "root", ["a", "b", 7, bytes(31)], "S-1")


def authority(register=(b"a", b"b"), issuer="cards.example", master=bytes(32), capacity=None, domain=DOMAIN,
              threshold=2):
    return [domain, threshold, capacity, master, list(register), issuer]


def authorities():
    west = {"domain": JOINT, "issuer": "west.example"}
    top = P.to_bytes(16, "little")
    for comment, body, rule in (
        ("from a seed", authority(), None), ("with nobody in its register", authority(register=()), None),
        ("a register that does not ascend", authority(register=[b"b", b"a"]), "S-5"),
        ("an identity twice", authority(register=[b"a", b"a"]), "S-5"),
        ("an issuer that is not the domain's", authority(issuer="x"), "S-3"),
        ("a domain of two issuers", authority(**west), "S-3"),
        ("a master of 31 bytes", authority(master=bytes(31)), "S-4"), ("a matrix", authority(master=bytes(192)), None),
        ("a matrix for threshold 1", authority(master=bytes(96), threshold=1), None),
        ("a matrix with a word less", authority(master=bytes(176)), "S-4"),
        ("the first entry p", authority(master=top + bytes(176)), "S-4"),
        ("the last entry p", authority(master=bytes(176) + top), "S-4"),
        ("a matrix with top bits", authority(master=b"\xff" * 192), "S-4"),
        ("as many identities as the capacity", authority(capacity=2), None),
        ("more identities than the capacity", authority(capacity=1), "S-5"),
        ("four identities, as the threshold of 2 allows", authority(register=[b"a", b"b", b"c", b"d"]), None),
        ("five identities, one too many for a threshold of 2", authority(register=[b"a", b"b", b"c", b"d", b"e"]),
         "S-5"),
        ("five identities, and a capacity of that", authority(register=[b"a", b"b", b"c", b"d", b"e"], capacity=5),
         None),
        ("an identity of no bytes", authority(register=[b""]), "S-1")):
        yield made(comment, "authority", body, rule)
    yield made("one of two issuers", "joint authority", authority(**west))
    yield made("a domain of one issuer", "joint authority", authority(), "S-3")
    yield made("an issuer that is not the domain's", "joint authority", authority(domain=JOINT), "S-3")
    yield exported("one of its kind in name alone", "authority",
                   export.write_export("joint authority", authority(**west)), "S-1")


def untimely(header):
    return cbor.encode(change(4, NOW - 1)(cbor.decode(header)))


def placed():
    order = Order()
    yield exported("with contents", "placed order", order.placed())
    yield exported("without contents", "placed order", order.placed(False))
    yield exported("of the last revision", "placed order", Order(revision=7).placed())
    for comment, spoil, rule in (
        ("another salt of a recipient", change(1, 0, 1, flip), "S-8"),
        ("a recipient less", change(1, lambda r: r[:2]), "S-8"),
        ("recipients out of order", change(1, lambda r: r[::-1]), "S-8"),
        ("another identifier", change(1, 0, 0, 1, b"x"), "S-8"),
        ("another salt of a group", change(2, 0, 0, 0, flip), "S-8"),
        ("another value", change(2, 0, 0, 1, 0, 1, "1 EUR"), "S-8"),
        ("names out of order", change(2, 0, 0, 1, lambda f: f[::-1]), "S-8"),
        ("another token", change(2, 1, flip), "S-8"), ("a group less", change(2, 0, lambda g: g[:3]), "S-8"),
        ("a field without its value", change(2, 0, 0, 1, 0, ["amount.due"]), "S-1"),
        ("a header that is none", change(0, b"\0"), "S-1"),
        ("a header whose times do not ascend", change(0, untimely), "S-1")):
        yield exported(comment, "placed order", Order(placed=spoil).placed(), rule)
    for comment, recipients in (("two recipients of one identifier", change(2, 1, IDS["card-manager"])),
                                ("indices that do not ascend", change(2, 3, lambda g: g[::-1])),
                                ("an index beyond the groups", change(2, 3, lambda g: [*g, 4])),
                                ("a group that nobody reads", sees(manager=[0])), ("a direct seller", change(0, 2, 0)),
                                ("a card manager on approval", change(1, 2, 2))):
        yield exported(comment, "placed order", Order(recipients=recipients).placed(False), "S-8")
    alone = Order(form=[*FORM[:2], [*FORM[2][:3], ["holder.fax?"]]], placed=change(1, lambda r: r[:2]))
    yield exported("without a recipient who reads no group alone", "placed order", alone.placed(False), "S-8")
    yield exported("its sender as a recipient", "placed order", Order(header=change(2, IDS["seller"])).placed(False),
                   "S-8")
    for owner, rule in ((("card-holder", IDS["card-holder"]), None), (("card-holder", b"x"), "S-8"),
                        (("seller", IDS["card-holder"]), "S-8")):
        yield exported(f"for {owner[1].decode()} as {owner[0]}", "placed order", order.placed(), rule, owner=owner)


def owners():
    share = party("seller")["keys"][0]["share"]
    for identifier, rule in ((IDS["seller"], None), (b"x", "S-1")):
        yield exported(f"for {identifier.decode()}", "share", bytes.fromhex(share), rule, owner=("seller", identifier))
    lanes = polynomial.master(bytes_of("seed"), JOINT, "west.example", 2)
    data = polynomial.write_contribution(JOINT, "west.example", b"x", polynomial.issue(lanes, JOINT, b"x"))
    for identifier, rule in ((b"x", None), (b"y", "S-1")):
        yield exported(f"for {identifier.decode()}", "contribution", data, rule, owner=("seller", identifier))


GROUPS = [("exports", "frame", frames), ("exports", "share", shares), ("exports", "authority", authorities),
          ("exports", "placed", placed), ("exports", "owner", owners)]
