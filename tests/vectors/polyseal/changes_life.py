"""Misreadings of what comes of an order once it is filed, as in changes.py."""

from . import answers, life, messages, names, orders, receive, sealing, states
from .base import require
from .messages import CANCEL, REFUND
from .shape import FLAG, HASH, INSTRUCTIONS, NUMBER, TIME, const, null, one_of, or_null, seq, typed


def opened_again(was):
    def again(receiver, known, carrier, statement):
        receive.open_part(receiver, carrier, carrier.part_for(receiver.role), statement[4])
        return was(receiver, known, carrier, statement)
    return again


def numbers_first(was):
    def settled_before(requests, demand):
        found = [each for each in requests if each[1][0] == demand[0]]
        return found[0] if found else was(requests, demand)
    return settled_before


def numbers_alone(_):
    return lambda requests, demand: next((each for each in requests if each[1][0] == demand[0]), None)


def demands_as_filed(_):
    return lambda requests, demand: life.cancellation(requests) or next(
        (each for each in requests if each[1] == demand), None)


def none_below_the_last(was):
    def check(filed, new):
        require(not any(last for _, last, _ in filed), "D-4 after")
        was(filed, new)
    return check


def next_in_turn(was):
    def check(filed, new):
        require(new[0] == max(number for number, _, _ in filed) + 1, "D-4 after")
        was(filed, new)
    return check


def timely(was):
    def request(receiver, carrier, sealed):
        require(receiver.now <= carrier.header.accept_until, "R-9")
        return was(receiver, carrier, sealed)
    return request


def from_courier(was):
    return lambda receiver, header, kind, sender, role, sealed: was(
        receiver, header, kind, sender, "delivery-service" if kind == "delivery" else role, sealed)


def holder_in_no_role(was):
    return lambda receiver, header, kind, sender, role, sealed: was(
        receiver, header, kind, sender, "seller" if kind == "withdrawal" else role, sealed)


def refunds_alone(was):
    return lambda due, approved, requests, demand: was(due, approved, [], demand)


CONSIGNMENTS = [
    ("a part is opened again for a further consignment", receive, "again", opened_again),
    ("what came by a relay has consignments, too", receive, "waited", lambda was: lambda known: True),
    ("a further consignment is not looked at", receive, "waited", lambda was: lambda known: False),
    ("no consignment once the last is there", life, "check_consignment", none_below_the_last),
    ("consignments come in turn", life, "check_consignment", next_in_turn),
    ("the limit of instructions is for each consignment", life, "instructions_fit", lambda was: lambda found: True),
    ("a byte less of instructions", life, "INSTRUCTIONS_IN_ALL", lambda was: was - 1),
    ("a statement with the items of its consignment", messages, "STATEMENT", lambda was: typed(
        "statement", HASH, TIME, or_null(HASH), NUMBER, FLAG, INSTRUCTIONS)),
    ("an outcome for any role", life, "dispatched", lambda was: lambda stage, role: [
        each for _, each in stage[0][3]] if stage[0][0] == "approved" else []),
    ("an outcome overwritten by a second report", answers, "is_filed",
     lambda was: lambda what: was(what) and not (isinstance(what, list) and len(what) == 2)),
    ("a delivery report in the delivery service's role", answers, "opened_for_seller", from_courier),
    ("what follows an order until deliver-until", messages, "latest_of", lambda was: lambda kind, header: (
        header.deliver_until if kind in ("request", "response", "delivery") else was(kind, header))),
    ("a withdrawal overwritten by a second one", answers, "is_filed",
     lambda was: lambda what: was(what) and not isinstance(what, int)),
    ("a withdrawal by a clock that is behind", answers, "time_of_filing", lambda was: lambda receiver, _: receiver.now),
    ("a withdrawal from the card holder as a seller", answers, "opened_for_seller", holder_in_no_role),
    ("a withdrawal with a time", messages, "NOTICE", lambda was: typed("notice", TIME)),
    ("consignments of a report in the order of their roles' names", life, "place", lambda was: lambda header, role: role),
    ("one last consignment of a report for all roles", life, "follows_the_last", lambda was: lambda one, _: one[2] == 1),
    ("consignments of a report in the order of their numbers", life, "place", lambda was: lambda header, role: 0),
]

