"""Samples for the self-test, from points to forms: (file, comment, input, None or the rule that refuses)."""

from . import base, cbor, domains, export, polynomial, sealing
from .world import DOMAIN, EPOCH, FORM, IDS, SEED, Order, bytes_of, form_item

A, B = IDS["card-holder"], IDS["seller"]
JOINT = ["cards.example", ["east.example", "west.example"], EPOCH, 0, 1]
COHORTS = ["cards.example", ["cards.example"], EPOCH, 3, 4]
MEETING = ["cards.example", ["cards.example"], EPOCH, None, 4]


def item(value):
    return cbor.encode(value).hex()


def keys():
    for domain in (DOMAIN, COHORTS, MEETING, JOINT):
        yield "points", "a point", {"domain": item(domain), "identifier": A.hex()}, None
    yield "points", "the longest identifier", {"domain": item(DOMAIN), "identifier": "61" * 512}, None
    yield "points", "too long", {"domain": item(DOMAIN), "identifier": "61" * 513}, "B-3"
    yield "points", "empty", {"domain": item(DOMAIN), "identifier": ""}, "B-3"
    for comment, domain in bad_domains():
        yield "points", comment, {"domain": item(domain), "identifier": A.hex()}, "B-2"
    for threshold in (1, 2, 9):
        yield "shares", "shares", {"domain": item(DOMAIN), "issuer": "cards.example", "threshold": threshold,
                                   "seed": SEED.hex(), "identifiers": [A.hex(), B.hex()]}, None
    authorities = [{"issuer": each, "seed": bytes_of(each).hex()} for each in JOINT[1]]
    yield "joint", "two issuers", {"op": "issue", "domain": item(JOINT), "threshold": 2, "authorities": authorities,
                                   "identifiers": [A.hex(), B.hex()], "challenge": "90" * 32}, None
    yield from combined(authorities)
    others = [{**authorities[0], "issuer": "x"}, authorities[1]]
    yield "joint", "another issuer", {"op": "issue", "domain": item(JOINT), "threshold": 2, "authorities": others,
                                      "identifiers": [A.hex(), B.hex()], "challenge": "90" * 32}, "S-3"
    yield "shares", "another issuer", {"domain": item(DOMAIN), "issuer": "x", "threshold": 1, "seed": SEED.hex(),
                                       "identifiers": [A.hex(), B.hex()]}, "S-3"
    yield "shares", "threshold", {"domain": item(DOMAIN), "issuer": "cards.example", "threshold": 0, "seed": SEED.hex(),
                                  "identifiers": [A.hex(), B.hex()]}, "B-2"
    yield from roots()
    for i in range(6):
        yield "roots", "a cohort", {"op": "cohort", "label": "cards.example", "cohorts": 3 ** i, "identifier": A.hex()}, None
    yield "identifiers", "attributes", {"attributes": [["name", "Ada"], ["town", "Testville"]]}, None
    yield "identifiers", "order", {"attributes": [["town", "Testville"], ["name", "Ada"]]}, "I-2"
    yield "identifiers", "twice", {"attributes": [["name", "Ada"], ["name", "Bob"]]}, "I-2"
    yield "identifiers", "none", {"attributes": []}, "I-2"
    yield "identifiers", "too long", {"attributes": [["name", "a" * 500]]}, "I-2"


def roots():
    root = ["cards.example", "cards.example", 7, SEED]
    for comment, changes, rule in (("a root", {}, None), ("another label", {0: "x"}, "N-4"),
                                   ("another issuer", {1: "x"}, "N-4"), ("another number", {2: 8}, "N-4")):
        found = [changes.get(i, each) for i, each in enumerate(root)]
        yield "roots", comment, {"op": "seed", "root": export.write_export("root", found).hex(),
                                 "domain": item(COHORTS)}, rule
    for number in (7, (1 << 64) - 2, (1 << 64) - 1):
        found = export.write_export("root", [*root[:2], number, SEED]).hex()
        yield "roots", "the next", {"op": "next", "root": found}, "N-4" if number == (1 << 64) - 1 else None


