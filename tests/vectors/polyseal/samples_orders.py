"""Samples for the self-test: headers, parts, messages, sessions, exports of orders."""

import copy

from . import base, cbor, domains, export, orders, samples_handshakes, world
from .world import DAY, DOMAIN, EPOCH, FIELDS, FORM, HOUR, IDS, NOW, Meeting, Order, bytes_of, form_item, party

COHORT = domains.cohort_of("cards.example", 4, IDS["card-holder"])
OWN_COHORT = ["cards.example", ["cards.example"], EPOCH, COHORT, 4]
OTHER_COHORT = ["cards.example", ["cards.example"], EPOCH, (COHORT + 1) % 4, 4]
MEETING = ["cards.example", ["cards.example"], EPOCH, None, 4]
TIMES = [NOW, NOW + HOUR, NOW + 30 * DAY, NOW + 180 * DAY]


def change(*path_and_value):
    """A function that changes one place of a nested list."""
    *path, last, value = path_and_value

    def apply(item, *_):
        item = copy.deepcopy(item)
        at = item
        for step in path:
            at = at[step]
        at[last] = value(at[last]) if callable(value) else value
        return item
    return apply


def only(where, function):
    """Spoils one role's, or one kind's, only."""
    return lambda value, place: function(value) if place == where else value


def flip(data):
    return bytes([data[0] ^ 1]) + data[1:]


def headers():
    good = cbor.decode(Order().header)
    yield "headers", "read", {"op": "read", "header": Order().header.hex()}, None
    for comment, function, rule in (
        ("accept before issue", change(4, NOW - 1), "header-times"), ("deliver before accept", change(5, NOW), "header-times"),
        ("settle before deliver", change(6, TIMES[2] - 1), "header-times"), ("equal", change(4, NOW), None),
        ("a role twice", change(8, 0, 0, "card-manager"), "header-recipients"),
        ("card-holder", change(8, 0, 0, "card-holder"), "header-recipients"),
        ("groups", change(9, lambda groups: groups[::-1]), "header-groups"),
        ("selectors", change(9, 0, 0, lambda s: s[::-1]), "header-selectors"),
        ("optional", change(9, 1, 0, 0, "card.number?"), "header-selectors"),
        ("conflict", change(9, 1, 0, ["amount.due.x"]), "header-conflict"),
        ("conflict of prefixes", change(9, 1, 0, ["items"]), "header-groups"),
        ("no conflict", change(9, 1, 0, ["amount.due-x"]), None),
        ("empty group", change(9, 0, 0, []), "form"), ("the year 10000", change(6, 253402300800), "form"),
        ("no groups", change(9, []), "form"), ("a nonce", lambda item: item + [bytes(32)], "form"),
    ):
        yield "headers", comment, {"op": "read", "header": cbor.encode(function(good)).hex()}, rule
    order = Order()
    yield "headers", "make", {
        "op": "make", "sender": IDS["card-holder"].hex(), "times": order.times,
        "recipients": [cbor.encode(r).hex() for r in order.recipients], "fresh": "07" * 32,
        "groups": [{"selectors": s, "fields": f} for s, f in order.groups],
        "directional_keys": [bytes_of(i).hex() for i in range(3)]}, None


def part(order, role, way, form=None, opening=None):
    recipient = [r for r in order.recipients if r[0] == role][0]
    made = order.opening(recipient) if opening is None else opening
    made = order.spoilt("opening", made, role)
    return {"header": order.header.hex(), "opening": cbor.encode(made).hex(), "role": role, "way": way,
            "identifier": IDS[role].hex(), "form": form,
            "others": cbor.encode(order.others()).hex() if role == "seller" else None}


