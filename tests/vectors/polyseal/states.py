"""What is exported of orders: states and placed orders."""

from . import export, messages, orders
from .base import require, within
from .forms import DIRECT, ON_APPROVAL
from .shape import HASH, IDENTIFIER, INSTRUCTIONS, KEY_ID, PART, REASON, RECIPIENT, ROLE, TIME
from .shape import bstr, const, many, one_of, or_null, seq, uint

AWAITING = seq(const("awaiting"))
DISPATCHES = many(0, 16, seq(ROLE, TIME, INSTRUCTIONS))
STAGES = {
    "seller": one_of(AWAITING, seq(const("approved"), TIME, HASH, DISPATCHES), seq(const("declined"), TIME, REASON)),
    "card-manager": one_of(AWAITING, seq(const("decided"), TIME, or_null(REASON))),
}
RECEIVED = seq(const("received"), or_null(TIME), INSTRUCTIONS)
STATE = seq(ROLE, IDENTIFIER, uint(), TIME, KEY_ID, or_null(KEY_ID), bstr(), many(0, 16, PART),
            orders.STORED_OPENING, one_of(*STAGES.values(), RECEIVED))
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
    state.release = opening.entry(role)[2]
    if role == "seller":
        with within("S-10"):
            orders.check_seller(header, opening, state.parts, own_place(opening))
    else:
        require(state.parts == [], "S-10 parts")
    relayed = role != "seller" and state.release != DIRECT
    require((state.seller_key_id is not None) == relayed, "S-10")
    require(STAGES.get(role, RECEIVED)(state.stage), "S-11 stage")
    check_stage(state)
    return state


def own_place(opening):
    """The seller's place among the parts of the envelope: what comes before it is direct."""
    roles = [recipient[0] for recipient, _ in opening.entries if recipient[2] != DIRECT]
    return roles.index("seller") if "seller" in roles else 0


def check_stage(state):
    """S-11: what a stage says, and its times."""
    header, kind = state.header, state.stage[0]
    waits = kind == "received" and state.release == ON_APPROVAL
    check_time(header, state.filed_at, header.deliver_until if waits else header.accept_until)
    if kind == "received":
        _, at, instructions = state.stage
        require((at is None) == (state.release == DIRECT), "S-11 direct")
        require(waits or instructions == b"", "S-11 instructions")
    else:
        at = state.stage[1] if len(state.stage) > 1 else None
    if at is not None:
        check_time(header, at, header.deliver_until if waits else header.accept_until)
    if kind == "approved":
        check_approved(state)


def check_time(header, at, latest):
    require(at >= header.issued_at, "S-11 early")
    require(at <= latest, "S-11 late")


def check_approved(state):
    _, _, token, dispatches = state.stage
    require(orders.token_hash(token) == state.header.token_hash, "S-11 token")
    roles = [role for role, _, _ in dispatches]
    require(len(set(roles)) == len(roles), "S-11 twice")
    waiting = [recipient[0] for recipient, _ in state.opening.entries if recipient[2] == ON_APPROVAL]
    require(all(role in waiting for role in roles), "S-11 recipient")
    for _, at, _ in dispatches:
        check_time(state.header, at, state.header.deliver_until)


class Placed:
    def __init__(self, body):
        header, self.recipients, self.contents = body
        with within("S-1"):
            self.header = orders.Header(header)


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