def bad_domains():
    label, issuers, epoch, _, _ = DOMAIN
    yield "null with one cohort", [label, issuers, epoch, None, 1]
    yield "no such cohort", [label, issuers, epoch, 4, 4]
    yield "no time", [label, issuers, [7, 5, 5], 0, 1]
    yield "issuers", [label, ["b", "a"], epoch, 0, 1]
    yield "issuers twice", [label, ["a", "a"], epoch, 0, 1]


def combined(authorities):
    def contribution(issuer, who=A, threshold=2, domain=JOINT):
        seed = [bytes.fromhex(each["seed"]) for each in authorities if each["issuer"] == issuer][0]
        lanes = polynomial.master(seed, domain, issuer, threshold)
        return polynomial.write_contribution(domain, issuer, who, polynomial.issue(lanes, domain, who)).hex()
    east, west = contribution("east.example"), contribution("west.example")
    for comment, found, rule in (
        ("both", [east, west], None), ("the other order", [west, east], None), ("one", [east], "N-5"),
        ("one twice", [east, east], "N-5"), ("thresholds", [east, contribution("west.example", threshold=3)], "N-5"),
        ("identities", [east, contribution("west.example", who=B)], "N-5"),
    ):
        yield "joint", comment, {"op": "combine", "contributions": found}, rule


def encodings():
    for data in ("00", "17", "1818", "190100", "1a00010000", "1b0000000100000000", "1bffffffffffffffff", "40", "60",
                 "80", "f6", "83f60140", "63e282ac", "5818" + "00" * 24):
        yield "encoding", "an item", {"as": "item", "bytes": data}, None
    for data in ("", "1817", "1900ff", "1a0000ffff", "1b00000000ffffffff", "20", "5f4100ff", "9f00ff", "a0", "c000",
                 "f4", "f5", "f7", "f90000", "e0", "61ff", "62c080", "63eda080", "0000", "4200", "8200", "f8f6", "1c",
                 "580100", "9b00000001000000ff", "5bffffffffffffffff"):
        yield "encoding", "no item", {"as": "item", "bytes": data}, "B-1"
    yield "encoding", "a domain", {"as": "domain", "bytes": item(DOMAIN)}, None
    yield "encoding", "another message", {"as": "relay", "bytes": Order().envelope().hex()}, "B-2"
    yield "encoding", "an envelope", {"as": "envelope", "bytes": Order().envelope().hex()}, None
    yield "encoding", "a form", {"as": "form", "bytes": form_item().hex()}, None
    token = bytes_of("t")
    for value, rule in (([5, token, None], None), ([5, None, "no"], None), ([5, None, None], "B-2"),
                        ([5, token, "no"], "B-2"), ([5, "no"], "B-2"), ([5, None, "n" * 257], "B-2"), ([5, None, ""], None)):
        yield "encoding", "a verdict", {"as": "verdict", "bytes": item([base.VERSION, "verdict", *value])}, rule


def seals():
    shared = {"key": bytes_of("k").hex(), "sender": A.hex(), "receiver": B.hex(), "digest": bytes_of("d").hex(),
              "sender_role": "card-holder", "receiver_role": "seller", "step": 0, "token": None}
    made = {"key_id": domains.key_id(DOMAIN).hex(), "salt": bytes_of("s").hex()}
    for purpose in ("part", "relay", "dispatch", "authorization", "receipt", "handshake"):
        for n in (0, 511, 512, 1023, 1024, 2047, 2048, 4095, 4096, 5000):
            yield "sealing", "seal", {"op": "seal", **shared, **made, "purpose": purpose,
                                      "plaintext": {"repeat": "61", "times": n}}, None
    yield "sealing", "a token", {"op": "seal", **shared, **made, "purpose": "part", "plaintext": "00",
                                 "token": bytes_of("t").hex()}, None
    yield "sealing", "a session", {"op": "seal", **shared, **made, "purpose": "relay", "plaintext": "00",
                                   "session": bytes_of("t").hex()}, None
    yield from hedged(shared, made)
    yield "sealing", "a step", {"op": "seal", **shared, **made, "purpose": "handshake", "step": 3, "plaintext": "80"}, None
    yield from opens(shared, made)
    for n in (0, 511, 512, 4095, 4096, 4097, 4223, 4224, 8191, 8192, 65535, 65536, 262143, 262144, 327679, 327680):
        for purpose in ("part", "relay"):
            yield "sealing", "padding", {"op": "padding", "purpose": purpose, "length": n}, (
                "B-3" if n == 327680 else None)