def parts():
    ways = {"seller": "envelope", "card-manager": "relay", "delivery-service": "dispatch"}
    form = form_item().hex()
    for role, way in ways.items():
        yield "parts", role, part(Order(), role, way), None
    yield "parts", "with its form", part(Order(), "seller", "envelope", form), None
    for way in ("direct", "dispatch", "envelope"):
        yield "parts", "way", part(Order(), "card-manager", way), None if way == "envelope" else "release"
    for role, comment, function, rule in (
        ("seller", "entries in another order", change(2, lambda e: e[::-1]), "entry-order"),
        ("seller", "not all", change(2, lambda e: e[:2]), "entries-shown"),
        ("card-manager", "the seller's is missing", change(2, lambda e: e[1:]), "entries-shown"),
        ("card-manager", "entries in another order", change(2, lambda e: e[::-1]), "entry-order"),
        ("card-manager", "its own is missing", change(2, lambda e: e[:1]), "entry-own"),
        ("card-manager", "commitment", change(2, 1, 1, flip), "entry-commitment"),
        ("card-manager", "another identifier", change(2, 1, 0, 1, b"x"), "entry-commitment"),
        ("card-manager", "groups", change(3, lambda g: g[:1]), "groups-shown"),
        ("card-manager", "order of groups", change(3, lambda g: g[::-1]), "groups-shown"),
        ("card-manager", "order of names", change(3, 0, 2, lambda f: f[::-1]), "field-order"),
        ("card-manager", "value", change(3, 0, 2, 0, 1, "58.80 EUR"), "group-commitment"),
        ("card-manager", "salt", change(3, 0, 1, flip), "group-commitment"),
        ("card-manager", "one field less", change(3, 0, 2, lambda f: f[:-1]), "group-commitment"),
        ("card-manager", "no selector", change(3, 0, 2, 1, 0, "card.number"), "field-selector"),
        ("card-manager", "no name", change(3, 0, 2, 1, 0, "items.A"), "field-name"),
        ("card-manager", "companions", change(4, bytes(32)), "companions-where"),
        ("card-manager", "revision", change(5, 0), "revision-where"),
        ("card-manager", "no token", change(6, None), "token-where"),
        ("card-manager", "another token", change(6, flip), "token-hash"),
        ("delivery-service", "token", change(6, bytes(32)), "token-where"),
        ("seller", "no companions", change(4, None), "companions-where"),
        ("seller", "no revision", change(5, None), "revision-where"),
        ("seller", "companions differ", change(4, flip), "companions"),
    ):
        yield "parts", comment, part(Order(opening=only(role, function)), role, ways[role]), rule
    yield from bad_orders(ways, form)


def sees(**groups):
    """Recipients that see other groups: seller, manager, delivery."""
    def apply(recipients):
        wanted = [groups.get(name, r[3]) for name, r in zip(("seller", "manager", "delivery"), recipients)]
        return [[*r[:3], indices] for r, indices in zip(recipients, wanted)]
    return apply


def bad_orders(ways, form):
    """Openings that agree with their header, which is made wrongly."""
    without = [field for field in FIELDS if field[0] != "payment.type"]
    for role, comment, order, rule in (
        ("seller", "identifiers", Order(recipients=change(2, 1, IDS["card-manager"])), "entry-identifiers"),
        ("seller", "an entry of the sender", Order(header=change(2, IDS["delivery-service"])), "entry-identifiers"),
        ("seller", "indices", Order(recipients=change(2, 3, lambda g: g[::-1])), "entry-indices"),
        ("seller", "range", Order(recipients=change(2, 3, lambda g: [*g, 4])), "entry-indices"),
        ("seller", "release", Order(recipients=change(0, 2, 0)), "release"),
        ("seller", "nobody approves", Order(form=[FORM[0], FORM[2]]), "seller-rules"),
        ("card-manager", "release of the seller", Order(recipients=change(0, 2, 0)), "seller-release"),
        ("seller", "a group without a reader", Order(recipients=sees(manager=[0])), "group-unread"),
        ("seller", "two groups of one audience", Order(recipients=sees(manager=[0, 1, 3], delivery=[2])), "group-same"),
        ("seller", "not by a form", Order(recipients=sees(manager=[0, 1, 3])), None),
        ("seller", "the manager does not see the amount", Order(recipients=sees(manager=[1])), "amount"),
        ("card-manager", "amount", Order(fields=[["amount.due", "59,80 EUR"], *FIELDS[1:]]), "amount"),
        ("card-manager", "no amount", Order(fields=FIELDS[1:]), "amount"),
        ("card-manager", "conflict", Order(fields=[*FIELDS, ["items.0", ""]]), "field-conflict"),
        ("card-manager", "no conflict", Order(fields=[*FIELDS, ["items.0-", ""]]), None),
        ("card-manager", "empty groups", Order(fields=FIELDS[:1]), None),
        ("seller", "required", Order(fields=without), None),
        ("card-manager", "a name of another group", Order(groups=change(0, 1, lambda f: [*f[:1], FIELDS[2], *f[1:]])),
         "field-selector"),
        ("card-manager", "names out of order", Order(groups=change(0, 1, lambda f: f[::-1])), "field-order"),
        ("seller", "alone", Order(form=[FORM[0]]), None),
    ):
        yield "parts", comment, part(order, role, ways[role]), rule
    order = Order()
    every = change(2, [[r, salt] for r, salt in zip(order.recipients, order.salts)])
    yield "parts", "one entry too many", part(Order(opening=only("card-manager", every)), "card-manager", "relay"), "entries-shown"
    yield "parts", "not by its form", part(Order(recipients=sees(manager=[0, 1, 3])), "seller", "envelope", form), "form-issued"
    yield "parts", "required", part(Order(fields=without), "seller", "envelope", form), "field-required"


