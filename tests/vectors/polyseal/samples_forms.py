"""Samples: names, selectors and amounts; forms, and orders that they split: (comment, input, None or the rule)."""

from .spoiling import Holds
from .world import FIELDS, FORM, IDS, form_item

B = IDS["seller"]


def tests_of(op, member, found, must="B-2"):
    for comment, text, good in found:
        yield f"{op}: {comment}", {"op": op, member: text}, None if good else must


def names():
    yield from tests_of("name", "name", (
        ("one character", "a", 1), ("a role", "card-holder", 1), ("dots anywhere", ".a..b.", 1),
        ("digits, `_` and `-`", "0_-", 1),
        ("64 characters", "x" * 64, 1), ("65 characters", "x" * 65, 0), ("empty", "", 0), ("a capital", "A", 0),
        ("a line break at the end", "a\n", 0), ("a letter beyond ASCII", "é", 0)))
    yield from tests_of("field-name", "name", (
        ("one character", "a", 1), ("two segments", "a.b", 1), ("a number as a segment", "items.3.sku", 1),
        ("`_` and `-`", "a_b-c", 1), ("128 characters", "x" * 128, 1), ("129 characters", "x" * 129, 0),
        ("empty", "", 0),
        ("a dot alone", ".", 0), ("a dot at the end", "a.", 0), ("a dot at the start", ".a", 0),
        ("an empty segment", "a..b", 0), ("a capital", "A", 0), ("a space", "a b", 0),
        ("a letter beyond ASCII", "é", 0),
        ("a digit beyond ASCII", "\u0661", 0), ("a prefix is no name", "a.*", 0), ("`?`", "a?", 0),
        ("a line break at the end", "a\n", 0)))


def selectors():
    yield from tests_of("selector", "selector", (
        ("exact", "a", 1), ("a prefix", "a.*", 1), ("`*` alone", "*", 0), ("`*` in a segment", "a*", 0),
        ("a prefix of nothing", ".*", 0), ("`*` twice", "a.*.*", 0), ("`*` in the middle", "a.*.b", 0),
        ("a prefix of 128 characters, with `.*`", "x" * 126 + ".*", 1),
        ("a prefix of 129 characters, with `.*`", "x" * 127 + ".*", 0), ("`?` in a header", "a?", 0)))
    yield from tests_of("form-selector", "selector", (
        ("exact", "a", 1), ("optional", "a?", 1), ("a prefix", "a.*", 1), ("an optional prefix", "a.*?", 0),
        ("`?` twice", "a??", 0), ("`?` alone", "?", 0), ("128 characters and `?`", "x" * 128 + "?", 1),
        ("129 characters and `?`", "x" * 129 + "?", 0)))


def matches():
    for comment, selector, name in (
        ("a prefix, and its own name", "a.*", "a"), ("a prefix, and a segment below", "a.*", "a.b"),
        ("a prefix, and two segments below", "a.*", "a.b.c"), ("a prefix, and a longer segment", "a.*", "ab"),
        ("a prefix, and below a longer segment", "a.*", "ab.c"), ("a name, and itself", "a", "a"),
        ("a name, and below", "a", "a.b"), ("a longer prefix, and its own name", "a.b.*", "a.b"),
        ("a longer prefix, and beside", "a.b.*", "a.c"),
    ):
        yield comment, {"op": "matches", "selector": selector, "name": name}, None


def conflicts():
    for comment, found in (
        ("two names", ["a", "b"]), ("one name twice", ["a", "a"]), ("a name below another", ["a", "a.b"]),
        ("a prefix and its own name", ["a.*", "a"]), ("a longer segment", ["a", "ab"]),
        ("another name between, in order of text", ["a.b", "a-b", "a.b.c"]),
        ("`-` sorts before `.`", ["a", "a-b", "a.b"]), ("a longer last segment", ["a.b", "a.b-c"]),
        ("a longer first segment", ["items.*", "items-x.a"]), ("a name below its prefix", ["a.b.c", "a.b.*"]),
        ("singular and plural", ["item", "items.*"]), ("one prefix below another", ["a.*", "a.b.*"]),
    ):
        yield comment, {"op": "conflict", "names": found}, None