REQUESTS = [
    ("the claim's parts are those of nobody", receive, "claimed", lambda was: lambda parts: orders.companions([])),
    ("null for the parts of a claim without one", receive, "claimed", lambda was: lambda parts: was(parts) if parts else None),
    ("a claim sealed as a relay's statement", receive, "statement_header",
     lambda was: lambda kind, digest, role: was("relay" if kind == "request" else kind, digest, role)),
    ("a request until deliver-until", receive, "last_day", lambda was: lambda kind, header: header.deliver_until),
    ("everything until settle-until", receive, "last_day", lambda was: lambda kind, header: header.settle_until),
    ("an order that is not known is cancelled until accept-until", receive, "request", timely),
    ("the part of a request is a direct one", orders, "RELEASE_OF", lambda was: {**was, "request": 0}),
    ("kinds of demands the other way round", messages, "CLAIM", lambda was: typed("claim", HASH, TIME, one_of(
        seq(NUMBER, const(REFUND), null), seq(NUMBER, const(CANCEL), messages.amount)))),
    ("a sum is compared without its decimals", names, "comparable", lambda was: lambda a, b: a[2] == b[2]),
    ("a sum is compared without its currency", names, "comparable", lambda was: lambda a, b: a[1] == b[1]),
    ("a cancelled order answers by the number", life, "settled_before", numbers_alone),
    ("the number before the cancellation", life, "settled_before", numbers_first),
    ("a filed number answers the same demand alone", life, "settled_before", demands_as_filed),
    ("a refund of an order that is not approved", life, "total_if_granted",
     lambda was: lambda due, _, requests, demand: was(due, True, requests, demand)),
    ("each refund up to the amount", life, "total_if_granted", refunds_alone),
    ("the total without this refund", life, "total_if_granted",
     lambda was: lambda due, approved, requests, demand: was(due, approved, requests, demand) and names.written(
         life.refunded_in_all(requests), *due[1:])),
    ("refused refunds are refunded", life, "refunded_in_all", lambda was: lambda requests: sum(
        names.amount(demand[2])[0] for _, demand, _ in requests if demand[1] == REFUND)),
    ("a refusal without a reason is a grant", life, "granted",
     lambda was: lambda settled: settled is not None and not settled[1]),
    ("a demand known by its number alone", answers, "same_demand", lambda was: lambda filed, told: filed[0] == told[0]),
    ("a resolution overwritten by a second one", answers, "is_filed",
     lambda was: lambda what: was(what) and not (isinstance(what, list) and len(what) == 3)),
    ("a cancelled order awaits its answer", life, "awaits", lambda was: lambda stage: stage[0][0] == "awaiting"),
    ("an order to be cancelled takes no answer", life, "awaits",
     lambda was: lambda stage: was(stage) and not any(settled is None for _, _, settled in stage[2])),
    ("a card manager files an order until accept-until", states, "latest_filed", lambda was: lambda state: (
        state.header.accept_until if state.role == "card-manager" else was(state))),
    ("the record of a seller has any amount", states, "has_amount", lambda was: lambda role: role == "card-manager"),
    ("the record of a card manager has any amount", states, "has_amount", lambda was: lambda role: role == "seller"),
    ("nobody forgets the amount", states, "may_be_forgotten", lambda was: lambda role: False),
    ("a card manager forgets the amount", states, "may_be_forgotten", lambda was: lambda role: True),
    ("refused refunds count", states, "counts", lambda was: lambda demand, _: demand[1] == REFUND),
    ("granted refunds alone count", states, "counts",
     lambda was: lambda demand, settled: demand[1] == REFUND and life.granted(settled)),
    ("nothing follows a refused cancellation", states, "ends", lambda was: lambda demand, _: demand[1] == CANCEL),
    ("something follows an unanswered cancellation", states, "ends",
     lambda was: lambda demand, settled: demand[1] == CANCEL and life.granted(settled)),
]

PURPOSES = [
    (f"the purpose of a {kind} is `{other}`", sealing.Header, "items", lambda was, kind=kind, other=other: lambda self: [
        other if self.purpose == kind else self.purpose, *was(self)[1:]])
    for kind, other in (("request", "dispatch"), ("response", "authorization"), ("delivery", "receipt"),
                        ("withdrawal", "part"))
]

LIFE = [*CONSIGNMENTS, *REQUESTS, *PURPOSES]