def message(role, data, rule, comment, file="messages", domains_=(), **more):
    return file, comment, {"receiver": party(role, *domains_, **more), "message": data.hex()}, rule


def ways():
    order = Order()
    state = {"ledger": [order.state("seller").hex()]}
    yield message("seller", order.envelope(), None, "envelope")
    yield message("seller", order.envelope(), None, "by its form", form=form_item().hex())
    yield message("card-manager", order.relay(), None, "relay")
    yield message("card-manager", order.relay(parts=list(order.parts.values())[::-1]), "parts", "parts out of order")
    every = [order.parts[r[0]] for r in order.recipients]
    yield message("card-manager", order.relay(parts=every), None, "all parts")
    yield message("delivery-service", order.dispatch(), None, "dispatch")
    yield message("card-manager", order.dispatch("card-manager"), "way", "dispatch to the manager")
    yield message("card-manager", order.envelope(), "way", "envelope")
    yield message("seller", order.relay("seller"), "way", "relay")
    yield message("delivery-service", order.relay(), "parts-own", "no part")
    yield message("delivery-service", order.relay("delivery-service"), "commitment", "relayed in place of dispatched")
    yield message("card-manager", order.direct("card-manager"), "release", "direct")
    direct = Order(form=[["card-manager", None, 0, FORM[1][3]], FORM[0], FORM[2]])
    yield message("card-manager", direct.direct("card-manager"), None, "direct")
    yield message("seller", direct.envelope(), None, "envelope without the direct part")
    yield message("seller", order.authorization(), None, "approved", **state)
    yield message("seller", order.authorization("no"), None, "declined", **state)
    yield message("seller", order.authorization(), "order-unknown", "unknown")
    for role in world.SERVICES:
        yield message("card-holder", order.receipt(role), None, "receipt", placed=[order.placed().hex()])
    yield message("seller", order.envelope(), None, "again", **state)
    yield message("seller", Order(revision=1).envelope(), None, "a higher revision", **state)
    yield message("card-manager", order.relay(), None, "again", ledger=[order.state("card-manager").hex()])
    for comment, function in (("a part less", lambda m, _: [*m[:3], m[3][:2]]),):
        yield message("seller", Order(message=function).envelope(), "companions", comment)
    less = Order()
    less.others = lambda: [less.parts["card-manager"]]
    less.make(FIELDS)
    less.spoil = {"message": lambda m, _: [*m[:3], m[3][:2]]}
    yield message("seller", less.envelope(), "envelope-parts", "a part less, and the companions say so")
    spoilt = Order(opening=only("card-manager", change(6, flip)))
    yield message("card-manager", spoilt.relay(), None, "known: the part is not looked at",
                  ledger=[order.state("card-manager").hex()])
    yield message("card-manager", spoilt.relay(), "token-hash", "new: it is")