def amounts():
    yield from tests_of("amount", "amount", (
        ("nothing", "0 EUR", 1), ("no decimals", "12 EUR", 1), ("the scale counts", "12.00 EUR", 1),
        ("four decimals", "0.0001 EUR", 1), ("five decimals", "12.00000 EUR", 0), ("a leading zero", "012 EUR", 0),
        ("a minus", "-1 EUR", 0), ("a plus", "+1 EUR", 0), ("no space", "1EUR", 0), ("two spaces", "1  EUR", 0),
        ("small letters", "1 eur", 0), ("a point without decimals", "1. EUR", 0), ("decimals alone", ".5 EUR", 0),
        ("four letters", "1 EURO", 0), ("two letters", "1 EU", 0), ("a comma", "1,5 EUR", 0),
        ("18 digits", "9" * 18 + " EUR", 1),
        ("19 digits", "9" * 19 + " EUR", 0), ("18 digits, four of them decimals", "9" * 14 + ".9999 EUR", 1),
        ("19 digits, four of them decimals", "9" * 15 + ".9999 EUR", 0), ("a digit beyond ASCII", "\u0661 EUR", 0),
        ("a line break at the end", "1 EUR\n", 0), ("no currency", "0", 0), ("two zeros", "00 EUR", 0),
        ("a zero at the end", "0.10 EUR", 1), ("an empty text", "", 0), ("an exponent", "1e3 EUR", 0)), "W-1")


def entry(who, **change):
    """The form with one entry changed: release, selectors, identifier, role."""
    places = {"role": 0, "identifier": 1, "release": 2, "selectors": 3}
    form = [list(each) for each in FORM]
    for each in form:
        if each[0] == who:
            for name, value in change.items():
                each[places[name]] = value
    return form


def many_groups(count):
    """A form of so many audiences: the bits of a number say who sees the selector of that number."""
    readers = [["seller", None, 1, ["amount.due"]], *([f"r{i}", None, 1, []] for i in range((count - 1).bit_length()))]
    for k in range(1, count):
        for i, each in enumerate(readers[1:]):
            if k >> i & 1:
                each[3].append(f"x{k:03}")
    return readers


def many_selectors(count):
    """A form of so many different selectors."""
    others = len({each.rstrip("?") for _, _, _, selectors in FORM[1:] for each in selectors})
    return entry("seller", selectors=["amount.due", *(f"b{i:03}" for i in range(count - others))])


SELLER, MANAGER, DELIVERY = FORM


def rules():
    for comment, form, rule in (
        ("three recipients, four groups", FORM, None), ("the seller alone", [SELLER], None),
        ("a direct card manager before the seller", [entry("card-manager", release=0)[1], SELLER, DELIVERY], None),
        ("a direct card manager after the seller", entry("card-manager", release=0), None),
        ("no seller", [MANAGER, DELIVERY], "F-2"), ("a role twice", [SELLER, SELLER], "F-1"),
        ("a recipient `card-holder`", entry("delivery-service", role="card-holder"), "F-1"),
        ("one identifier twice", [entry("seller", identifier=B)[0], MANAGER,
                                  entry("delivery-service", identifier=B)[2]],
         "F-1"),
        ("two identifiers", [entry("seller", identifier=B)[0], MANAGER, entry("delivery-service", identifier=b"x")[2]],
         None),
        ("a direct seller", entry("seller", release=0), "F-2"),
        ("a seller on approval", entry("seller", release=2), "F-2"),
        ("a recipient on receipt before the seller", [MANAGER, SELLER, DELIVERY], "F-2"),
        ("a card manager on approval", entry("card-manager", release=2), "F-3"),
        ("a recipient on approval, and no card manager", [SELLER, DELIVERY], "F-3"),
        ("a recipient on receipt, and no card manager", [SELLER, entry("delivery-service", release=1)[2]], None),
        ("selectors that do not ascend", entry("delivery-service", selectors=["holder.fax?", "destination.address"]),
         "B-2"),
        ("selectors that ascend without their `?`", entry("delivery-service", selectors=["a?", "a-b", "b"]), None),
        ("selectors that ascend with their `?` alone", entry("delivery-service", selectors=["a-b", "a?", "b"]), "B-2"),
        ("a prefix of one recipient, and a name below it of another",
         entry("delivery-service", selectors=["items.0.name"]), "F-4"),
        ("optional for one recipient alone", entry("delivery-service", selectors=["holder.fax"]), "F-4"),
        ("an optional prefix", entry("delivery-service", selectors=["holder.*?"]), "B-2"),
        ("one selector twice, once optional", entry("delivery-service", selectors=["holder.fax", "holder.fax?"]),
         "B-2"),
        ("no amount for the seller", entry("seller", selectors=["items.*"]), "F-6"),
        ("no amount for the card manager", entry("card-manager", selectors=["card.number"]), "F-6"),
        ("an optional amount", [[*each[:3], [s.replace("due", "due?") for s in each[3]]] for each in FORM], "F-6"),
        ("the amount by a prefix", [[*each[:3], [s.replace("due", "*") for s in each[3]]] for each in FORM], "F-6"),
    ):
        yield comment, {"op": "groups", "form": form_item(form).hex()}, rule


