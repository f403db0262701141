"""Samples for the self-test: messages, sessions, exports of orders."""

import copy

from . import cbor, domains, export, keys, samples_handshakes, samples_parts, world
from .samples_parts import TIMES, change, flip, only
from .world import DAY, DOMAIN, EPOCH, FIELDS, FORM, HOUR, IDS, NOW, Meeting, Order, bytes_of, form_item, party

COHORT = domains.cohort_of("cards.example", 4, IDS["card-holder"])
OWN_COHORT = ["cards.example", ["cards.example"], EPOCH, COHORT, 4]
OTHER_COHORT = ["cards.example", ["cards.example"], EPOCH, (COHORT + 1) % 4, 4]
JOINT = ["cards.example", ["east.example", "west.example"], EPOCH, 0, 1]
MEETING = ["cards.example", ["cards.example"], EPOCH, None, 4]


def message(role, data, rule, comment, file="messages", domains_=(), **more):
    return file, comment, {"receiver": party(role, *domains_, **more), "message": data.hex()}, rule


def ways():
    order = Order()
    state = {"ledger": [order.state("seller").hex()]}
    yield message("seller", order.envelope(), None, "envelope")
    yield message("seller", order.envelope(), None, "by its form", form=form_item().hex())
    yield message("card-manager", order.relay(), None, "relay")
    yield message("card-manager", order.relay(parts=list(order.parts.values())[::-1]), "B-2", "parts out of order")
    every = [order.parts[r[0]] for r in order.recipients]
    yield message("card-manager", order.relay(parts=every), None, "all parts")
    yield message("delivery-service", order.dispatch(), None, "dispatch")
    yield message("card-manager", order.dispatch("card-manager"), "M-2", "dispatch to the manager")
    yield message("card-manager", order.envelope(), "M-2", "envelope")
    yield message("seller", order.relay("seller"), "M-2", "relay")
    yield message("delivery-service", order.relay(), "M-2", "no part")
    yield message("delivery-service", order.relay("delivery-service"), "O-6", "relayed in place of dispatched")
    yield message("card-manager", order.direct("card-manager"), "P-11", "direct")
    direct = Order(form=[["card-manager", None, 0, FORM[1][3]], FORM[0], FORM[2]])
    yield message("card-manager", direct.direct("card-manager"), None, "direct")
    yield message("card-manager", direct.direct("card-manager"), "X-4", "direct, late", now=NOW + HOUR + 1)
    yield message("card-manager", direct.direct("card-manager"), "X-3", "direct, of another", serves=[])
    yield message("card-manager", direct.direct("card-manager"), None, "direct, again", now=NOW + HOUR + 1,
                  ledger=[direct.state("card-manager").hex()])
    yield message("card-manager", order.relay(), "R-9", "relay, late", now=NOW + HOUR + 1)
    yield message("delivery-service", order.dispatch(), "R-8", "dispatch, of another", serves=[])
    yield message("seller", direct.envelope(), None, "envelope without the direct part")
    yield message("seller", order.authorization(), None, "approved", **state)
    yield message("seller", order.authorization("no"), None, "declined", **state)
    yield message("seller", order.authorization(), "A-1", "unknown")
    for role in world.SERVICES:
        yield message("card-holder", order.receipt(role), None, "receipt", placed=[order.placed().hex()])
    yield message("seller", order.envelope(), None, "again", **state)
    yield message("seller", Order(revision=1).envelope(), None, "a higher revision", **state)
    yield message("card-manager", order.relay(), None, "again", ledger=[order.state("card-manager").hex()])
    swapped = Order(message=lambda m, _: [*m[:3], [m[3][0], ["card-manager", m[3][2][1]], m[3][2]]])
    yield message("seller", swapped.envelope(), "E-5", "a part for another")
    yield message("seller", Order(message=lambda m, _: [*m[:3], m[3][:2]]).envelope(), "E-4", "a part less")
    less = Order()
    less.others = lambda: [less.parts["card-manager"]]
    less.make(FIELDS)
    less.spoil = {"message": lambda m, _: [*m[:3], m[3][:2]]}
    yield message("seller", less.envelope(), "E-4", "a part less, and the companions say so")
    spoilt = Order(opening=only("card-manager", change(6, flip)))
    yield message("card-manager", spoilt.relay(), None, "known: the part is not looked at",
                  ledger=[order.state("card-manager").hex()])
    yield message("card-manager", spoilt.relay(), "P-10", "new: it is")