def clocks():
    order = Order()
    late = {"now": NOW + HOUR + 1}
    yield message("seller", order.envelope(), "deadline", "too late", **late)
    yield message("seller", order.envelope(), None, "in time", now=NOW + HOUR)
    yield message("seller", order.envelope(), None, "known, too late", ledger=[order.state("seller").hex()], **late)
    yield message("seller", order.envelope(), None, "skew", now=NOW - 300)
    yield message("seller", order.envelope(), "issued-at", "skew", now=NOW - 301)
    yield message("card-manager", order.relay(), "deliver-until", "late", now=TIMES[2] + 1)
    yield message("delivery-service", order.dispatch(at=TIMES[2]), None, "last moment", now=TIMES[2])
    yield message("seller", order.envelope(), "deliver-until", "known, later", now=TIMES[2] + 1,
                  ledger=[order.state("seller").hex()])
    for times, rule in (([NOW, NOW + 7 * DAY, NOW + 90 * DAY, NOW + 400 * DAY], None),
                        ([NOW, NOW + 7 * DAY + 1, *TIMES[2:]], "windows"),
                        ([NOW, NOW, NOW + 90 * DAY + 1, NOW + 100 * DAY], "windows"),
                        ([NOW, NOW, NOW + DAY, NOW + 400 * DAY + 1], "windows")):
        yield message("seller", Order(times=times).envelope(), rule, "windows")
    for at, now, rule in ((NOW - 1, NOW, "at"), (NOW + 300, NOW, None), (NOW + 301, NOW, "at"),
                          (NOW + HOUR, NOW + HOUR, None), (NOW + HOUR + 1, NOW + HOUR, "at")):
        yield message("card-manager", order.relay(at=at), rule, "at of a relay", now=now)
        yield message("seller", order.authorization(at=at), rule, "at of a verdict", now=now,
                      ledger=[order.state("seller").hex()])
    yield message("delivery-service", order.dispatch(at=NOW + HOUR + 1), None, "at of a dispatch", now=NOW + DAY)
    yield message("delivery-service", order.dispatch(at=TIMES[2] + 1), "at", "at of a dispatch", now=TIMES[2])
    settled = {"ledger": [order.state("seller").hex()]}
    yield message("seller", order.authorization(), None, "late authorization", now=TIMES[3], **settled)
    yield message("seller", order.authorization(), "settle-until", "too late", now=TIMES[3] + 1, **settled)
    placed = {"placed": [order.placed().hex()]}
    yield message("card-holder", order.receipt(), None, "late receipt", now=TIMES[3], **placed)
    yield message("card-holder", order.receipt(), "settle-until", "too late", now=TIMES[3] + 1, **placed)


def bindings():
    """Sealed with one input changed."""
    for name, value in (("purpose", "relay"), ("step", 1), ("digest", bytes(32)), ("sender_role", "seller"),
                        ("receiver_role", "card-manager"), ("token", bytes(32))):
        def spoil(bound, place, name=name, value=value):
            bound = copy.copy(bound)
            setattr(bound, name, value)
            return bound
        yield message("seller", Order(bound=spoil).envelope(), "commitment", f"other {name}")
        if name not in ("purpose", "sender_role", "receiver_role"):
            yield message("card-manager", Order(bound=lambda b, p: spoil(b, p) if p == "relay" else b).relay(),
                          "commitment", f"other {name}")
    statement = [("parts", change(2, flip), "statement-parts"), ("token", change(4, bytes(32)), "statement-content"),
                 ("instructions", change(5, b"x"), "statement-content")]
    for name, function, rule in statement:
        yield message("card-manager", Order(statement=function).relay(), rule, name)
    order = Order(statement=change(4, None))
    yield message("delivery-service", order.dispatch(), "statement-content", "no token")
    order = Order(statement=change(4, flip))
    yield message("delivery-service", order.dispatch(), "commitment", "another token")
    order = Order(header=change(7, flip))
    yield message("delivery-service", order.dispatch(), "dispatch-token", "another token than the header's")
    order = Order()
    state = [order.state("seller").hex()]
    yield message("seller", Order(verdict=change(3, flip)).authorization(), "verdict-token", "another token", ledger=state)
    placed = [order.placed().hex()]
    for role, status, reason, rule in (("seller", 3, None, None), ("card-manager", 3, None, "report-status"),
                                       ("delivery-service", 0, None, None), ("delivery-service", 1, None, "report-status"),
                                       ("card-manager", 2, "no", None), ("seller", 2, None, "report-reason"),
                                       ("seller", 1, "no", "report-reason")):
        yield message("card-holder", order.receipt(role, status, reason), rule, "status", placed=placed)
    yield message("card-holder", Order(report=change(2, "card-manager")).receipt(), "report-from", "from", placed=placed)
    ids = {**IDS, "seller": b"other.example"}
    other = Order(ids=ids)
    relay = other.relay()
    yield message("card-manager", relay, None, "another seller")
    yield message("card-manager", relay, "policy", "a seller that it does not serve", serves=[IDS["seller"].hex()])
    forged = Order()
    forged.ids = ids
    yield message("card-manager", forged.relay(), "relayer", "another relayer than the seller")
    forged.spoil = {"relayer": lambda _: IDS["seller"]}
    yield message("card-manager", forged.relay(), "commitment", "in the seller's name")


