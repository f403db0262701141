"""Samples: what is an item, and the forms of what is read without a key: (comment, input, None or the rule)."""

from . import base, cbor, shape
from .messages import FORMS
from .spoiling import Holds, change
from .world import DOMAIN, FORM, NOW, Meeting, Order, bytes_of, form_item

SEALED = [bytes(16), bytes(32), bytes(32), bytes(528)]


def items():
    for comment, data in (
        ("0", "00"), ("the last number within a head", "17"), ("the first of one byte", "1818"),
        ("the last of one byte", "18ff"),
        ("the first of two bytes", "190100"), ("the last of two bytes", "19ffff"),
        ("the first of four bytes", "1a00010000"),
        ("the last of four bytes", "1affffffff"), ("the first of eight bytes", "1b0000000100000000"),
        ("the largest number", "1bffffffffffffffff"), ("no bytes", "40"), ("24 bytes", "5818" + "07" * 24),
        ("no text", "60"),
        ("text of three bytes a character", "63e282ac"), ("an empty array", "80"), ("null", "f6"),
        ("items in arrays", "8381f6024101"),
    ):
        yield comment, {"as": "item", "bytes": data}, None
    for comment, data in (
        ("nothing", ""), ("a head without its bytes", "18"), ("a string without its bytes", "4301"),
        ("an array without its items", "8201"), ("a byte after the item", "0000"), ("23 in two bytes", "1817"),
        ("255 in three bytes", "1900ff"), ("65535 in five bytes", "1a0000ffff"),
        ("2^32 - 1 in nine bytes", "1b00000000ffffffff"),
        ("a length that is not the shortest", "580161"), ("a count that is not the shortest", "980100"),
        ("a negative number", "20"), ("a byte string of indefinite length", "5f4101ff"),
        ("a text string of indefinite length", "7f6161ff"), ("an array of indefinite length", "9f01ff"),
        ("a map", "a10101"), ("a tag", "c001"), ("false", "f4"), ("true", "f5"), ("undefined", "f7"),
        ("a half float", "f93c00"), ("a simple value in a byte", "f8ff"), ("null in two bytes", "f8f6"),
        ("a break alone", "ff"), ("a reserved head", "1c"), ("text that is no UTF-8", "61ff"),
        ("text with an overlong form", "62c080"), ("text with a surrogate", "63eda080"),
        ("a length beyond the bytes", "5bffffffffffffffff"), ("a count beyond the bytes", "9b00000001000000ff"),
    ):
        yield comment, {"as": "item", "bytes": data}, "B-1"


def kinds():
    """One of each kind that is read without a key."""
    order, meeting = Order(), Meeting()
    direct = Order(form=[["card-manager", None, 0, FORM[1][3]], FORM[0], FORM[2]])
    version = base.VERSION
    made = {
        "domain": DOMAIN, "form": cbor.decode(form_item()), "header": cbor.decode(order.header),
        "opening": order.opening(order.recipients[0]),
        "statement": [version, "statement", bytes_of("p"), NOW, order.token, [1, 1, b"ring twice"]],
        "claim": [version, "claim", bytes_of("p"), NOW, [2, 1, "10.00 EUR"]],
        "verdict": [version, "verdict", NOW, order.token, None],
        "resolution": [version, "resolution", [2, 1, "10.00 EUR"], [NOW, None, "12.00 EUR"]],
        "outcome": [version, "outcome", 1, [NOW, "nobody at home"]],
        "notice": [version, "notice"],
        "report": [version, "report", "seller", 2, NOW, 2, "no", NOW, "0.00 EUR",
                   [["delivery-service", 1, 1, [NOW, None]]]],
        "hello": meeting.hello, "answer": meeting.answer, "confirmation": meeting.confirmation,
        "acknowledgement": meeting.acknowledgement,
        "envelope": order.envelope(), "direct": direct.direct("card-manager"), "relay": order.relay(),
        "dispatch": order.dispatch(), "request": order.request(), "authorization": order.authorization(),
        "response": order.response(), "delivery": order.delivery(), "withdrawal": order.withdrawal(),
        "receipt": order.receipt(),
    }
    return {kind: cbor.decode(each) if kind in FORMS else each for kind, each in made.items()}


def read_as(kind, item):
    return {"as": kind, "bytes": cbor.encode(item).hex()}