def clocks():
    order = Order()
    late = {"now": NOW + HOUR + 1}
    yield message("seller", order.envelope(), "E-9", "too late", **late)
    yield message("seller", order.envelope(), None, "in time", now=NOW + HOUR)
    yield message("seller", order.envelope(), None, "known, too late", ledger=[order.state("seller").hex()], **late)
    yield message("seller", order.envelope(), None, "skew", now=NOW - 300)
    yield message("seller", order.envelope(), "M-3", "skew", now=NOW - 301)
    yield message("card-manager", order.relay(), "M-4", "late", now=TIMES[2] + 1)
    yield message("delivery-service", order.dispatch(at=TIMES[2]), None, "last moment", now=TIMES[2])
    yield message("seller", order.envelope(), "M-4", "known, later", now=TIMES[2] + 1,
                  ledger=[order.state("seller").hex()])
    for times, rule in (([NOW, NOW + 7 * DAY, NOW + 90 * DAY, NOW + 400 * DAY], None),
                        ([NOW, NOW + 7 * DAY + 1, *TIMES[2:]], "M-5"),
                        ([NOW, NOW, NOW + 90 * DAY + 1, NOW + 100 * DAY], "M-5"),
                        ([NOW, NOW, NOW + DAY, NOW + 400 * DAY + 1], "M-5")):
        yield message("seller", Order(times=times).envelope(), rule, "M-5")
    for at, now, rule in ((NOW - 1, NOW, "R-4"), (NOW + 300, NOW, None), (NOW + 301, NOW, "R-4"),
                          (NOW + HOUR, NOW + HOUR, None), (NOW + HOUR + 1, NOW + HOUR, "R-4")):
        yield message("card-manager", order.relay(at=at), rule, "at of a relay", now=now)
        yield message("seller", order.authorization(at=at), rule and "A-4", "at of a verdict", now=now,
                      ledger=[order.state("seller").hex()])
    yield message("delivery-service", order.dispatch(at=NOW + HOUR + 1), None, "at of a dispatch", now=NOW + DAY)
    yield message("delivery-service", order.dispatch(at=TIMES[2] + 1), "D-2", "at of a dispatch", now=TIMES[2])
    for at in (NOW - 1, NOW + 301):
        yield message("delivery-service", order.dispatch(at=at), "R-4", "at of a dispatch")
    settled = {"ledger": [order.state("seller").hex()]}
    yield message("seller", order.authorization(), None, "late authorization", now=TIMES[3], **settled)
    yield message("seller", order.authorization(), "A-2", "too late", now=TIMES[3] + 1, **settled)
    placed = {"placed": [order.placed().hex()]}
    yield message("card-holder", order.receipt(), None, "late receipt", now=TIMES[3], **placed)
    yield message("card-holder", order.receipt(), "C-3", "too late", now=TIMES[3] + 1, **placed)