def key_rules():
    two = (OWN_COHORT, MEETING)
    order = Order(domain=OWN_COHORT, services=MEETING)
    yield message("seller", order.envelope(), None, "cohorts", domains_=two)
    yield message("card-manager", order.relay(), None, "cohorts", domains_=two)
    yield message("card-manager", Order(domain=OTHER_COHORT, services=MEETING).relay(), "key-cohort", "another cohort",
                  domains_=(OTHER_COHORT, MEETING))
    yield message("card-manager", Order(domain=MEETING, services=MEETING).relay(), "key-cohort", "that of services",
                  domains_=(MEETING,))
    yield message("card-manager", Order(domain=OWN_COHORT, services=OWN_COHORT).relay(), "key-cohort",
                  "services in a cohort", domains_=two)
    yield message("seller", order.envelope(), "key-unknown", "unknown", domains_=(MEETING,))
    old = [*DOMAIN[:2], [6, NOW - 2_000_000, NOW], 0, 1]
    yield message("seller", Order(domain=old).envelope(), "key-epoch", "epoch that ended", domains_=(old,))
    late = [*DOMAIN[:2], [8, NOW + 1, NOW + 2], 0, 1]
    yield message("seller", Order(domain=late).envelope(), "key-epoch", "epoch to come", domains_=(late,))
    first = [*DOMAIN[:2], [9, NOW, NOW + 1], 0, 1]
    yield message("seller", Order(domain=first).envelope(), None, "first second", domains_=(first,))
    foreign = ["other.example", *DOMAIN[1:]]
    yield message("seller", Order(domain=foreign).envelope(), "key-network", "two networks", domains_=(DOMAIN, foreign))
    named = {"card-holder": [["other.example", DOMAIN[1], 1]]}
    yield message("seller", Order(domain=foreign).envelope(), None, "named", domains_=(DOMAIN, foreign), networks=named)
    yield message("seller", Order().envelope(), "key-network", "another named", domains_=(DOMAIN, foreign), networks=named)
    wrong = Order(sealed=change(0, bytes(16)))
    yield message("seller", wrong.envelope(), "key-unknown", "another key")


def sessions():
    pairs = {("card-holder", "seller"): [], ("seller", "card-manager"): [], ("card-holder", "card-manager"): []}
    meetings = {frozenset(pair): Meeting(*pair) for pair in pairs}
    used = {pair: (each.transcript, each.key) for pair, each in meetings.items()}
    order = Order(sessions=used)
    holder, between, manager = meetings.values()
    plain = Order()
    yield message("seller", order.envelope(), None, "a part", "sessions", sessions=[holder.authenticated(1).hex()])
    yield message("seller", order.envelope(), "session-unknown", "unknown", "sessions")
    yield message("card-manager", order.relay(), None, "relay", "sessions",
                  sessions=[between.authenticated(1).hex(), manager.authenticated(1).hex()])
    yield message("seller", order.authorization(), None, "authorization", "sessions",
                  sessions=[between.authenticated(0).hex()], ledger=[plain.state("seller").hex()])
    yield message("card-holder", order.receipt(), None, "receipt", "sessions", sessions=[holder.authenticated().hex()],
                  placed=[order.placed().hex()])
    # The key of one peer's session, used by another peer: all that refuses it is who the session was made with.
    stolen = Order(sessions={frozenset(("card-holder", "seller")): used[frozenset(("seller", "card-manager"))]})
    yield message("seller", stolen.envelope(), "session-peer", "another peer's", "sessions",
                  sessions=[between.authenticated(0).hex()])
    named = [*DOMAIN[:2], [10, NOW, NOW + 5], 0, 1]
    other = Order(domain=named, sessions={frozenset(("card-holder", "seller")): used[frozenset(("card-holder", "seller"))]})
    yield message("seller", other.envelope(), "session-key-id", "another key", "sessions", domains_=(DOMAIN, named),
                  sessions=[holder.authenticated(1).hex()])
    foreign = Meeting("card-holder", "seller", ids={**IDS, "seller": b"sister.example"})
    sister = Order(sessions={frozenset(("card-holder", "seller")): (foreign.transcript, foreign.key)})
    yield message("seller", sister.envelope(), "session-own", "of another party", "sessions",
                  sessions=[foreign.authenticated(1).hex()])


