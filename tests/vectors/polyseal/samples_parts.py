"""Samples: headers and openings, and what changes one place of them: (comment, input, None or the rule)."""

from . import cbor
from .spoiling import change, flip, only
from .world import DAY, FIELDS, FORM, HOUR, IDS, NOW, Order, bytes_of, form_item

TIMES = [NOW, NOW + HOUR, NOW + 30 * DAY, NOW + 180 * DAY]
WAYS = {"seller": "envelope", "card-manager": "relay", "delivery-service": "dispatch"}


def headers():
    good = cbor.decode(Order().header)
    wide = [f"x{i:03}" for i in range(252)]
    group = [["z"], bytes(32)]
    for comment, spoil, rule in (
        ("four groups, three recipients", lambda header: header, None),
        ("accepted until before it is issued", change(4, NOW - 1), "G-1"),
        ("delivered until before it is accepted until", change(5, NOW), "G-1"),
        ("settled until before it is delivered until", change(6, TIMES[2] - 1), "G-1"),
        ("all times the same", lambda header: [*header[:4], NOW, NOW, NOW, *header[7:]], None),
        ("the last time", change(6, 253402300799), None), ("after the last time", change(6, 253402300800), "B-2"),
        ("a role twice", change(8, 0, 0, "card-manager"), "G-2"),
        ("a recipient `card-holder`", change(8, 0, 0, "card-holder"), "G-2"),
        ("roles that do not ascend", change(8, lambda r: r[::-1]), None),
        ("16 recipients", change(8, [[f"r{i}", bytes(32)] for i in range(16)]), None),
        ("17 recipients", change(8, [[f"r{i}", bytes(32)] for i in range(17)]), "B-3"),
        ("no recipients", change(8, []), "B-2"),
        ("groups that do not ascend", change(9, lambda groups: groups[::-1]), "G-3"),
        ("selectors that do not ascend", change(9, 0, 0, lambda s: [s[0], s[2], s[1]]), "G-3"),
        ("a selector twice in a group", change(9, 0, 0, lambda s: [s[0], *s]), "G-3"),
        ("a group twice", change(9, lambda groups: [groups[0], *groups]), "G-3"),
        ("256 selectors", change(9, 3, 0, wide[:251]), None), ("257 selectors", change(9, 3, 0, wide), "G-4"),
        ("256 selectors in a group", change(9, [[wide + ["y0", "y1", "y2", "y3"], bytes(32)]]), None),
        ("257 selectors in a group", change(9, [[wide + ["y0", "y1", "y2", "y3", "y4"], bytes(32)]]), "B-3"),
        ("64 groups", change(9, [[[each], bytes(32)] for each in wide[:64]]), None),
        ("65 groups", change(9, [[[each], bytes(32)] for each in wide[:65]]), "B-3"),
        ("an optional selector", change(9, 1, 0, 0, "card.number?"), "B-2"),
        ("names of two groups that conflict", change(9, 1, 0, ["amount.due.x"]), "G-4"),
        ("a name and a prefix of one group that conflict", change(9, lambda g: [*g, [["z", "z.*"], bytes(32)]]), "G-4"),
        ("a prefix and a longer one, of two groups", change(9, lambda g: [*g, group, [["z.a.*"], bytes(32)]]), "G-4"),
        ("a longer last segment is no conflict", change(9, 1, 0, ["amount.due-x"]), None),
        ("a group without selectors", change(9, 0, 0, []), "B-2"), ("no groups", change(9, []), "B-2"),
        ("an item more", lambda header: [*header, bytes(32)], "B-2"),
        ("another version", change(0, "polyseal/2"), "V-1"),
        ("a sender of 512 bytes", change(2, b"a" * 512), None), ("a sender of 513 bytes", change(2, b"a" * 513), "B-3"),
    ):
        yield comment, {"op": "read", "header": cbor.encode(spoil(good)).hex()}, rule