def bindings():
    """Sealed with one input changed."""
    for name, value in (("purpose", "relay"), ("step", 1), ("digest", bytes(32)), ("sender_role", "seller"),
                        ("receiver_role", "card-manager"), ("token", bytes(32))):
        def spoil(bound, place, name=name, value=value):
            bound = copy.copy(bound)
            setattr(bound, name, value)
            return bound
        yield message("seller", Order(bound=spoil).envelope(), "O-6", f"other {name}")
        if name not in ("purpose", "sender_role", "receiver_role"):
            yield message("card-manager", Order(bound=lambda b, p: spoil(b, p) if p == "relay" else b).relay(),
                          "O-6", f"other {name}")
    statement = [("parts", change(2, flip), "R-2"), ("token", change(4, bytes(32)), "R-3"),
                 ("instructions", change(5, b"x"), "R-3")]
    for name, function, rule in statement:
        yield message("card-manager", Order(statement=function).relay(), rule, name)
    order = Order(statement=change(4, None))
    yield message("delivery-service", order.dispatch(), "D-1", "no token")
    yield message("delivery-service", Order(statement=change(2, flip)).dispatch(), "R-2", "parts")
    order = Order(statement=change(4, flip))
    yield message("delivery-service", order.dispatch(), "D-1", "another token")
    order = Order(header=change(7, flip))
    yield message("delivery-service", order.dispatch(), "D-1", "another token than the header's")
    order = Order()
    state = [order.state("seller").hex()]
    yield message("seller", Order(verdict=change(3, flip)).authorization(), "A-5", "another token", ledger=state)
    placed = [order.placed().hex()]
    for role, status, reason, rule in (("seller", 3, None, None), ("card-manager", 3, None, "C-5"),
                                       ("delivery-service", 0, None, None), ("delivery-service", 1, None, "C-5"),
                                       ("card-manager", 2, "no", None), ("seller", 2, None, "C-4"),
                                       ("seller", 1, "no", "C-4")):
        yield message("card-holder", order.receipt(role, status, reason), rule, "status", placed=placed)
    yield message("card-holder", Order(report=change(2, "card-manager")).receipt(), "C-4", "from", placed=placed)
    ids = {**IDS, "seller": b"other.example"}
    other = Order(ids=ids)
    relay = other.relay()
    yield message("card-manager", relay, None, "another seller")
    yield message("card-manager", relay, "R-8", "a seller that it does not serve", serves=[IDS["seller"].hex()])
    forged = Order()
    forged.ids = ids
    yield message("card-manager", forged.relay(), "R-7", "another relayer than the seller")
    yield message("delivery-service", forged.dispatch(), "R-7", "another relayer than the seller")
    forged.spoil = {"relayer": lambda _: IDS["seller"]}
    yield message("card-manager", forged.relay(), "O-6", "in the seller's name")


def revoked():
    """Parties that the receiver has revoked."""
    order = Order()
    gone = {role: [IDS[role].hex()] for role in IDS}
    state = {"ledger": [order.state("seller").hex()]}
    yield message("seller", order.envelope(), "O-1", "the card holder", revoked=gone["card-holder"])
    yield message("card-manager", order.relay(), "O-1", "the seller", revoked=gone["seller"])
    yield message("card-manager", order.relay(), "O-1", "the card holder", revoked=gone["card-holder"])
    yield message("seller", order.authorization(), "O-1", "the manager", revoked=gone["card-manager"], **state)
    yield message("seller", order.authorization(), "A-6", "the card holder", revoked=gone["card-holder"], **state)
    yield message("seller", order.authorization("no"), None, "a refusal", revoked=gone["card-holder"], **state)
    yield message("card-holder", order.receipt(), "O-1", "the giver", revoked=gone["seller"], placed=[order.placed().hex()])
    yield message("seller", order.envelope(), None, "its card manager", serves=gone["card-manager"])
    yield message("seller", order.envelope(), "E-8", "another card manager", serves=gone["seller"])
    other = Order(ids={**IDS, "seller": b"other.example"})
    ledger = [order.state("card-manager").hex()]
    moved = Order(relayer=lambda _: b"other.example", statement=lambda item: item)
    moved.ids = {**IDS, "seller": b"other.example"}
    yield message("card-manager", moved.relay(), "R-5", "a known order from another seller", ledger=ledger)
    yield message("card-manager", other.relay(), None, "an order of another seller", ledger=ledger)