def forms():
    for kind, item in kinds().items():
        yield f"{kind}", read_as(kind, item), None
        yield f"{kind}: an item more", read_as(kind, [*item, None]), "B-2"
        yield f"{kind}: an item less", read_as(kind, item[:-1]), "B-2"
        if kind != "domain":
            yield f"{kind} of another version", read_as(kind, ["polyseal/2", *item[1:]]), "V-1"
            yield f"{kind} that names another kind", read_as(kind, change(1, "parts")(item)), "B-2"
        for i in range(0 if kind == "domain" else 2, len(item)):
            wrong = "x" if isinstance(item[i], int) else 0
            yield f"{kind}: item {i + 1} is of another type", read_as(kind, change(i, wrong)(item)), "B-2"
    made = kinds()
    yield "an envelope for a relay", read_as("relay", made["envelope"]), "B-2"
    yield "a byte after a message", {"as": "authorization",
                                     "bytes": cbor.encode(made["authorization"]).hex() + "00"}, "B-1"
    yield "a message that ends early", {"as": "receipt", "bytes": cbor.encode(made["receipt"]).hex()[:-2]}, "B-1"


def edges(kind, *cases):
    item = kinds()[kind]
    for comment, spoil, rule in cases:
        yield f"{kind}: {comment}", read_as(kind, spoil(item)), rule