def made():
    order = Order()
    given = {
        "op": "make", "sender": IDS["card-holder"].hex(), "times": order.times,
        "recipients": [cbor.encode(each).hex() for each in order.recipients], "fresh": "07" * 32,
        "groups": [{"selectors": selectors, "fields": fields} for selectors, fields in order.groups],
        "directional_keys": [bytes_of(i).hex() for i in range(3)]}
    yield "secrets and commitments of three recipients", given, None
    yield "other fresh bytes", {**given, "fresh": "08" * 32}, None
    yield "another key of the last recipient", {**given,
                                                "directional_keys": [bytes_of(i).hex() for i in (0, 1, 3)]}, None


def part(order, role, way=None, form=None):
    recipient = [each for each in order.recipients if each[0] == role][0]
    opening = order.spoilt("opening", order.opening(recipient), role)
    return {"header": order.header.hex(), "opening": cbor.encode(opening).hex(), "role": role, "way": way or WAYS[role],
            "identifier": IDS[role].hex(), "form": form,
            "others": cbor.encode(order.others()).hex() if role == "seller" else None, "order_token": order.token.hex()}


def ways():
    for role in WAYS:
        yield f"the part of the {role}", part(Order(), role), None
    for way in ("direct", "dispatch"):
        yield f"a part on receipt, in a {way}", part(Order(), "card-manager", way), "P-11"
    yield "a part on approval, in a relay", part(Order(), "delivery-service", "relay"), "P-11"
    yield "a direct part", part(Order(form=[FORM[0], ["card-manager", None, 0, FORM[1][3]]]), "card-manager",
                                "direct"), None
    yield "a direct part, in a relay", part(Order(form=[FORM[0], ["card-manager", None, 0, FORM[1][3]]]),
                                            "card-manager"), "P-11"
    yield "the seller alone", part(Order(form=[FORM[0]]), "seller"), None


def openings():
    """Openings that do not agree with their header."""
    for role, comment, spoil, rule in (
        ("seller", "entries out of order", change(2, lambda e: e[::-1]), "P-2"),
        ("seller", "an entry twice", change(2, lambda e: [e[0], *e]), "P-2"),
        ("seller", "not all entries", change(2, lambda e: e[:2]), "P-9"),
        ("card-manager", "an entry of no recipient", change(2, 0, 0, 0, "other"), "P-2"),
        ("card-manager", "without the seller's entry", change(2, lambda e: e[1:]), "P-9"),
        ("card-manager", "entries out of order", change(2, lambda e: e[::-1]), "P-2"),
        ("card-manager", "without its own entry", change(2, lambda e: e[:1]), "P-5"),
        ("card-manager", "another salt of an entry", change(2, 1, 1, flip), "P-2"),
        ("card-manager", "another identifier in its entry", change(2, 1, 0, 1, b"x"), "P-2"),
        ("card-manager", "another release in the seller's entry", change(2, 0, 0, 2, 0), "P-2"),
        ("card-manager", "a group less", change(3, lambda g: g[:1]), "P-5"),
        ("card-manager", "a group twice", change(3, lambda g: [g[0], *g]), "P-5"),
        ("card-manager", "groups out of order", change(3, lambda g: g[::-1]), "P-5"),
        ("card-manager", "names out of order", change(3, 0, 2, lambda f: f[::-1]), "P-6"),
        ("card-manager", "a name twice", change(3, 0, 2, lambda f: [f[0], *f]), "P-6"),
        ("card-manager", "another value", change(3, 0, 2, 0, 1, "58.80 EUR"), "P-7"),
        ("card-manager", "another salt of a group", change(3, 0, 1, flip), "P-7"),
        ("card-manager", "a field less", change(3, 0, 2, lambda f: f[:-1]), "P-7"),
        ("card-manager", "a field more", change(3, 0, 2, lambda f: [*f[:2], ["items.0.size", "1"], *f[2:]]), "P-7"),
        ("card-manager", "a name of another group", change(3, 0, 2, 1, 0, "card.number"), "P-6"),
        ("card-manager", "a name that is none", change(3, 0, 2, 1, 0, "items.A"), "P-1"),
        ("card-manager", "a field without its value", change(3, 0, 2, 0, ["amount.due"]), "P-1"),
        ("card-manager", "a group without its salt", change(3, 0, 1, None), "P-1"),
        ("card-manager", "another version", change(0, "polyseal/2"), "P-1"),
        ("card-manager", "companions", change(4, bytes(32)), "P-10"),
        ("card-manager", "a revision", change(5, 0), "P-10"),
        ("card-manager", "no token", change(6, None), "P-10"),
        ("card-manager", "another token", change(6, flip), "P-10"),
        ("delivery-service", "a token", change(6, bytes(32)), "P-10"),
        ("delivery-service", "companions", change(4, bytes(32)), "P-10"),
        ("seller", "no companions", change(4, None), "P-10"), ("seller", "no revision", change(5, None), "P-10"),
        ("seller", "a token", change(6, bytes(32)), "P-10"),
        ("seller", "the largest revision", change(5, (1 << 64) - 1), None),
        ("seller", "other companions", change(4, flip), "E-5"),
    ):
        yield f"{role}: {comment}", part(Order(opening=only(role, spoil)), role), rule
    order = Order()
    every = change(2, [[each, salt] for each, salt in zip(order.recipients, order.salts)])
    for role in ("card-manager", "delivery-service"):
        yield f"{role}: all entries", part(Order(opening=only(role, every)), role), "P-9"
    yield "for another reader", {**part(order, "card-manager"), "identifier": b"x".hex()}, "P-5"