def key_rules():
    two = (OWN_COHORT, MEETING)
    order = Order(domain=OWN_COHORT, services=MEETING)
    yield message("seller", order.envelope(), None, "cohorts", domains_=two)
    yield message("card-manager", order.relay(), None, "cohorts", domains_=two)
    yield message("card-manager", Order(domain=OTHER_COHORT, services=MEETING).relay(), "K-3", "another cohort",
                  domains_=(OTHER_COHORT, MEETING))
    yield message("card-manager", Order(domain=MEETING, services=MEETING).relay(), "K-3", "that of services",
                  domains_=(MEETING,))
    yield message("card-manager", Order(domain=OWN_COHORT, services=OWN_COHORT).relay(), "K-3",
                  "services in a cohort", domains_=two)
    yield message("seller", order.envelope(), "K-1", "unknown", domains_=(MEETING,))
    old = [*DOMAIN[:2], [6, NOW - 2_000_000, NOW], 0, 1]
    yield message("seller", Order(domain=old).envelope(), "K-2", "epoch that ended", domains_=(old,))
    late = [*DOMAIN[:2], [8, NOW + 1, NOW + 2], 0, 1]
    yield message("seller", Order(domain=late).envelope(), "K-2", "epoch to come", domains_=(late,))
    first = [*DOMAIN[:2], [9, NOW, NOW + 1], 0, 1]
    yield message("seller", Order(domain=first).envelope(), None, "first second", domains_=(first,))
    foreign = ["other.example", *DOMAIN[1:]]
    yield message("seller", Order(domain=foreign).envelope(), "K-4", "two networks", domains_=(DOMAIN, foreign))
    named = {"card-holder": [["other.example", DOMAIN[1], 1]]}
    yield message("seller", Order(domain=foreign).envelope(), None, "named", domains_=(DOMAIN, foreign), networks=named)
    yield message("seller", Order().envelope(), "K-4", "another named", domains_=(DOMAIN, foreign), networks=named)
    wrong = Order(sealed=change(0, bytes(16)))
    yield message("seller", wrong.envelope(), "K-1", "another key")


def sessions():
    pairs = {("card-holder", "seller"): [], ("seller", "card-manager"): [], ("card-holder", "card-manager"): []}
    meetings = {frozenset(pair): Meeting(*pair) for pair in pairs}
    used = {pair: (each.transcript, each.key) for pair, each in meetings.items()}
    order = Order(sessions=used)
    holder, between, manager = meetings.values()
    plain = Order()
    yield message("seller", order.envelope(), None, "a part", "sessions", sessions=[holder.authenticated(1).hex()])
    yield message("seller", order.envelope(), "O-5", "unknown", "sessions")
    yield message("card-manager", order.relay(), None, "relay", "sessions",
                  sessions=[between.authenticated(1).hex(), manager.authenticated(1).hex()])
    yield message("seller", order.authorization(), None, "authorization", "sessions",
                  sessions=[between.authenticated(0).hex()], ledger=[plain.state("seller").hex()])
    yield message("card-holder", order.receipt(), None, "receipt", "sessions", sessions=[holder.authenticated().hex()],
                  placed=[order.placed().hex()])
    # The key of one peer's session, used by another peer: all that refuses it is who the session was made with.
    stolen = Order(sessions={frozenset(("card-holder", "seller")): used[frozenset(("seller", "card-manager"))]})
    yield message("seller", stolen.envelope(), "O-5", "another peer's", "sessions",
                  sessions=[between.authenticated(0).hex()])
    named = [*DOMAIN[:2], [10, NOW, NOW + 5], 0, 1]
    other = Order(domain=named, sessions={frozenset(("card-holder", "seller")): used[frozenset(("card-holder", "seller"))]})
    yield message("seller", other.envelope(), "O-5", "another key", "sessions", domains_=(DOMAIN, named),
                  sessions=[holder.authenticated(1).hex()])
    foreign = Meeting("card-holder", "seller", ids={**IDS, "seller": b"sister.example"})
    sister = Order(sessions={frozenset(("card-holder", "seller")): (foreign.transcript, foreign.key)})
    yield message("seller", sister.envelope(), "O-5", "of another party", "sessions",
                  sessions=[foreign.authenticated(1).hex()])