def hedged(shared, made):
    """Salts as the library makes them."""
    dk = sealing.directional_key(bytes.fromhex(shared["key"]), A, B)
    fresh, digest = bytes_of("fresh"), bytes.fromhex(shared["digest"])
    for purpose, companions, revision in (("part", None, None), ("part", bytes_of("c"), 3), ("relay", None, None)):
        header = sealing.Header(purpose, 0, digest, "card-holder", "seller")
        content = [companions, revision] if purpose == "part" else [b"hello"]
        yield "sealing", "a salt", {
            "op": "seal", **shared, **made, "purpose": purpose, "plaintext": b"hello".hex(), "fresh": fresh.hex(),
            "salt": sealing.hedged_salt(dk, fresh, header, content).hex(), "revision": revision,
            "companions": companions and companions.hex()}, None


def opens(shared, made):

    def sealed(purpose="part", pad=None, **more):
        given = {**shared, "purpose": purpose, **more}
        header = sealing.Header(purpose, given["step"], bytes.fromhex(given["digest"]), given["sender_role"],
                                given["receiver_role"], given["token"] and bytes.fromhex(given["token"]))
        kept, sealing.pad = sealing.pad, pad or sealing.pad
        try:
            return item(sealing.seal(bytes.fromhex(given["key"]), A, B, header, bytes.fromhex(made["salt"]),
                                     bytes.fromhex(made["key_id"]), b"hello"))
        finally:
            sealing.pad = kept
    good = {"op": "open", **shared, "purpose": "part"}
    yield "sealing", "opens", {**good, "sealed": sealed()}, None
    for change in ({"step": 1}, {"digest": bytes_of("e").hex()}, {"sender_role": "x"}, {"receiver_role": "x"},
                   {"token": bytes_of("t").hex()}, {"purpose": "relay"}, {"key": bytes_of("l").hex()},
                   {"sender": B.hex(), "receiver": A.hex()}):
        yield "sealing", f"other {list(change)}", {**good, "sealed": sealed(), **change}, "O-6"
    flipped = bytearray(bytes.fromhex(sealed()))
    flipped[-1] ^= 1
    spoilt = cbor.decode(bytes.fromhex(sealed()))
    spoilt[2] = bytes(32)
    yield "sealing", "commitment", {**good, "sealed": item(spoilt)}, "O-6"
    yield "sealing", "tag", {**good, "sealed": flipped.hex()}, "O-7"
    for comment, padded in (("512 of a part", b"hello\x80" + bytes(506)), ("no marker", b"hello" + bytes(1019)),
                            ("another marker", b"hello\x81" + bytes(1018)), ("2048", b"hello\x80" + bytes(2042)),
                            ("zeros", bytes(1024))):
        yield "sealing", comment, {**good, "sealed": sealed(pad=lambda *_: padded)}, "O-8"