def limits():
    sixteen = [*FORM, *([f"r{i}", None, 2, ["holder.fax?"]] for i in range(13))]
    wide = [f"b{i:03}" for i in range(256)]
    for comment, form, rule in (
        ("16 recipients", sixteen, None), ("17 recipients", [*sixteen, ["r13", None, 2, ["holder.fax?"]]], "B-3"),
        ("no recipient", [], "B-2"), ("a recipient without selectors", entry("delivery-service", selectors=[]), "B-2"),
        ("256 different selectors", many_selectors(256), None), ("257 different selectors", many_selectors(257), "F-5"),
        ("256 selectors of one recipient", [[*SELLER[:3], ["amount.due", *wide[:255]]]], None),
        ("257 selectors of one recipient", [[*SELLER[:3], ["amount.due", *wide]]], "B-3"),
        ("64 groups", many_groups(64), None), ("65 groups", many_groups(65), "F-5"),
        ("a release that there is not", entry("delivery-service", release=3), "B-2"),
        ("a selector that is none", entry("delivery-service", selectors=["*"]), "B-2"),
        ("an identifier of 513 bytes", entry("seller", identifier=b"a" * 513), "B-3"),
        ("an identifier of no bytes", entry("seller", identifier=b""), "B-3"),
    ):
        yield comment, {"op": "groups", "form": form_item(form).hex()}, rule


def filled(size):
    """An order whose names and values have so many bytes together."""
    more = [[f"items.2.{i:03}", "a" * 16384] for i in range(15)]
    left = size - sum(len(name) + len(value) for name, value in [*FIELDS, *more])
    return [*FIELDS, *more, ["items.3", "a" * (left - 7)]]


def splits():
    for comment, fields, rule in (
        ("what is required", FIELDS, None), ("in any order", FIELDS[::-1], None),
        ("with an optional field", [*FIELDS, ["holder.fax", "1"]], None),
        ("a required field is missing", FIELDS[:2] + FIELDS[3:], "W-1"),
        ("a field that nobody reads is left out", [*FIELDS, ["x", ""]], Holds("W-1")),
        ("nothing below a prefix", FIELDS[:3] + FIELDS[5:], None),
        ("an empty value", change_value("payment.type", ""), None),
        ("an amount that is none", change_value("amount.due", "1"), "W-1"),
        ("a name below another", [*FIELDS, ["items.0", ""]], "W-1"), ("a name twice", [*FIELDS, FIELDS[3]], "W-1"),
        ("a value of 16,384 bytes", [*FIELDS, ["items.2", "a" * 16384]], None),
        ("a value of 16,385 bytes", [*FIELDS, ["items.2", "a" * 16385]], "W-1"),
        ("262,144 bytes of names and values", filled(262144), None),
        ("262,145 bytes of names and values", filled(262145), "W-1"),
        ("4,096 fields", [*FIELDS, *([f"items.2.{i}", ""] for i in range(4090))], None),
        ("4,097 fields", [*FIELDS, *([f"items.2.{i}", ""] for i in range(4091))], "W-1"),
        ("a name that is none", [*FIELDS, ["items.A", ""]], "W-1"),
    ):
        yield comment, {"op": "split", "form": form_item().hex(), "fields": fields}, rule


def change_value(name, value):
    return [[found, value if found == name else was] for found, was in FIELDS]


def policies():
    for comment, form, rule in (
        ("all that the policy allows to these", FORM, None),
        ("a direct card manager", entry("card-manager", release=0), None),
        ("the card's number for the seller", entry("seller", selectors=["amount.due", "card.number"]), "F-7"),
        ("a role that the policy does not name", [*FORM, ["other", None, 2, ["holder.name"]]], "F-7"),
        ("another release", entry("delivery-service", release=1), "F-7"),
        ("a prefix below an allowed one", [entry("seller", selectors=["amount.due", "items.sku.*"])[0]], None),
        ("a name below an allowed prefix", [entry("seller", selectors=["amount.due", "items.sku"])[0]], None),
        ("text that begins like an allowed prefix", [entry("seller", selectors=["amount.due", "items-sku.*"])[0]],
         "F-7"),
        ("a prefix above allowed names", [entry("seller", selectors=["amount.due", "item.*"])[0]], "F-7"),
    ):
        yield comment, {"op": "confine", "form": form_item(form).hex()}, rule
    named = form_item(entry("seller", identifier=B)).hex()
    for comment, card_holder, manager, rule in (
        ("all identifiers different", b"x", b"y", None), ("the card holder as a recipient of the form", B, b"y", "F-8"),
        ("a recipient chosen twice", b"x", B, "F-8"), ("the card holder chosen as a recipient", b"x", b"x", "F-8"),
    ):
        yield comment, {"op": "confine", "form": named, "card_holder": card_holder.hex(),
                        "chosen": {"card-manager": manager.hex()}}, rule


GROUPS = [("names", "name", names), ("names", "selector", selectors), ("names", "match", matches),
          ("names", "conflict", conflicts), ("names", "amount", amounts), ("forms", "rule", rules),
          ("forms", "limit", limits), ("forms", "split", splits), ("forms", "policy", policies)]
