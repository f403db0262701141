"""Samples: exports of authorities, of placed orders and of states: (comment, input, None or the rule)."""

from . import cbor, export, polynomial, world
from .samples_keys import JOINT
from .samples_messages import DIRECT
from .samples_parts import TIMES, sees
from .spoiling import change, flip
from .world import DOMAIN, FORM, HOUR, IDS, NOW, Order, bytes_of, party

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


def states():
    order = Order()
    state, token = order.state, order.token
    approved = ["approved", NOW, token, [["delivery-service", NOW, b"ring"]]]
    for role, stage, comment in (
        ("seller", ["awaiting"], "awaiting"), ("seller", approved, "approved and dispatched"),
        ("seller", ["approved", NOW, token, []], "approved"), ("seller", ["declined", NOW, "no"], "declined"),
        ("card-manager", ["awaiting"], "awaiting"), ("card-manager", ["decided", NOW, None], "approved"),
        ("card-manager", ["decided", NOW, "no"], "declined"),
        ("delivery-service", ["received", NOW, b"ring"], "received")):
        yield exported(f"of the {role}, {comment}", "state", state(role, stage))
    yield exported("of a direct card manager", "state", Order(form=DIRECT).state("card-manager"))
    yield exported("of a direct recipient", "state", other(0, ["received", None, b""]))
    yield exported("of a recipient on receipt", "state", other(1, ["received", NOW, b""]))
    yield exported("of the last revision of the record", "state", Order(state=change(2, (1 << 64) - 1)).state("seller"))
    for comment, owner, rule in (("for its owner", ("seller", IDS["seller"]), None),
                                 ("for another party", ("seller", b"x"), "S-1"),
                                 ("for another role", ("card-manager", IDS["seller"]), "S-1")):
        yield exported(comment, "state", state("seller"), rule, owner=owner)
    for comment, role, spoil, rule in (
        ("of another identifier", "seller", change(1, b"x"), "S-9"),
        ("of a role that the order lacks", "seller", change(0, "other"), "S-9"),
        ("another salt of an entry", "seller", change(8, 2, 0, 1, flip), "S-9"),
        ("an entry less", "seller", change(8, 2, lambda e: e[:2]), "S-9"),
        ("a group less", "seller", change(8, 3, lambda g: g[:1]), "S-9"),
        ("another value", "seller", change(8, 3, 0, 2, 0, 1, "1 EUR"), "S-9"),
        ("no companions", "seller", change(8, 4, None), "S-9"),
        ("no token", "card-manager", change(8, 6, None), "S-9"),
        ("a group without a salt, and nothing forgotten", "seller", change(8, 3, 0, 1, None), "S-9"),
        ("a salt, and a value forgotten", "seller", change(8, 3, 0, 2, 0, ["amount.due"]), "S-9"),
        ("a key-id of the seller's, though it is the seller", "seller", change(5, bytes(16)), "S-10"),
        ("no key-id of the seller, though it was relayed", "card-manager", change(5, None), "S-10"),
        ("parts of others, though it is not the seller", "card-manager", change(7, [order.parts["seller"]]), "S-10"),
        ("the seller's own part among those of others", "seller", change(7, lambda p: [order.parts["seller"], *p]),
         "S-10"),
        ("a part less", "seller", change(7, lambda p: p[:1]), "S-10"),
        ("parts out of order", "seller", change(7, lambda p: p[::-1]), "S-1"),
        ("another part than the companions", "seller", change(7, 0, 1, 3, flip), "S-10"),
        ("a header that is none", "seller", change(6, b"\0"), "S-1"),
        ("a stage that there is not", "seller", change(9, ["sent"]), "S-1"),
        ("two items of a stage", "seller", change(9, ["awaiting", NOW]), "S-1")):
        yield exported(f"of the {role}: {comment}", "state", Order(state=spoil).state(role), rule)


def other(release, stage):
    """The state of a recipient that has no duties."""
    form = [*FORM, ["other", None, release, ["amount.due"]]]
    return Order(form=form, ids={**IDS, "other": b"other.example"}).state("other", stage)


def forgotten():
    state = Order().state
    for comment, forget in (("a card's number", ["card.number"]), ("one field of several", ["items.0.name"]),
                            ("all fields but the amount",
                             ["card.number", "items.0.name", "items.1.name", "payment.type"])):
        yield exported(f"{comment} forgotten", "state", state("card-manager", ["decided", NOW, None], forget=forget))
    yield exported("all fields forgotten by the delivery service", "state", state(
        "delivery-service", ["received", NOW, b""], forget=["destination.address"]))
    yield exported("the amount forgotten by the seller", "state", state("seller", forget=["amount.due"]))
    yield exported("a name that no selector selects, and no value", "state", Order(
        state=change(8, 3, 1, 2, [["z"]])).state("card-manager", forget=["card.number"]), "S-9")


