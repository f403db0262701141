"""What is exported of orders: states and placed orders."""

from . import export, names, orders, shape
from .base import require
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
INSTRUCTIONS_OF_AN_ORDER = 65536


class State:
    def __init__(self, body):
        (self.role, self.owner, self.revision, self.filed_at, self.part_key_id, self.statement_key_id, header,
         self.parts, opening, self.stage) = body
        self.header = orders.Header(header)
        self.opening = orders.Opening(opening)


def read_state(data):
    require(len(data) <= shape.STATE, "limit", "state")
    state = State(export.read_export(data, "state", STATE))
    header, opening, role = state.header, state.opening, state.role
    require(STAGES.get(role, RECEIVED)(state.stage), "state-stage")
    orders.check_reader(header, opening, role, state.owner)
    if role == "seller":
        orders.check_seller(header, opening, state.parts)
    else:
        require(state.parts == [], "state-parts")
    check_way(state)
    if state.stage[0] == "approved":
        check_approved(state)
    return state


def check_way(state):
    """A part that came through the seller came with a statement, under a key of its own."""
    release = state.opening.entry(state.role)[2]
    relayed = state.role != "seller" and release != 0
    require((state.statement_key_id is not None) == relayed, "state-key-id")
    if state.stage[0] == "received":
        require((state.stage[1] is not None) == relayed, "state-stage")
        require(release == 2 or state.stage[2] == b"", "state-stage", "instructions come in a dispatch")


def check_approved(state):
    _, _, token, dispatches = state.stage
    require(orders.token_hash(token) == state.header.token_hash, "state-token")
    roles = [role for role, _, _ in dispatches]
    require(len(set(roles)) == len(roles), "state-stage", "two dispatches to one role")
    waiting = [recipient[0] for recipient, _ in state.opening.entries if recipient[2] == 2]
    require(all(role in waiting for role in roles), "state-stage", "a dispatch to a role that does not wait")
    size = sum(len(instructions) for _, _, instructions in dispatches)
    require(size <= INSTRUCTIONS_OF_AN_ORDER, "limit", "instructions")


class Placed:
    def __init__(self, body):
        header, self.recipients, self.contents = body
        self.header = orders.Header(header)


def read_placed(data):
    placed = Placed(export.read_export(data, "placed order", PLACED))
    header, recipients = placed.header, placed.recipients
    require([recipient[0] for recipient, _ in recipients] == header.roles, "placed-recipients")
    for (recipient, salt), (_, commitment) in zip(recipients, header.recipients):
        require(orders.recipient_commitment(salt, recipient) == commitment, "placed-recipients")
    identifiers = [recipient[1] for recipient, _ in recipients]
    require(len({*identifiers, header.sender}) == len(identifiers) + 1, "placed-recipients")
    if placed.contents is not None:
        check_contents(header, placed.contents)
    return placed


def check_contents(header, contents):
    groups, token, _ = contents
    require(len(groups) == len(header.groups), "placed-contents")
    for (salt, fields), (selectors, commitment) in zip(groups, header.groups):
        orders.check_names([name for name, _ in fields], selectors)
        require(orders.group_commitment(salt, fields) == commitment, "placed-contents")
    every = [name for _, fields in groups for name, _ in fields]
    require(names.free_of_conflicts(every), "field-conflict")
    require(orders.token_hash(token) == header.token_hash, "placed-contents")