def sees(**groups):
    """Recipients that see other groups: seller, manager, delivery."""
    def apply(recipients):
        wanted = [groups.get(name, each[3]) for name, each in zip(("seller", "manager", "delivery"), recipients)]
        return [[*each[:3], indices] for each, indices in zip(recipients, wanted)]
    return apply


def orders():
    """Openings that agree with their header, which is made wrongly."""
    for role, comment, order, rule in (
        ("seller", "two recipients of one identifier", Order(recipients=change(2, 1, IDS["card-manager"])), "P-3"),
        ("seller", "the sender as a recipient", Order(header=change(2, IDS["delivery-service"])), "P-3"),
        ("seller", "indices that do not ascend", Order(recipients=change(2, 3, lambda g: g[::-1])), "P-4"),
        ("seller", "an index twice", Order(recipients=change(2, 3, lambda g: [g[0], *g])), "P-4"),
        ("seller", "an index beyond the groups", Order(recipients=change(2, 3, lambda g: [*g, 4])), "P-4"),
        ("seller", "its release is direct", Order(recipients=change(0, 2, 0)), "P-11"),
        ("seller", "a recipient on receipt before it", Order(form=[FORM[1], FORM[0], FORM[2]]), "E-2"),
        ("seller", "nobody approves", Order(form=[FORM[0], FORM[2]]), "E-2"),
        ("seller", "the card manager is on approval", Order(recipients=change(1, 2, 2)), "E-2"),
        ("card-manager", "the seller's release is direct", Order(recipients=change(0, 2, 0)), "P-9"),
        ("seller", "a group that nobody reads", Order(recipients=sees(manager=[0])), "E-3"),
        ("seller", "two groups of the same readers", Order(recipients=sees(manager=[0, 1, 3], delivery=[2])), "E-3"),
        ("card-manager", "a name below another", Order(fields=[*FIELDS, ["items.0", ""]]), "P-6"),
        ("card-manager", "a longer segment is no conflict", Order(fields=[*FIELDS, ["items.0-", ""]]), None),
        ("card-manager", "an order with a name in another group",
         Order(groups=change(0, 1, lambda f: [*f[:1], FIELDS[2], *f[1:]])), "P-6"),
        ("card-manager", "a name that no selector selects",
         Order(groups=change(0, 1, lambda f: [*f, ["z", ""]])), "P-6"),
        ("card-manager", "an order with names out of order", Order(groups=change(0, 1, lambda f: f[::-1])), "P-6"),
        ("card-manager", "groups without fields", Order(fields=FIELDS[:1]), None),
    ):
        yield f"{role}: {comment}", part(order, role), rule


