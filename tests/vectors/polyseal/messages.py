"""The messages of an order: their forms, and what each part-bearing message is taken apart into."""

from . import orders, shape
from .base import require
from .shape import HASH, IDENTIFIER, INSTRUCTIONS, PART, PARTS, REASON, ROLE, SEALED, TIME
from .shape import bstr, const, null, one_of, or_null, typed, uint

RECEIVED, APPROVED, DECLINED, DISPATCHED = 0, 1, 2, 3
STATUSES = {
    "seller": [RECEIVED, APPROVED, DECLINED, DISPATCHED],
    "card-manager": [RECEIVED, APPROVED, DECLINED],
    "delivery-service": [RECEIVED],
}

FORMS = {
    "envelope": typed("envelope", bstr(), PARTS),
    "direct": typed("direct", bstr(), PART),
    "relay": typed("relay", bstr(), PARTS, IDENTIFIER, SEALED),
    "dispatch": typed("dispatch", bstr(), shape.seq(PART), IDENTIFIER, SEALED),
    "authorization": typed("authorization", HASH, SEALED),
    "receipt": typed("receipt", HASH, ROLE, SEALED),
}
STATEMENT = typed("statement", HASH, TIME, or_null(HASH), INSTRUCTIONS)
VERDICT = one_of(typed("verdict", TIME, HASH, null), typed("verdict", TIME, null, REASON))
REPORT = one_of(typed("report", ROLE, uint(), TIME, uint(0, 1), null), typed("report", ROLE, uint(), TIME, const(3), null),
                typed("report", ROLE, uint(), TIME, const(2), REASON))


def kind_of(data):
    """The second item of a message: which message it is."""
    item = shape.read(data, one_of(*FORMS.values()))
    return item[1], item


def check_part_roles(header, parts):
    """Roles of the header, each at most once, in its order."""
    places = [header.roles.index(role) if role in header.roles else None for role, _ in parts]
    require(None not in places, "B-2 part role")
    require(all(a < b for a, b in zip(places, places[1:])), "B-2 part order")


class Carrier:
    """A message that carries parts."""

    def __init__(self, kind, item):
        self.kind = kind
        self.header = orders.Header(item[2])
        self.parts = [item[3]] if kind == "direct" else item[3]
        self.relayer, self.statement = (item[4], item[5]) if len(item) == 6 else (None, None)
        check_part_roles(self.header, self.parts)

    def part_for(self, role):
        found = [sealed for own, sealed in self.parts if own == role]
        require(found, "M-2 part")
        return found[0]


def read_message(data):
    """Its kind, and the message: a Carrier, or the item itself."""
    kind, item = kind_of(data)
    if kind in orders.RELEASE_OF:
        return kind, Carrier(kind, item)
    return kind, item


def check_statement(kind, header, statement, parts):
    """R-2, R-3, D-1."""
    _, _, covered, _, token, instructions = statement
    require(covered == orders.companions(parts), "R-2")
    if kind == "relay":
        require(token is None, "R-3 token")
        require(instructions == b"", "R-3 instructions")
    else:
        require(token is not None, "D-1 token")
        require(orders.token_hash(token) == header.token_hash, "D-1 hash")


def check_at(header, at, latest, now, skew, must, must_end):
    require(at >= header.issued_at, f"{must} early")
    require(at <= now + skew, f"{must} future")
    require(at <= latest, f"{must_end} late")


def latest_of(kind, header):
    """The time after which a statement, or a verdict, comes too late."""
    return header.deliver_until if kind == "dispatch" else header.accept_until