def names():
    for name, good in (("a", 1), ("a.b", 1), ("items.3.sku", 1), ("a_b-c", 1), ("x" * 128, 1), ("x" * 129, 0), ("", 0),
                       (".", 0), ("a.", 0), (".a", 0), ("a..b", 0), ("A", 0), ("a b", 0), ("é", 0), ("a.*", 0),
                       ("a?", 0), ("a\n", 0)):
        yield "names", "a field name", {"op": "field-name", "name": name}, None if good else "B-2"
    for name, good in (("a", 1), ("a.*", 1), ("*", 0), ("a*", 0), (".*", 0), ("a.*.*", 0), ("a.*.b", 0),
                       ("x" * 126 + ".*", 1), ("x" * 127 + ".*", 0), ("a?", 0)):
        yield "names", "a selector", {"op": "selector", "selector": name}, None if good else "B-2"
    for name, good in (("a", 1), ("a?", 1), ("a.*", 1), ("a.*?", 0), ("a??", 0), ("?", 0), ("x" * 128 + "?", 1)):
        yield "names", "of a form", {"op": "form-selector", "selector": name}, None if good else "B-2"
    for selector, name in (("a.*", "a"), ("a.*", "a.b"), ("a.*", "a.b.c"), ("a.*", "ab"), ("a.*", "ab.c"), ("a", "a"),
                           ("a", "a.b"), ("a.b.*", "a.b"), ("a.b.*", "a.c")):
        yield "names", "matches", {"op": "matches", "selector": selector, "name": name}, None
    for found in (["a", "b"], ["a", "a"], ["a", "a.b"], ["a.*", "a"], ["a", "ab"], ["a.b", "a-b", "a.b.c"], ["a", "a-b", "a.b"],
                  ["a.b", "a.b-c"], ["items.*", "items-x.a"], ["a.b.c", "a.b.*"], ["item", "items.*"]):
        yield "names", "conflict", {"op": "conflict", "names": found}, None
    for amount, good in (("0 EUR", 1), ("12 EUR", 1), ("12.00 EUR", 1), ("0.0001 EUR", 1), ("12.00000 EUR", 0),
                         ("012 EUR", 0), ("-1 EUR", 0), ("+1 EUR", 0), ("1EUR", 0), ("1  EUR", 0), ("1 eur", 0), ("1. EUR", 0),
                         (".5 EUR", 0), ("1 EURO", 0), ("1,5 EUR", 0), ("9" * 18 + " EUR", 1), ("9" * 19 + " EUR", 0),
                         ("9" * 14 + ".9999 EUR", 1), ("9" * 15 + ".9999 EUR", 0), ("١ EUR", 0), ("1 EUR\n", 0), ("0", 0), ("00 EUR", 0),
                         ("0.10 EUR", 1), ("", 0)):
        yield "names", "an amount", {"op": "amount", "amount": amount}, None if good else "W-1"
    for name, good in (("a", 1), ("card-holder", 1), ("a..b", 1), ("x" * 64, 1), ("x" * 65, 0), ("", 0), ("A", 0)):
        yield "names", "a name", {"op": "name", "name": name}, None if good else "B-2"


def changed(who, **change):
    """The form with one entry changed: release, selectors, identifier, role."""
    places = {"role": 0, "identifier": 1, "release": 2, "selectors": 3}
    form = [list(entry) for entry in FORM]
    for entry in form:
        if entry[0] == who:
            for name, value in change.items():
                entry[places[name]] = value
    return form


SELECTORS = ["amount.due", *(f"b{i:03}" for i in range(254))]


def many_groups(count):
    """A form of so many audiences: the bits of a number say who sees the selector of that number."""
    readers = [["seller", None, 1, ["amount.due"]], *([f"r{i}", None, 1, []] for i in range((count - 1).bit_length()))]
    for k in range(1, count):
        for i, entry in enumerate(readers[1:]):
            if k >> i & 1:
                entry[3].append(f"x{k:03}")
    return readers


