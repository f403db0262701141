"""A receiver: every check between a message and what it says, in order."""

from . import keys, messages, orders, sealing, shape, states
from .base import require
from .sealing import Header


class Receiver(keys.Party):
    """Besides its keys: the states that its ledger holds, what a card holder placed, and its policy."""

    def __init__(self, *args, ledger=(), placed=(), form=None, serves=None, **more):
        super().__init__(*args, **more)
        self.ledger = [states.read_state(data) for data in ledger]
        self.placed = [states.read_placed(data) for data in placed]
        self.form, self.serves = form, serves

    def state(self, digest):
        for each in self.ledger:
            if (each.role, each.owner, each.header.digest) == (self.role, self.identifier, digest):
                return each
        return None


def receive(receiver, data):
    kind, message = messages.read_message(data)
    if kind == "authorization":
        return authorization(receiver, message)
    if kind == "receipt":
        return receipt(receiver, message)
    return order(receiver, kind, message)


def order(receiver, kind, carrier):
    header = carrier.header
    check_way(receiver.role, kind, carrier)
    sealed = carrier.part_for(receiver.role)
    check_times(receiver, header)
    statement = None
    if carrier.statement is not None:
        statement = open_statement(receiver, kind, carrier)
        known = receiver.state(header.digest)
        if known is not None:
            check_relayed(header, known.opening, carrier, statement)
            return {"outcome": "known", "digest": header.digest}
    opening = open_part(receiver, header, sealed, statement)
    orders.check_reader(header, opening, receiver.role, receiver.identifier, kind)
    if statement is not None:
        check_relayed(header, opening, carrier, statement)
    if receiver.role == "seller":
        others = [part for part in carrier.parts if part[0] != "seller"]
        orders.check_seller(header, opening, others)
    return settle(receiver, kind, carrier, opening, statement)


def settle(receiver, kind, carrier, opening, statement):
    """The ledger, and for a new order the policy and the deadline."""
    header = carrier.header
    known = receiver.state(header.digest)
    if known is not None:
        newer = receiver.role == "seller" and opening.revision > known.opening.revision
        return {"outcome": "replaced" if newer else "known", "digest": header.digest}
    check_policy(receiver, header, opening)
    require(receiver.now <= messages.latest_of(kind, header), "deadline")
    return {
        "outcome": "new",
        "digest": header.digest,
        "sender": header.sender,
        "seller": opening.entry("seller")[1],
        "fields": opening.fields(),
        "revision": opening.revision,
        "token": opening.token,
        "at": statement and statement[3],
        "instructions": statement and statement[5],
    }


def check_way(role, kind, carrier):
    require((kind == "envelope") == (role == "seller"), "way")
    require(not (kind == "dispatch" and role == "card-manager"), "way")
    require(kind != "dispatch" or len(carrier.parts) == 1, "way", "a dispatch has one part")


def check_times(receiver, header):
    rules = receiver.rules
    require(header.issued_at <= receiver.now + rules["skew"], "issued-at")
    require(receiver.now <= header.deliver_until, "deliver-until")
    for name, until in (("accept", header.accept_until), ("deliver", header.deliver_until),
                        ("settle", header.settle_until)):
        require(until - header.issued_at <= rules[name], "windows", name)


def open_statement(receiver, kind, carrier):
    header = carrier.header
    bound = statement_header(kind, header.digest, receiver.role)
    plaintext = sealing.open_sealed(receiver, carrier.relayer, bound, carrier.statement, header.issued_at)
    statement = shape.read(plaintext, messages.STATEMENT)
    messages.check_at(header, statement[3], messages.latest_of(kind, header), receiver.now, receiver.rules["skew"])
    messages.check_statement(kind, statement, carrier.parts)
    return statement


def statement_header(kind, digest, receiver_role):
    return Header(kind, 0, digest, "seller", receiver_role, None)


def part_header(digest, receiver_role, token):
    return Header("part", 0, digest, "card-holder", receiver_role, token)


def open_part(receiver, header, sealed, statement):
    token = statement[4] if statement is not None else None
    bound = part_header(header.digest, receiver.role, token)
    plaintext = sealing.open_sealed(receiver, header.sender, bound, sealed, header.issued_at)
    return orders.read_opening(plaintext)


def check_relayed(header, opening, carrier, statement):
    require(opening.entry("seller")[1] == carrier.relayer, "relayer")
    if carrier.kind == "dispatch":
        require(orders.token_hash(statement[4]) == header.token_hash, "dispatch-token")


def check_policy(receiver, header, opening):
    if receiver.serves is not None:
        require(opening.entry("seller")[1] in receiver.serves, "policy")
    if receiver.role in ("seller", "card-manager"):
        orders.check_amount(header, opening, receiver.role)
    if receiver.form is not None:
        orders.check_form(header, opening, receiver.form)


def authorization(receiver, item):
    _, _, digest, sealed = item
    require(receiver.role == "seller", "way")
    state = receiver.state(digest)
    require(state is not None, "order-unknown")
    header = state.header
    require(receiver.now <= header.settle_until, "settle-until")
    manager = state.opening.entry("card-manager")
    require(manager is not None, "order-unknown", "it has no card manager")
    bound = Header("authorization", 0, digest, "card-manager", "seller")
    verdict = shape.read(sealing.open_sealed(receiver, manager[1], bound, sealed, header.issued_at), messages.VERDICT)
    _, _, at, token, reason = verdict
    messages.check_at(header, at, messages.latest_of("authorization", header), receiver.now, receiver.rules["skew"])
    if token is not None:
        require(orders.token_hash(token) == header.token_hash, "verdict-token")
    if state.stage[0] != "awaiting":
        return {"outcome": "known", "digest": digest}
    return {"outcome": "declined" if token is None else "approved", "digest": digest, "at": at, "token": token,
            "reason": reason}


def receipt(receiver, item):
    _, _, digest, giver, sealed = item
    require(receiver.role == "card-holder", "way")
    found = [each for each in receiver.placed if each.header.digest == digest]
    require(found and found[0].header.sender == receiver.identifier, "order-unknown")
    header, entries = found[0].header, found[0].recipients
    require(giver in messages.STATUSES, "receipt-from")
    identifiers = [recipient[1] for recipient, _ in entries if recipient[0] == giver]
    require(identifiers, "receipt-from")
    require(receiver.now <= header.settle_until, "settle-until")
    bound = Header("receipt", 0, digest, giver, "card-holder")
    report = shape.read(sealing.open_sealed(receiver, identifiers[0], bound, sealed, header.issued_at),
                        messages.REPORT)
    messages.check_report(giver, report)
    _, _, _, revision, at, status, reason = report
    return {"outcome": "receipt", "digest": digest, "from": giver, "revision": revision, "at": at, "status": status,
            "reason": reason}