def preshared():
    secret = bytes_of("agreed")

    def agreed(peer):
        return [{"preshared": {"domain": cbor.encode(DOMAIN).hex(), "peer": peer.hex(), "secret": secret.hex()}}]
    order_key = keys.preshared_common_key(DOMAIN, secret, IDS["card-holder"], IDS["seller"])
    kept = world.pair_key
    world.pair_key = lambda a, b, domain=DOMAIN: order_key
    try:
        order = Order()
    finally:
        world.pair_key = kept
    given = {"receiver": {**party("seller"), "keys": agreed(IDS["card-holder"])}, "message": order.envelope().hex()}
    yield "messages", "preshared", given, None
    given = {"receiver": {**party("seller"), "keys": agreed(b"other")}, "message": order.envelope().hex()}
    yield "messages", "preshared with another", given, "K-1"


def exports():
    order = Order()
    state = order.state
    approved = ("approved", NOW, order.token, [["delivery-service", NOW, b"ring"]])
    for kind, data, rule in (
        ("share", world.share(IDS["seller"]), None),
        ("placed order", order.placed(), None), ("placed order", order.placed(False), None),
        ("placed order", Order(placed=change(1, 0, 1, flip)).placed(), "P-2"),
        ("placed order", Order(form=[*FORM[:2], [*FORM[2][:3], ["holder.fax?"]]], placed=change(1, lambda r: r[:2])).placed(False),
         "S-8"),
        ("placed order", Order(placed=change(2, 0, 0, 0, flip)).placed(), "S-8"),
        ("placed order", Order(placed=change(2, 1, flip)).placed(), "S-8"),
        ("state", state("seller"), None), ("state", state("card-manager"), None),
        ("state", state("seller", approved), None), ("state", state("seller", ("declined", NOW, "no")), None),
        ("state", state("card-manager", ("decided", NOW, None)), None),
        ("state", state("card-manager", ("decided", NOW, "no"), forget=["card.number"]), None),
        ("state", state("delivery-service", ("received", NOW, b"ring")), None),
        ("state", state("card-manager", ("decided", NOW + HOUR, None)), None),
        ("state", state("card-manager", ("decided", NOW + HOUR + 1, None)), "S-11"),
        ("state", state("card-manager", ("decided", NOW - 1, None)), "S-11"),
        ("state", Order(state=change(3, NOW - 1)).state("seller"), "S-11"),
        ("state", Order(state=change(3, NOW + HOUR + 1)).state("seller"), "S-11"),
        ("state", state("delivery-service", ("received", TIMES[2], b"")), None),
        ("state", state("delivery-service", ("received", TIMES[2] + 1, b"")), "S-11"),
        ("state", state("delivery-service", ("received", None, b"")), "S-11"),
        ("state", state("seller", ("approved", NOW, order.token, approved[3] * 2)), "S-11"),
        ("state", state("seller", ("approved", NOW, order.token, [["delivery-service", TIMES[2] + 1, b""]])), "S-11"),
        ("state", received(None, b""), None), ("state", received(NOW, b""), "S-11"), ("state", received(None, b"x"), "S-11"),
        ("placed order", Order(placed=change(1, lambda r: r[:2])).placed(False), "S-8"),
        ("placed order", Order(form=[*FORM[:2], [*FORM[2][:3], ["holder.fax?"]]], placed=change(1, lambda r: r[:2])).placed(False),
         "S-8"),
        ("placed order", Order(placed=change(2, 0, lambda g: g[:3])).placed(), "S-8"),
        ("contribution", export.write_export("contribution", [DOMAIN, "x", b"x", 1, bytes(64)]), "S-3"),
        ("contribution", export.write_export("contribution", [DOMAIN, "cards.example", b"x", 1, bytes(64)]), None),
        ("joint authority", authority(kind="joint authority"), "S-3"), ("joint authority", authority(), "S-1"),
        ("joint authority", authority(kind="joint authority", domain=JOINT, issuer="west.example"), None),
        ("authority", authority(domain=JOINT, issuer="west.example"), "S-3"),
        ("authority", authority(kind="joint authority"), "S-1"),
        ("state", state("card-manager", approved), "S-11"),
        ("state", state("seller", ("decided", NOW, None)), "S-11"),
        ("state", state("seller", ("approved", NOW, bytes(32), [])), "S-11"),
        ("state", state("seller", ("approved", NOW, order.token, [["card-manager", NOW, b""]])), "S-11"),
        ("state", Order(state=change(7, lambda parts: parts[:1])).state("seller"), "E-4"),
        ("state", Order(state=change(1, b"x")).state("seller"), "P-5"),
        ("state", Order(state=change(8, 3, 0, 1, None)).state("seller"), "S-9"),
        ("state", Order(state=change(8, 3, 0, 2, 0, ["amount.due"])).state("seller"), "S-9"),
        ("state", Order(state=change(5, bytes(16))).state("seller"), "S-10"),
        ("state", Order(state=change(5, None)).state("card-manager"), "S-10"),
        ("state", Order(state=change(7, [order.parts["seller"]])).state("card-manager"), "S-10"),
        ("share", export.write_export("shares", 0), "S-1"),
        ("share", change(3, flip)(cbor.decode(world.share(b"x"))), "S-1"),
        ("share", export.write_export("share", [DOMAIN, b"x", 2, bytes(64)]), "S-2"),
        ("share", export.write_export("share", [DOMAIN, b"x", 1, b"\xff" * 64]), "S-2"),
        ("root", export.write_export("root", ["a", "b", 7, bytes(32)]), None),
        ("authority", authority(), None), ("authority", authority(register=[b"b", b"a"]), "S-5"),
        ("authority", authority(issuer="x"), "S-3"), ("authority", authority(master=bytes(31)), "S-4"),
        ("authority", authority(capacity=1), "S-5"), ("authority", authority(master=bytes(192)), None),
        ("authority", authority(master=b"\xff" * 192), "S-4"),
    ):
        data = data if isinstance(data, bytes) else cbor.encode(data)
        yield "exports", kind, {"kind": kind, "export": data.hex()}, rule


def authority(register=(b"a", b"b"), issuer="cards.example", master=bytes(32), capacity=None, kind="authority",
              domain=DOMAIN):
    return export.write_export(kind, [domain, 2, capacity, master, list(register), issuer])


def received(at, instructions):
    """The state of a recipient that is served directly."""
    served = Order(form=[["other", None, 0, ["amount.due"]], *FORM], ids={**IDS, "other": b"other.example"})
    return served.state("other", ("received", at, instructions))


def owners():
    order = Order()
    for kind, data, rule in (("placed order", order.placed(), "S-8"), ("state", order.state("seller"), "S-1"),
                             ("share", world.share(IDS["seller"]), "S-1")):
        role = "card-holder" if kind == "placed order" else "seller"
        for own, found in ((IDS[role], None), (b"x", rule)):
            yield "exports", f"owner of {kind}", {"kind": kind, "export": data.hex(),
                                                  "owner": {"role": role, "identifier": own.hex()}}, found


def samples():
    yield from samples_parts.samples()
    for group in (ways, clocks, bindings, key_rules, sessions, preshared, revoked, exports, owners):
        yield from group()
    yield from samples_handshakes.samples()
