"""What is exported of orders: states and placed orders."""

from . import export, life, messages, names, orders
from .base import require, within
from .forms import DIRECT, ON_APPROVAL, ON_RECEIPT
from .messages import CANCEL, CONSIGNMENT, DEMAND, REFUND, RESULT, SETTLED
from .shape import HASH, IDENTIFIER, KEY_ID, PART, REASON, RECIPIENT, ROLE, TIME
from .shape import bstr, const, many, one_of, or_null, seq, uint

CONSIGNED = seq(TIME, CONSIGNMENT, or_null(RESULT))
ASKED = seq(TIME, DEMAND, or_null(SETTLED))
REQUESTS = many(0, 256, ASKED)
ANSWERED = one_of(seq(const("awaiting")), seq(const("declined"), TIME, REASON),
                seq(const("approved"), TIME, HASH, many(0, 256, seq(ROLE, CONSIGNED))))
STAGES = {
    "seller": seq(ANSWERED, or_null(TIME), REQUESTS),
    "card-manager": seq(or_null(seq(TIME, or_null(REASON))), REQUESTS),
}
OTHERS = seq(or_null(TIME), many(0, 256, CONSIGNED))
STATE = seq(ROLE, IDENTIFIER, uint(), TIME, KEY_ID, or_null(KEY_ID), bstr(), many(0, 16, PART),
            orders.STORED_OPENING, one_of(*STAGES.values(), OTHERS))
CONTENTS = seq(many(1, 64, seq(HASH, many(0, 4096, orders.FIELD))), HASH, uint())
PLACED = seq(bstr(), many(1, 16, seq(RECIPIENT, HASH)), or_null(CONTENTS))


class State:
    def __init__(self, body):
        (self.role, self.owner, self.revision, self.filed_at, self.holder_key_id, self.seller_key_id, header,
         self.parts, opening, self.stage) = body
        with within("S-1"):
            self.header = orders.Header(header)
            messages.check_part_roles(self.header, self.parts)
        self.opening = orders.Opening(opening)
        self.release = None


def read_state(data, owner=None):
    state = State(export.read_export(data, "state", STATE))
    export.check_owner(owner, state.role, state.owner)
    header, opening, role = state.header, state.opening, state.role
    with within("S-9"):
        orders.check_reader(header, opening, role, state.owner)
        if has_amount(role):
            orders.check_amount(header, opening, may_be_forgotten(role))
    state.release = opening.entry(role)[2]
    if role == "seller":
        with within("S-10"):
            orders.check_seller(header, opening, state.parts, own_place(opening))
    else:
        require(state.parts == [], "S-10 parts")
    relayed = role != "seller" and state.release != DIRECT
    asked = relayed or (role == "card-manager" and state.seller_key_id is not None)
    require((state.seller_key_id is not None) == asked, "S-10")
    require(STAGES.get(role, OTHERS)(state.stage), "S-11 stage")
    check_stage(state)
    return state


def has_amount(role):
    """Whether an order of a party of this role has an amount."""
    return role in ("seller", "card-manager")


def may_be_forgotten(role):
    """Whether the amount may be."""
    return role == "seller"


def own_place(opening):
    """The seller's place among the parts of the envelope: what comes before it is direct."""
    roles = [recipient[0] for recipient, _ in opening.entries if recipient[2] != DIRECT]
    return roles.index("seller") if "seller" in roles else 0


def check_stage(state):
    """S-11 and S-12: what a stage says, and its times."""
    header = state.header
    check_time(header, state.filed_at, latest_filed(state))
    if state.role == "seller":
        answer, withdrawn, requests = state.stage
        if answer[0] != "awaiting":
            check_time(header, answer[1], header.accept_until)
        if withdrawn is not None:
            check_time(header, withdrawn, header.settle_until)
        if answer[0] == "approved":
            check_approved(state, answer)
        check_requests(state, requests, answer[0] == "approved")
    elif state.role == "card-manager":
        decision, requests = state.stage
        if decision is not None:
            check_time(header, decision[0], header.accept_until)
        check_requests(state, requests, decision is not None and decision[1] is None)
    else:
        check_received(state)


def latest_filed(state):
    """A card manager may have filed the order because it was to be cancelled, which comes as by a relay."""
    header = state.header
    if state.role == "card-manager" and state.release == ON_RECEIPT:
        return header.settle_until
    return header.deliver_until if state.release == ON_APPROVAL else header.accept_until