def limits():
    last = shape.LAST_TIME
    yield from edges(
        "domain", ("a label of 64 characters", change(0, "x" * 64), None),
        ("a label of 65 characters", change(0, "x" * 65), "B-3"),
        ("8 issuers", change(1, [f"i{i}" for i in range(8)]), None),
        ("9 issuers", change(1, [f"i{i}" for i in range(9)]), "B-3"),
        ("no issuer", change(1, []), "B-2"), ("the last time", change(2, 2, last), None),
        ("after the last time", change(2, 2, last + 1), "B-2"), ("an epoch of one second", change(2, [7, 5, 6]), None),
        ("an epoch of no second", change(2, [7, 5, 5]), "B-2"),
        ("the last of the most cohorts", lambda d: [*d[:3], 1048575, 1048576], None),
        ("more cohorts", lambda d: [*d[:3], 0, 1048577], "B-3"), ("no cohorts", lambda d: [*d[:3], None, 0], "B-2"),
        ("a cohort that is their number", lambda d: [*d[:3], 4, 4], "B-2"),
        ("null of several", lambda d: [*d[:3], None, 4], None),
        ("null of one", lambda d: [*d[:3], None, 1], "B-2"),
        ("issuers that do not ascend", change(1, ["b", "a"]), "B-2"),
        ("an issuer twice", change(1, ["a", "a"]), "B-2"))
    names = [[f"items.2.{i:04}", ""] for i in range(4097)]
    yield from edges(
        "opening", ("a group of 4,097 fields", change(3, 0, 2, names), "B-3"),
        ("a group of no fields", change(3, 0, 2, []), None),
        ("a value of 16,384 bytes", change(3, 0, 2, 0, 1, "a" * 16384), None),
        ("a value of 16,385 bytes", change(3, 0, 2, 0, 1, "a" * 16385), "B-3"),
        ("a value of 16,384 bytes, two a character", change(3, 0, 2, 0, 1, "é" * 8192), None),
        ("a value of 16,386 bytes, two a character", change(3, 0, 2, 0, 1, "é" * 8193), "B-3"),
        ("a name of 128 characters", change(3, 0, 2, 0, 0, "a" * 128), None),
        ("a name of 129 characters", change(3, 0, 2, 0, 0, "a" * 129), "B-3"),
        ("a field without a value", change(3, 0, 2, 0, ["amount.due"]), "B-2"),
        ("a group without a salt", change(3, 0, 1, None), "B-2"), ("no groups", change(3, []), "B-2"),
        ("no recipients", change(2, []), "B-2"), ("17 recipients", change(2, lambda r: [r[0]] * 17), "B-3"),
        ("65 groups", change(3, lambda g: [g[0]] * 65), "B-3"),
        ("a release that there is not", change(2, 0, 0, 2, 3), "B-2"))
    yield from edges(
        "statement", ("no instructions", change(5, 2, b""), None),
        ("4,096 bytes of instructions", change(5, 2, bytes(4096)), None),
        ("4,097 bytes of instructions", change(5, 2, bytes(4097)), "B-3"), ("no token", change(4, None), None),
        ("no consignment", change(5, None), None), ("instructions alone", change(5, b"ring"), "B-2"),
        ("a consignment of two items", change(5, lambda c: c[:2]), "B-2"),
        ("consignment 0", change(5, 0, 0), "B-3"), ("consignment 256", change(5, 0, 256), None),
        ("consignment 257", change(5, 0, 257), "B-3"), ("a last of 2", change(5, 1, 2), "B-2"),
        ("no last", change(5, 1, 0), None),
        ("a token of 31 bytes", change(4, bytes(31)), "B-2"), ("after the last time", change(3, last + 1), "B-2"))
    declined = change(3, None)
    yield from edges(
        "verdict", ("declined", lambda v: [*v[:3], None, "no"], None),
        ("declined without a reason", lambda v: [*v[:3], None, ""], None),
        ("a reason of 256 bytes", lambda v: [*v[:3], None, "n" * 256], None),
        ("a reason of 257 bytes", lambda v: [*v[:3], None, "n" * 257], "B-3"),
        ("neither token nor reason", declined, "B-2"),
        ("token and reason", change(4, "no"), "B-2"), ("a reason in place of the token", lambda v: [*v[:3], "no"],
                                                       "B-2"))
    yield from edges(
        "claim", ("number 0", change(4, 0, 0), "B-3"), ("number 256", change(4, 0, 256), None),
        ("number 257", change(4, 0, 257), "B-3"), ("a demand of two items", change(4, lambda d: d[:2]), "B-2"),
        ("a kind that there is not", change(4, 1, 2), "B-2"), ("a refund without a sum", change(4, 2, None), "B-2"),
        ("a cancellation", change(4, [1, 0, None]), None),
        ("a cancellation with a sum", change(4, 1, 0), "B-2"), ("a sum that is no amount", change(4, 2, "10,00 EUR"), "B-2"),
        ("a sum of 18 digits", change(4, 2, "9999999999999999.99 EUR"), None),
        ("a sum of 19 digits", change(4, 2, "99999999999999999.99 EUR"), "B-2"),
        ("a sum of nothing", change(4, 2, "0 EUR"), None), ("a sum with a leading zero", change(4, 2, "010.00 EUR"), "B-2"))
    yield from edges(
        "resolution", ("refused", change(3, 1, "no"), None), ("refused without a reason", change(3, 1, ""), None),
        ("a reason of 256 bytes", change(3, 1, "n" * 256), None), ("a reason of 257 bytes", change(3, 1, "n" * 257), "B-3"),
        ("a cancellation", change(2, [1, 0, None]), None), ("no sum in all", change(3, 2, None), "B-2"),
        ("a sum in all that is no amount", change(3, 2, "12.00"), "B-2"),
        ("after the last time", change(3, 0, last + 1), "B-2"))
    yield from edges(
        "outcome", ("delivered", change(3, 1, None), None), ("a reason of 256 bytes", change(3, 1, "n" * 256), None),
        ("a reason of 257 bytes", change(3, 1, "n" * 257), "B-3"), ("number 0", change(2, 0), "B-3"),
        ("number 256", change(2, 256), None), ("number 257", change(2, 257), "B-3"),
        ("after the last time", change(3, 0, last + 1), "B-2"))
    yield from edges("notice", ("a time", lambda n: [*n, NOW], "B-2"), ("alone", lambda n: n[1:], "B-2"))
    parcel = ["delivery-service", 1, 1, None]
    yield from edges(
        "report", ("256 consignments", change(9, [parcel] * 256), None), ("257 consignments", change(9, [parcel] * 257),
                                                                          "B-3"),
        ("no consignments", change(9, []), None), ("a consignment of number 0", change(9, 0, 1, 0), "B-3"),
        ("a consignment of number 257", change(9, 0, 1, 257), "B-3"), ("a last of 2", change(9, 0, 2, 2), "B-2"),
        ("a failure of 257 bytes", change(9, 0, 3, [NOW, "n" * 257]), "B-3"), ("not withdrawn", change(7, None), None),
        ("nothing said of refunds", change(8, None), None), ("refunded what is no amount", change(8, "0,00 EUR"), "B-2"),
        ("a reason of 256 bytes", change(6, "n" * 256), None),
        ("a reason of 257 bytes", change(6, "n" * 257), "B-3"),
        ("declined, and null for the reason", change(6, None), "B-2"), ("received, and a reason", change(5, 0), "B-2"),
        ("received", lambda r: [*r[:5], 0, None, *r[7:]], None),
        ("cancelled", lambda r: [*r[:5], 3, None, *r[7:]], None), ("cancelled, and a reason", change(5, 3), "B-2"),
        ("a status that there is not", lambda r: [*r[:5], 4, None, *r[7:]], "B-2"),
        ("the largest revision", change(3, (1 << 64) - 1), None))
    yield from handshakes()
    yield from messages()