def preshared():
    secret = bytes_of("agreed")

    def agreed(peer):
        return [{"preshared": {"domain": cbor.encode(DOMAIN).hex(), "peer": peer.hex(), "secret": secret.hex()}}]
    from . import keys
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
    yield "messages", "preshared with another", given, "key-unknown"


def exports():
    order = Order()
    state = order.state
    approved = ("approved", NOW, order.token, [["delivery-service", NOW, b"ring"]])
    for kind, data, rule in (
        ("share", world.share(IDS["seller"]), None),
        ("placed order", order.placed(), None), ("placed order", order.placed(False), None),
        ("placed order", Order(placed=change(1, 0, 1, flip)).placed(), "placed-recipients"),
        ("placed order", Order(placed=change(2, 0, 0, 0, flip)).placed(), "placed-contents"),
        ("placed order", Order(placed=change(2, 1, flip)).placed(), "placed-contents"),
        ("state", state("seller"), None), ("state", state("card-manager"), None),
        ("state", state("seller", approved), None), ("state", state("seller", ("declined", NOW, "no")), None),
        ("state", state("card-manager", ("decided", NOW, None)), None),
        ("state", state("card-manager", ("decided", NOW, "no"), forget=["card.number"]), None),
        ("state", state("delivery-service", ("received", NOW, b"ring")), None),
        ("state", state("card-manager", approved), "state-stage"),
        ("state", state("seller", ("decided", NOW, None)), "state-stage"),
        ("state", state("seller", ("approved", NOW, bytes(32), [])), "state-token"),
        ("state", state("seller", ("approved", NOW, order.token, [["card-manager", NOW, b""]])), "state-stage"),
        ("state", Order(state=change(7, lambda parts: parts[:1])).state("seller"), "companions"),
        ("state", Order(state=change(1, b"x")).state("seller"), "entry-own"),
        ("state", Order(state=change(8, 3, 0, 1, None)).state("seller"), "group-forgotten"),
        ("state", Order(state=change(8, 3, 0, 2, 0, ["amount.due"])).state("seller"), "group-forgotten"),
        ("state", Order(state=change(5, bytes(16))).state("seller"), "state-key-id"),
        ("state", Order(state=change(5, None)).state("card-manager"), "state-key-id"),
        ("state", Order(state=change(7, [order.parts["seller"]])).state("card-manager"), "state-parts"),
        ("share", export.write_export("shares", 0), "export"),
        ("share", change(3, flip)(cbor.decode(world.share(b"x"))), "export"),
        ("share", export.write_export("share", [DOMAIN, b"x", 2, bytes(64)]), "share"),
        ("share", export.write_export("share", [DOMAIN, b"x", 1, b"\xff" * 64]), "canonical"),
        ("root", export.write_export("root", ["a", "b", 7, bytes(32)]), None),
        ("authority", authority(), None), ("authority", authority(register=[b"b", b"a"]), "authority"),
        ("authority", authority(issuer="x"), "authority"), ("authority", authority(master=bytes(31)), "authority"),
        ("authority", authority(capacity=1), "authority"), ("authority", authority(master=bytes(192)), None),
        ("authority", authority(master=b"\xff" * 192), "canonical"),
    ):
        data = data if isinstance(data, bytes) else cbor.encode(data)
        yield "exports", kind, {"kind": kind, "export": data.hex()}, rule


def authority(register=(b"a", b"b"), issuer="cards.example", master=bytes(32), capacity=None):
    return export.write_export("authority", [DOMAIN, 2, capacity, master, list(register), issuer])


def samples():
    for group in (headers, parts, ways, clocks, bindings, key_rules, sessions, preshared, exports):
        yield from group()
    yield from samples_handshakes.samples()