def amounts():
    for role, comment, order, rule in (
        ("seller", "the card manager does not see it", Order(recipients=sees(manager=[1])), "E-7"),
        ("card-manager", "an amount that is none", Order(fields=[["amount.due", "59,80 EUR"], *FIELDS[1:]]), "E-7"),
        ("seller", "an amount that is none", Order(fields=[["amount.due", "59,80 EUR"], *FIELDS[1:]]), "E-7"),
        ("card-manager", "the seller does not see it", Order(recipients=sees(seller=[3])), "E-7"),
        ("card-manager", "the field is missing", Order(fields=FIELDS[1:]), "E-7"),
        ("seller", "the field is missing", Order(fields=FIELDS[1:]), "E-7"),
        ("seller", "no selector of that name",
         Order(form=[[*each[:3], [s.replace("due", "*") for s in each[3]]] for each in FORM]), "E-7"),
        ("delivery-service", "it is not asked for by others", Order(fields=FIELDS[1:]), None),
    ):
        yield f"{role}: {comment}", part(order, role), rule


def forms():
    form = form_item().hex()
    without = [field for field in FIELDS if field[0] != "payment.type"]
    yield "by its form", part(Order(), "seller", form=form), None
    yield "another division, which no form gives", part(Order(recipients=sees(manager=[0, 1, 3])), "seller"), None
    yield "the same, checked against a form", part(Order(recipients=sees(manager=[0, 1, 3])), "seller", form=form), "E-8"
    for comment, other in (
        ("a recipient less than the form", [*FORM, ["other", None, 2, FORM[2][3]]]),
        ("another release", [*FORM[:2], [*FORM[2][:2], 1, FORM[2][3]]]),
        ("another identifier than the form names", [*FORM[:2], [FORM[2][0], b"x", *FORM[2][2:]]]),
        ("recipients in another order", [FORM[0], FORM[2], FORM[1]]),
        ("another selector", [[*each[:3], [s.replace("items.*", "items.0.*") for s in each[3]]] for each in FORM]),
    ):
        yield comment, part(Order(), "seller", form=form_item(other).hex()), "E-8"
    named = [[role, IDS[role], *more] for role, _, *more in FORM]
    yield "the identifiers that the form names", part(Order(), "seller", form=form_item(named).hex()), None
    yield "a required field is missing", part(Order(fields=without), "seller", form=form), "E-8"
    yield "the same without a form", part(Order(fields=without), "seller"), None


def limits():
    from .samples_forms import filled
    for size, rule in ((262144, None), (262145, "P-8")):
        fields = [field for field in filled(size) if field[0] not in ("card.number", "destination.address")]
        lost = sum(len(name) + len(value) for name, value in FIELDS if name in ("card.number", "destination.address"))
        fields = [*fields, ["items.4", "a" * (lost - 7)]]
        yield f"{size} bytes of names and values", part(Order(fields=fields), "card-manager"), rule
    noted = [FORM[0], [*FORM[1][:3], ["amount.due", "card.number", "items.*", "notes.*", "payment.type"]], FORM[2]]
    for more, rule in ((0, None), (1, "P-8")):
        fields = [*FIELDS, *([f"{stem}.2.{i}", ""] for i in range(2045) for stem in ("items", "notes")),
                  *[["notes.3", ""]] * more]
        order = Order(form=noted, fields=[*fields, ["notes.4", ""]])
        yield f"{4096 + more} fields in all groups", part(order, "card-manager"), rule


GROUPS = [("headers", "read", headers), ("headers", "make", made), ("parts", "way", ways),
          ("parts", "opening", openings),
          ("parts", "order", orders), ("parts", "amount", amounts), ("parts", "form", forms),
          ("parts", "limit", limits)]
