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
    "dispatch": typed("dispatch", bstr(), PARTS, IDENTIFIER, SEALED),
    "authorization": typed("authorization", HASH, SEALED),
    "receipt": typed("receipt", HASH, ROLE, SEALED),
}
STATEMENT = typed("statement", HASH, TIME, or_null(HASH), INSTRUCTIONS)
VERDICT = one_of(typed("verdict", TIME, HASH, null), typed("verdict", TIME, null, REASON))
REPORT = typed("report", ROLE, uint(), TIME, uint(0, 3), or_null(REASON))


def kind_of(data):
    """The second item of a message: which message it is."""
    item = shape.read(data, lambda x: type(x) is list and len(x) >= 2)
    require(item[1] in FORMS and FORMS[item[1]](item), "form", "not of its CDDL")
    return item[1], item


class Carrier:
    """A message that carries parts."""

    def __init__(self, kind, item):
        self.kind = kind
        self.header = orders.Header(item[2])
        self.parts = [item[3]] if kind == "direct" else item[3]
        self.relayer, self.statement = (item[4], item[5]) if len(item) == 6 else (None, None)
        self.check_parts()

    def check_parts(self):
        """Roles of the header, each at most once, in its order."""
        places = [self.header.roles.index(role) if role in self.header.roles else None for role, _ in self.parts]
        require(None not in places, "parts", "a role that the header does not have")
        require(all(a < b for a, b in zip(places, places[1:])), "parts", "order")

    def part_for(self, role):
        found = [sealed for own, sealed in self.parts if own == role]
        require(found, "parts-own", "no part for this role")
        return found[0]


def read_message(data):
    """Its kind, and the message: a Carrier, or the item itself."""
    kind, item = kind_of(data)
    if kind in orders.RELEASE_OF:
        return kind, Carrier(kind, item)
    return kind, item


def check_statement(kind, statement, parts):
    """Content that agrees with the kind of its message."""
    _, _, covered, _, token, instructions = statement
    if kind == "relay":
        require(token is None and instructions == b"", "statement-content")
    else:
        require(token is not None, "statement-content")
    require(covered == orders.companions(parts), "statement-parts")


def check_at(header, at, latest, now, skew):
    require(at >= header.issued_at, "at", "before the order")
    require(at <= now + skew, "at", "in the future")
    require(at <= latest, "at", "too late")


def latest_of(kind, header):
    """The time after which a statement, or a verdict, comes too late."""
    return header.deliver_until if kind == "dispatch" else header.accept_until


def check_report(role, report):
    _, _, giver, _, _, status, reason = report
    require(giver == role, "report-from")
    require(status in STATUSES[role], "report-status")
    require((reason is not None) == (status == DECLINED), "report-reason")