def stages():
    order = Order()
    token, until, deliver = order.token, TIMES[1], TIMES[2]

    def dispatch(role="delivery-service", at=NOW):
        return [role, at, b"ring"]
    for comment, role, stage, rule in (
        ("a seller's stage", "card-manager", ["approved", NOW, token, []], "S-11"),
        ("a card manager's stage", "seller", ["decided", NOW, None], "S-11"),
        ("another recipient's stage", "seller", ["received", NOW, b""], "S-11"),
        ("that of nobody else", "delivery-service", ["awaiting"], "S-11"),
        ("approved with another token", "seller", ["approved", NOW, flip(token), []], "S-11"),
        ("dispatched to a recipient on receipt", "seller", ["approved", NOW, token, [dispatch("card-manager")]],
         "S-11"),
        ("dispatched to nobody of the order", "seller", ["approved", NOW, token, [dispatch("other")]], "S-11"),
        ("dispatched twice", "seller", ["approved", NOW, token, [dispatch(), dispatch()]], "S-11"),
        ("dispatched at deliver-until", "seller", ["approved", NOW, token, [dispatch(at=deliver)]], None),
        ("dispatched after deliver-until", "seller", ["approved", NOW, token, [dispatch(at=deliver + 1)]], "S-11"),
        ("dispatched before the order", "seller", ["approved", NOW, token, [dispatch(at=NOW - 1)]], "S-11"),
        ("approved at accept-until", "seller", ["approved", until, token, []], None),
        ("approved after accept-until", "seller", ["approved", until + 1, token, []], "S-11"),
        ("declined before the order", "seller", ["declined", NOW - 1, "no"], "S-11"),
        ("decided at accept-until", "card-manager", ["decided", until, None], None),
        ("decided after accept-until", "card-manager", ["decided", until + 1, None], "S-11"),
        ("decided before the order", "card-manager", ["decided", NOW - 1, None], "S-11"),
        ("received at deliver-until", "delivery-service", ["received", deliver, b""], None),
        ("received after deliver-until", "delivery-service", ["received", deliver + 1, b""], "S-11"),
        ("received by a dispatch of no time", "delivery-service", ["received", None, b""], "S-11")):
        yield exported(f"of the {role}: {comment}", "state", order.state(role, stage), rule)
    for comment, release, at, instructions, rule in (
        ("direct, with a time", 0, NOW, b"", "S-11"), ("direct, with instructions", 0, None, b"x", "S-11"),
        ("on receipt, without a time", 1, None, b"", "S-11"), ("on receipt, with instructions", 1, NOW, b"x", "S-11"),
        ("on receipt, after accept-until", 1, until + 1, b"", "S-11"),
        ("on approval, with instructions", 2, until + 1, b"x", None)):
        yield exported(f"of a recipient {comment}", "state", other(release, ["received", at, instructions]), rule)
    for comment, role, at, stage, rule in (
        ("filed before the order", "seller", NOW - 1, ["awaiting"], "S-11"),
        ("filed at accept-until", "seller", until, ["awaiting"], None),
        ("filed after accept-until", "seller", until + 1, ["awaiting"], "S-11"),
        ("filed after accept-until", "card-manager", until + 1, ["awaiting"], "S-11"),
        ("filed at deliver-until", "delivery-service", deliver, ["received", NOW, b""], None),
        ("filed after deliver-until", "delivery-service", deliver + 1, ["received", NOW, b""], "S-11")):
        yield exported(f"of the {role}: {comment}", "state", Order(state=change(3, at)).state(role, stage), rule)
    several = [*FORM, *([name, None, 2, ["holder.fax?"]] for name in ("locker", "branch"))]
    ids = {**IDS, "locker": b"locker.example", "branch": b"branch.example"}
    many = Order(form=several, ids=ids)
    dispatches = [dispatch("branch"), dispatch("delivery-service"), dispatch("locker")]
    yield exported("dispatches in another order than the recipients", "state",
                   many.state("seller", ["approved", NOW, many.token, dispatches]))


def owners():
    share = party("seller")["keys"][0]["share"]
    for identifier, rule in ((IDS["seller"], None), (b"x", "S-1")):
        yield exported(f"for {identifier.decode()}", "share", bytes.fromhex(share), rule, owner=("seller", identifier))
    lanes = polynomial.master(bytes_of("seed"), JOINT, "west.example", 2)
    data = polynomial.write_contribution(JOINT, "west.example", b"x", polynomial.issue(lanes, JOINT, b"x"))
    for identifier, rule in ((b"x", None), (b"y", "S-1")):
        yield exported(f"for {identifier.decode()}", "contribution", data, rule, owner=("seller", identifier))


GROUPS = [("exports", "frame", frames), ("exports", "share", shares), ("exports", "authority", authorities),
          ("exports", "placed", placed), ("exports", "state", states), ("exports", "forgotten", forgotten),
          ("exports", "stage", stages), ("exports", "owner", owners)]