def form_samples():
    from .world import FIELDS
    seller, manager, delivery = FORM
    yield "forms", "groups", {"op": "groups", "form": form_item().hex()}, None
    for comment, form, rule in (
        ("no seller", [manager, delivery], "F-2"),
        ("a role twice", [seller, seller], "F-1"),
        ("card-holder", changed("delivery-service", role="card-holder"), "F-1"),
        ("seller direct", changed("seller", release=0), "F-2"),
        ("before the seller", [manager, seller, delivery], "F-2"),
        ("manager waits", changed("card-manager", release=2), "F-3"),
        ("nobody approves", [seller, delivery], "F-3"),
        ("one identifier twice", changed("seller", identifier=B)[:2] + [changed("delivery-service", identifier=B)[2]],
         "F-1"),
        ("direct first", [changed("card-manager", release=0)[1], seller, delivery], None),
        ("order of selectors", changed("delivery-service", selectors=["holder.fax?", "destination.address"]), "B-2"),
        ("conflict between roles", changed("delivery-service", selectors=["items.0.name"]), "F-4"),
        ("optional for one", changed("delivery-service", selectors=["holder.fax"]), "F-4"),
        ("optional prefix", changed("delivery-service", selectors=["holder.*?"]), "B-2"),
        ("twice, once optional", changed("delivery-service", selectors=["holder.fax", "holder.fax?"]), "B-2"),
        ("no amount", changed("seller", selectors=["items.*"]), "F-6"),
        ("amount optional", [[role, i, r, [s.replace("due", "due?") for s in sel]] for role, i, r, sel in FORM],
         "F-6"),
        ("not for the manager", changed("card-manager", selectors=["card.number"]), "F-6"),
        ("256 selectors", changed("seller", selectors=SELECTORS[:251]), None),
        ("257 selectors", changed("seller", selectors=SELECTORS[:252]), "F-5"),
        ("64 groups", many_groups(64), None), ("65 groups", many_groups(65), "F-5"),
        ("ascending without ?", changed("delivery-service", selectors=["a?", "a-b", "b"]), None),
    ):
        yield "forms", comment, {"op": "groups", "form": form_item(form).hex()}, rule
    for comment, fields, rule in (
        ("split", FIELDS, None), ("any order", FIELDS[::-1], None), ("optional", [*FIELDS, ["holder.fax", "1"]], None),
        ("required", FIELDS[:2] + FIELDS[3:], "W-1"), ("nobody reads", [*FIELDS, ["x", ""]], None),
        ("no items", FIELDS[:3] + FIELDS[5:], None), ("no amount", [["amount.due", "1"], *FIELDS[1:]], "W-1"),
        ("conflict", [*FIELDS, ["items.0", ""]], "W-1"), ("value", [*FIELDS, ["items.2", "a" * 16385]], "W-1"),
        ("size", [*FIELDS, *([f"items.2.{i}", "a" * 16384] for i in range(16))], "W-1"),
        ("count", [*FIELDS, *([f"items.2.{i}", ""] for i in range(4091))], "W-1"), ("no name", [*FIELDS, ["items.A", ""]], "W-1"),
    ):
        yield "forms", comment, {"op": "split", "form": form_item().hex(), "fields": fields}, rule
    yield "forms", "confined", {"op": "confine", "form": form_item().hex()}, None
    for comment, form, rule in (
        ("card number to the seller", changed("seller", selectors=["amount.due", "card.number"]), "F-7"),
        ("another role", [*FORM, ["other", None, 2, ["holder.name"]]], "F-7"),
        ("delivery on receipt", changed("delivery-service", release=1), "F-7"),
        ("below", [changed("seller", selectors=["amount.due", "items.sku.*"])[0]], None),
        ("beside", [changed("seller", selectors=["amount.due", "items-sku.*"])[0]], "F-7"),
        ("above", [changed("seller", selectors=["amount.due", "item.*"])[0]], "F-7"),
    ):
        yield "forms", comment, {"op": "confine", "form": form_item(form).hex()}, rule


def samples():
    for part in (keys, encodings, seals, names, form_samples):
        yield from part()