def handshakes():
    yield from edges(
        "hello", ("an identifier of 512 bytes", change(4, b"a" * 512), None),
        ("an identifier of 513 bytes", change(4, b"a" * 513), "B-3"),
        ("an identifier of no bytes", change(6, b""), "B-3"), ("no exchange", change(8, None), None),
        ("an encapsulation key of 1,215 bytes", change(8, bytes(1215)), "B-2"),
        ("one of 1,217 bytes", change(8, bytes(1217)), "B-2"),
        ("a challenge of 31 bytes", change(7, bytes(31)), "B-2"),
        ("a role of 65 characters", change(3, "x" * 65), "B-3"))
    yield from edges(
        "answer", ("no exchange", change(3, None), None),
        ("a ciphertext of 1,119 bytes", change(3, bytes(1119)), "B-2"),
        ("a ciphertext of 1,121 bytes", change(3, bytes(1121)), "B-2"))
    yield from edges(
        "confirmation", ("a sealed message of four items", change(2, SEALED), None),
        ("of five items", change(2, [*SEALED, bytes(32)]), None),
        ("of six items", change(2, [*SEALED, bytes(32), bytes(32)]), "B-2"),
        ("of three items", change(2, SEALED[:3]), "B-2"),
        ("a key-id of 15 bytes", change(2, change(0, bytes(15))(SEALED)), "B-2"),
        ("a salt of 31 bytes", change(2, change(1, bytes(31))(SEALED)), "B-2"),
        ("a commitment of 33 bytes", change(2, change(2, bytes(33))(SEALED)), "B-2"),
        ("null for a session", change(2, [*SEALED, None]), "B-2"),
        ("a session of 31 bytes", change(2, [*SEALED, bytes(31)]), "B-2"),
        ("a ciphertext of 527 bytes", change(2, change(3, bytes(527))(SEALED)), "B-2"),
        ("a ciphertext of 327,696 bytes", change(2, change(3, bytes(327696))(SEALED)), None),
        ("a ciphertext of 327,697 bytes", change(2, change(3, bytes(327697))(SEALED)), "B-3"))


def messages():
    yield from edges(
        "envelope", ("no parts", change(3, []), "B-2"),
        ("parts out of order", change(3, lambda p: [p[1], p[0], p[2]]), "B-2"),
        ("a part twice", change(3, lambda p: [p[0], p[0]]), "B-2"),
        ("a part for a role of no recipient", change(3, 0, 0, "other"), "B-2"),
        ("17 parts", change(3, lambda p: p[:1] * 17), "B-3"), ("the header as an item", change(2, cbor.decode), "B-2"),
        ("a byte after the header", change(2, lambda h: h + b"\0"), "B-1"))
    yield from edges("dispatch", ("two parts", change(3, lambda p: p * 2), "B-2"), ("no part", change(3, []), "B-2"),
                     ("a relayer of 513 bytes", change(4, b"a" * 513), "B-3"))
    yield from edges("request", ("no part", change(3, []), None), ("two parts", change(3, lambda p: p * 2), "B-2"),
                     ("a part for a role of no recipient", change(3, 0, 0, "other"), "B-2"))
    for kind in ("response", "withdrawal"):
        yield from edges(kind, ("a digest of 31 bytes", change(2, bytes(31)), "B-2"))
    yield from edges("delivery", ("a digest of 31 bytes", change(2, bytes(31)), "B-2"),
                     ("of a role of 65 characters", change(3, "x" * 65), "B-3"))
    yield from edges("relay", ("no parts", change(3, []), "B-2"),
                     ("a relayer of 512 bytes", change(4, b"a" * 512), Holds("B-3")))
    yield from edges("direct", ("two parts", change(3, lambda p: [p, p]), "B-2"))
    yield from edges("authorization", ("a digest of 31 bytes", change(2, bytes(31)), "B-2"))
    yield from edges("receipt", ("of a role of 65 characters", change(3, "x" * 65), "B-3"))
    yield "a message of 6,291,457 bytes", {"as": "envelope", "bytes": "00" * 6291457}, "B-3"


GROUPS = [("encoding", "item", items), ("encoding", "form", forms), ("encoding", "limit", limits)]
