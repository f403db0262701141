"""Samples for the self-test: headers and openings, and what changes one place of them."""

import copy

from . import cbor
from .world import DAY, FIELDS, FORM, HOUR, IDS, NOW, Order, bytes_of, form_item

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
        ("accept before issue", change(4, NOW - 1), "G-1"), ("deliver before accept", change(5, NOW), "G-1"),
        ("settle before deliver", change(6, TIMES[2] - 1), "G-1"), ("equal", change(4, NOW), None),
        ("a role twice", change(8, 0, 0, "card-manager"), "G-2"),
        ("card-holder", change(8, 0, 0, "card-holder"), "G-2"),
        ("groups", change(9, lambda groups: groups[::-1]), "G-3"),
        ("selectors", change(9, 0, 0, lambda s: [s[0], s[2], s[1]]), "G-3"),
        ("256 selectors", change(9, 3, 0, [f"x{i:03}" for i in range(251)]), None),
        ("257 selectors", change(9, 3, 0, [f"x{i:03}" for i in range(252)]), "G-4"),
        ("optional", change(9, 1, 0, 0, "card.number?"), "B-2"),
        ("conflict", change(9, 1, 0, ["amount.due.x"]), "G-4"),
        ("conflict of prefixes", change(9, 1, 0, ["items"]), "G-3"),
        ("no conflict", change(9, 1, 0, ["amount.due-x"]), None),
        ("empty group", change(9, 0, 0, []), "B-2"), ("the year 10000", change(6, 253402300800), "B-2"),
        ("no groups", change(9, []), "B-2"), ("a nonce", lambda item: item + [bytes(32)], "B-2"),
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
        yield "parts", "way", part(Order(), "card-manager", way), None if way == "envelope" else "P-11"
    for role, comment, function, rule in (
        ("seller", "entries in another order", change(2, lambda e: e[::-1]), "P-2"),
        ("seller", "not all", change(2, lambda e: e[:2]), "P-9"),
        ("card-manager", "the seller's is missing", change(2, lambda e: e[1:]), "P-9"),
        ("card-manager", "entries in another order", change(2, lambda e: e[::-1]), "P-2"),
        ("card-manager", "its own is missing", change(2, lambda e: e[:1]), "P-5"),
        ("card-manager", "commitment", change(2, 1, 1, flip), "P-2"),
        ("card-manager", "another identifier", change(2, 1, 0, 1, b"x"), "P-2"),
        ("card-manager", "groups", change(3, lambda g: g[:1]), "P-5"),
        ("card-manager", "order of groups", change(3, lambda g: g[::-1]), "P-5"),
        ("card-manager", "order of names", change(3, 0, 2, lambda f: f[::-1]), "P-6"),
        ("card-manager", "value", change(3, 0, 2, 0, 1, "58.80 EUR"), "P-7"),
        ("card-manager", "salt", change(3, 0, 1, flip), "P-7"),
        ("card-manager", "one field less", change(3, 0, 2, lambda f: f[:-1]), "P-7"),
        ("card-manager", "no selector", change(3, 0, 2, 1, 0, "card.number"), "P-6"),
        ("card-manager", "no name", change(3, 0, 2, 1, 0, "items.A"), "P-1"),
        ("card-manager", "companions", change(4, bytes(32)), "P-10"),
        ("card-manager", "revision", change(5, 0), "P-10"),
        ("card-manager", "no token", change(6, None), "P-10"),
        ("card-manager", "another token", change(6, flip), "P-10"),
        ("delivery-service", "token", change(6, bytes(32)), "P-10"),
        ("seller", "no companions", change(4, None), "P-10"),
        ("seller", "no revision", change(5, None), "P-10"),
        ("seller", "companions differ", change(4, flip), "E-5"),
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
        ("seller", "identifiers", Order(recipients=change(2, 1, IDS["card-manager"])), "P-3"),
        ("seller", "an entry of the sender", Order(header=change(2, IDS["delivery-service"])), "P-3"),
        ("seller", "indices", Order(recipients=change(2, 3, lambda g: g[::-1])), "P-4"),
        ("seller", "range", Order(recipients=change(2, 3, lambda g: [*g, 4])), "P-4"),
        ("seller", "release", Order(recipients=change(0, 2, 0)), "P-11"),
        ("seller", "nobody approves", Order(form=[FORM[0], FORM[2]]), "E-2"),
        ("card-manager", "release of the seller", Order(recipients=change(0, 2, 0)), "P-9"),
        ("seller", "a group without a reader", Order(recipients=sees(manager=[0])), "E-3"),
        ("seller", "two groups of one audience", Order(recipients=sees(manager=[0, 1, 3], delivery=[2])), "E-3"),
        ("seller", "not by a form", Order(recipients=sees(manager=[0, 1, 3])), None),
        ("seller", "the manager does not see the amount", Order(recipients=sees(manager=[1])), "E-7"),
        ("card-manager", "amount", Order(fields=[["amount.due", "59,80 EUR"], *FIELDS[1:]]), "E-7"),
        ("card-manager", "the seller does not see the amount", Order(recipients=sees(seller=[3])), "E-7"),
        ("card-manager", "no amount", Order(fields=FIELDS[1:]), "E-7"),
        ("card-manager", "conflict", Order(fields=[*FIELDS, ["items.0", ""]]), "P-6"),
        ("card-manager", "no conflict", Order(fields=[*FIELDS, ["items.0-", ""]]), None),
        ("card-manager", "empty groups", Order(fields=FIELDS[:1]), None),
        ("seller", "required", Order(fields=without), None),
        ("card-manager", "a name of another group", Order(groups=change(0, 1, lambda f: [*f[:1], FIELDS[2], *f[1:]])),
         "P-6"),
        ("card-manager", "names out of order", Order(groups=change(0, 1, lambda f: f[::-1])), "P-6"),
        ("seller", "alone", Order(form=[FORM[0]]), None),
    ):
        yield "parts", comment, part(order, role, ways[role]), rule
    order = Order()
    every = change(2, [[r, salt] for r, salt in zip(order.recipients, order.salts)])
    yield "parts", "one entry too many", part(Order(opening=only("card-manager", every)), "card-manager", "relay"), "P-9"
    yield "parts", "not by its form", part(Order(recipients=sees(manager=[0, 1, 3])), "seller", "envelope", form), "E-8"
    for comment, other in (
        ("more recipients", [*FORM, ["other", None, 2, FORM[2][3]]]),
        ("another release", [*FORM[:2], [*FORM[2][:2], 1, FORM[2][3]]]),
        ("another identifier", [*FORM[:2], [FORM[2][0], b"x", *FORM[2][2:]]]),
        ("another selector", [[*each[:3], [s.replace("items.*", "items.0.*") for s in each[3]]] for each in FORM]),
    ):
        yield "parts", comment, part(Order(), "seller", "envelope", form_item(other).hex()), "E-8"
    named = [[role, IDS[role], *more] for role, _, *more in FORM]
    yield "parts", "named identifiers", part(Order(), "seller", "envelope", form_item(named).hex()), None
    large = Order(fields=[*FIELDS, *([f"items.2.{i}", "a" * 16000] for i in range(17))])
    yield "parts", "names and values", part(large, "card-manager", "relay"), "P-8"
    noted = [FORM[0], [*FORM[1][:3], ["amount.due", "card.number", "items.*", "notes.*", "payment.type"]], FORM[2]]
    several = Order(form=noted, fields=[*FIELDS, *([f"{s}.2.{i}", ""] for i in range(2047) for s in ("items", "notes"))])
    yield "parts", "fields", part(several, "card-manager", "relay"), "P-8"
    yield "parts", "required", part(Order(fields=without), "seller", "envelope", form), "E-8"


def samples():
    yield from headers()
    yield from parts()
