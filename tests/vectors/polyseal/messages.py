"""The messages of an order: their forms, and what each part-bearing message is taken apart into."""

from . import names, orders, shape
from .base import require
from .shape import FLAG, HASH, IDENTIFIER, INSTRUCTIONS, NUMBER, PART, PARTS, REASON, ROLE, SEALED, TIME
from .shape import bstr, const, many, null, one_of, or_null, seq, typed, uint

RECEIVED, APPROVED, DECLINED, CANCELLED = 0, 1, 2, 3
CANCEL, REFUND = 0, 1
STATUSES = {
    "seller": [RECEIVED, APPROVED, DECLINED, CANCELLED],
    "card-manager": [RECEIVED, APPROVED, DECLINED, CANCELLED],
    "delivery-service": [RECEIVED],
}

FORMS = {
    "envelope": typed("envelope", bstr(), PARTS),
    "direct": typed("direct", bstr(), PART),
    "relay": typed("relay", bstr(), PARTS, IDENTIFIER, SEALED),
    "dispatch": typed("dispatch", bstr(), seq(PART), IDENTIFIER, SEALED),
    "request": typed("request", bstr(), many(0, 1, PART), IDENTIFIER, SEALED),
    "authorization": typed("authorization", HASH, SEALED),
    "response": typed("response", HASH, SEALED),
    "delivery": typed("delivery", HASH, ROLE, SEALED),
    "withdrawal": typed("withdrawal", HASH, SEALED),
    "receipt": typed("receipt", HASH, ROLE, SEALED),
}


def amount(item):
    return names.is_amount(item)


CONSIGNMENT = seq(NUMBER, FLAG, INSTRUCTIONS)
DEMAND = one_of(seq(NUMBER, const(CANCEL), null), seq(NUMBER, const(REFUND), amount))
SETTLED = seq(TIME, or_null(REASON), amount)
RESULT = seq(TIME, or_null(REASON))
STATEMENT = typed("statement", HASH, TIME, or_null(HASH), or_null(CONSIGNMENT))
CLAIM = typed("claim", HASH, TIME, DEMAND)
VERDICT = one_of(typed("verdict", TIME, HASH, null), typed("verdict", TIME, null, REASON))
RESOLUTION = typed("resolution", DEMAND, SETTLED)
OUTCOME = typed("outcome", NUMBER, RESULT)
NOTICE = typed("notice")


def report_of(status, reason):
    return typed("report", ROLE, uint(), TIME, const(status), reason, or_null(TIME), or_null(amount),
                 many(0, 256, seq(ROLE, NUMBER, FLAG, or_null(RESULT))))


REPORT = one_of(*(report_of(status, null) for status in (RECEIVED, APPROVED, CANCELLED)), report_of(DECLINED, REASON))


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
        """The receiver's part, which a request may lack."""
        found = [sealed for own, sealed in self.parts if own == role]
        if self.kind == "request":
            require(len(found) == len(self.parts), "M-2 other part")
            return found[0] if found else None
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
    _, _, covered, _, token, consignment = statement
    require(covered == orders.companions(parts), "R-2")
    if kind == "relay":
        require(token is None, "R-3 token")
        require(consignment is None, "R-3 consignment")
    else:
        require(token is not None, "D-1 token")
        require(orders.token_hash(token) == header.token_hash, "D-1 hash")
        require(consignment is not None, "D-1 consignment")


def check_at(header, at, latest, now, skew, must, must_end):
    require(at >= header.issued_at, f"{must} early")
    require(at <= now + skew, f"{must} future")
    require(at <= latest, f"{must_end} late")


def latest_of(kind, header):
    """The time after which what a message says comes too late."""
    if kind in ("relay", "authorization"):
        return header.accept_until
    return header.deliver_until if kind == "dispatch" else header.settle_until