def check_time(header, at, latest):
    require(at >= header.issued_at, "S-11 early")
    require(at <= latest, "S-11 late")


def check_approved(state, answer):
    _, _, token, dispatches = answer
    require(orders.token_hash(token) == state.header.token_hash, "S-11 token")
    waiting = [recipient[0] for recipient, _ in state.opening.entries if recipient[2] == ON_APPROVAL]
    require(all(role in waiting for role, _ in dispatches), "S-11 recipient")
    for role in waiting:
        consigned = [each for to, each in dispatches if to == role]
        numbers = [consignment[0] for _, consignment, _ in consigned]
        require(numbers == list(range(1, len(numbers) + 1)), "S-11 numbers")
        check_consigned(state.header, consigned)
    require(life.instructions_fit([consignment for _, (_, consignment, _) in dispatches]), "S-11 instructions")


def check_received(state):
    """Of recipients that are neither seller nor card manager."""
    at, consigned = state.stage
    require((at is not None) == (state.release == ON_RECEIPT), "S-11 at")
    require(bool(consigned) == (state.release == ON_APPROVAL), "S-11 consignments")
    if at is not None:
        check_time(state.header, at, state.header.accept_until)
    numbers = [consignment[0] for _, consignment, _ in consigned]
    require(all(a < b for a, b in zip(numbers, numbers[1:])), "S-11 order")
    check_consigned(state.header, consigned)
    require(life.instructions_fit([consignment for _, consignment, _ in consigned]), "S-11 instructions")


def check_consigned(header, consigned):
    """Those of one role."""
    require(not any(last for _, (_, last, _), _ in consigned[:-1]), "S-11 last")
    for at, _, result in consigned:
        check_time(header, at, header.deliver_until)
        if result is not None:
            check_time(header, result[0], header.settle_until)


def check_requests(state, requests, approved):
    """S-12."""
    header, seller = state.header, state.role == "seller"
    alone = seller and state.opening.entry("card-manager") is None
    numbers = [demand[0] for _, demand, _ in requests]
    require(len(set(numbers)) == len(numbers), "S-12 twice")
    require(not seller or numbers == list(range(1, len(numbers) + 1)), "S-12 numbers")
    if not requests:
        return
    due = orders.amount_due(state.opening, "S-12")
    total, ended = 0, False
    for at, demand, settled in requests:
        require(not ended, "S-12 ended")
        check_time(header, at, header.settle_until)
        life.check_sum(due, demand, "S-12")
        require(settled is not None or (seller and not alone), "S-12 resolution")
        if counts(demand, settled):
            require(approved or alone, "S-12 approved")
            total += names.amount(demand[2])[0]
            require(total <= due[0], "S-12 more than due in all")
        if settled is not None:
            check_time(header, settled[0], header.settle_until)
            life.check_resolution(due, demand, settled, "S-12")
            require(seller or names.amount(settled[2])[0] == total, "S-12 total")
        ended = ends(demand, settled)


def counts(demand, settled):
    """Whether a sum is refunded, or may be."""
    return demand[1] == REFUND and not life.refused(settled)


def ends(demand, settled):
    """Whether nothing follows a request."""
    return demand[1] == CANCEL and not life.refused(settled)


class Placed:
    def __init__(self, body):
        header, self.recipients, self.contents = body
        with within("S-1"):
            self.header = orders.Header(header)

    def amount_due(self):
        """None if it is forgotten."""
        groups = self.contents[0] if self.contents is not None else []
        found = [value for _, fields in groups for name, value in fields if name == names.AMOUNT_DUE]
        return names.amount(found[0]) if found and names.is_amount(found[0]) else None


def read_placed(data, owner=None):
    placed = Placed(export.read_export(data, "placed order", PLACED))
    header, recipients = placed.header, placed.recipients
    with within("S-8"):
        require(owner in (None, ("card-holder", header.sender)), "S-8 owner")
        require([recipient[0] for recipient, _ in recipients] == header.roles, "S-8 recipients")
        orders.check_entries(header, recipients)
        orders.check_recipients(header, [recipient for recipient, _ in recipients])
        if placed.contents is not None:
            groups, token, _ = placed.contents
            require(len(groups) == len(header.groups), "S-8 groups")
            orders.check_groups([(group, *opened) for group, opened in zip(header.groups, groups)])
            require(orders.token_hash(token) == header.token_hash, "S-8 token")
    return placed
