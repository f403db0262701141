"""A receiver: every check between a message and what it says, in the order of SPEC.md, section 16."""

from . import keys, messages, orders, sealing, shape, states
from .base import require, within
from .sealing import Header


class Receiver(keys.Party):
    """Besides its keys: the states that its ledger holds, what a card holder placed, and its policy."""

    def __init__(self, *args, ledger=(), placed=(), form=None, serves=None, floor=0, **more):
        super().__init__(*args, **more)
        self.ledger = [states.read_state(data) for data in ledger]
        self.placed = [states.read_placed(data, self.owner()) for data in placed]
        self.form, self.serves, self.floor = form, serves, floor

    def state(self, digest):
        """What the ledger has of an order: it is known then."""
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
    check_way(receiver.role, kind, message)
    sealed = message.part_for(receiver.role)
    check_times(receiver, message.header)
    if kind == "envelope":
        return envelope(receiver, message, sealed)
    if kind == "direct":
        return direct(receiver, message, sealed)
    return forwarded(receiver, message, sealed)


def check_way(role, kind, carrier):
    """M-2, but for the part."""
    require((kind == "envelope") == (role == "seller"), "M-2 kind")
    require(not (kind == "dispatch" and role == "card-manager"), "M-2 dispatch")


def check_times(receiver, header):
    """M-3 to M-5."""
    rules = receiver.rules
    require(header.issued_at <= receiver.now + rules["skew"], "M-3")
    require(receiver.now <= header.deliver_until, "M-4")
    for name, until in (("accept", header.accept_until), ("deliver", header.deliver_until),
                        ("settle", header.settle_until)):
        require(until - header.issued_at <= rules[name], f"M-5 {name}")


def envelope(receiver, carrier, sealed):
    header, known = carrier.header, receiver.state(carrier.header.digest)
    opening = open_part(receiver, carrier, sealed, None)
    others = [part for part in carrier.parts if part[0] != "seller"]
    own_place = [role for role, _ in carrier.parts].index("seller")
    orders.check_seller(header, opening, others, own_place)
    if known is not None:
        return {"outcome": "replaced" if replaces(opening, known) else "known", "digest": header.digest}
    orders.check_amount(header, opening)
    manager = opening.entry("card-manager")
    require(receiver.serves is None or manager is None or manager[1] in receiver.serves, "E-8 manager")
    if receiver.form is not None:
        orders.check_form(header, opening, receiver.form)
    require(receiver.now <= header.accept_until, "E-9")
    return new(receiver, header, opening)


def replaces(opening, known):
    return opening.revision > known.opening.revision


def direct(receiver, carrier, sealed):
    header, known = carrier.header, receiver.state(carrier.header.digest)
    opening = open_part(receiver, carrier, sealed, None)
    if known is not None:
        return {"outcome": "known", "digest": header.digest}
    with within("R-8"):
        check_policy(receiver, header, opening, "X-3")
    require(receiver.now <= header.accept_until, "X-4")
    return new(receiver, header, opening)


def forwarded(receiver, carrier, sealed):
    """A relay or a dispatch."""
    header = carrier.header
    statement = open_statement(receiver, carrier)
    known = receiver.state(header.digest)
    if known is not None:
        require(known.seller_key_id is not None and known.opening.entry("seller")[1] == carrier.relayer, "R-5")
        return {"outcome": "known", "digest": header.digest}
    opening = open_part(receiver, carrier, sealed, statement[4])
    require(opening.entry("seller")[1] == carrier.relayer, "R-7")
    check_policy(receiver, header, opening, "R-8")
    if carrier.kind == "relay":
        require(receiver.now <= header.accept_until, "R-9")
    return new(receiver, header, opening, statement)


def new(receiver, header, opening, statement=None):
    require(header.settle_until >= receiver.floor, "L-6")
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


def open_statement(receiver, carrier):
    """R-1 to R-4, D-1 and D-2."""
    header, kind = carrier.header, carrier.kind
    bound = statement_header(kind, header.digest, receiver.role)
    opened = sealing.open_sealed(receiver, carrier.relayer, bound, carrier.statement, *dates(header))
    statement = shape.plaintext(opened, messages.STATEMENT, "R-1")
    messages.check_statement(kind, header, statement, carrier.parts)
    check_at(receiver, header, statement[3], kind, "R-4", "D-2" if kind == "dispatch" else "R-4")
    return statement


def check_at(receiver, header, at, kind, must, must_end):
    messages.check_at(header, at, messages.latest_of(kind, header), receiver.now, receiver.rules["skew"], must,
                      must_end)


def dates(header):
    """For which a key has to be."""
    return header.issued_at, header.issued_at


def statement_header(kind, digest, receiver_role):
    return Header(kind, 0, digest, "seller", receiver_role, None)


def part_header(digest, receiver_role, token):
    return Header("part", 0, digest, "card-holder", receiver_role, token)


def open_part(receiver, carrier, sealed, token):
    """Opens the receiver's part; P-1 to P-11."""
    header = carrier.header
    bound = part_header(header.digest, receiver.role, token)
    opened = sealing.open_sealed(receiver, header.sender, bound, sealed, *dates(header))
    opening = orders.read_opening(opened)
    orders.check_reader(header, opening, receiver.role, receiver.identifier, carrier.kind)
    return opening


def check_policy(receiver, header, opening, must):
    require(receiver.serves is None or opening.entry("seller")[1] in receiver.serves, f"{must} seller")
    if receiver.role == "card-manager":
        with within(must):
            orders.check_amount(header, opening)


def authorization(receiver, item):
    _, _, digest, sealed = item
    state = receiver.state(digest)
    require(receiver.role == "seller" and state is not None, "A-1 order")
    header = state.header
    manager = state.opening.entry("card-manager")
    require(manager is not None, "A-1 manager")
    require(receiver.now <= header.settle_until, "A-2")
    bound = Header("authorization", 0, digest, "card-manager", "seller")
    opened = sealing.open_sealed(receiver, manager[1], bound, sealed, *dates(header))
    _, _, at, token, reason = shape.plaintext(opened, messages.VERDICT, "A-3")
    check_at(receiver, header, at, "authorization", "A-4", "A-4")
    if token is not None:
        require(orders.token_hash(token) == header.token_hash, "A-5")
        require(header.sender not in receiver.revoked, "A-6")
    if state.stage[0] != "awaiting":
        return {"outcome": "known", "digest": digest}
    return {"outcome": "declined" if token is None else "approved", "digest": digest, "at": at, "token": token,
            "reason": reason}


def receipt(receiver, item):
    _, _, digest, giver, sealed = item
    found = [each for each in receiver.placed if each.header.digest == digest]
    require(receiver.role == "card-holder" and found, "C-1 order")
    header = found[0].header
    identifiers = [recipient[1] for recipient, _ in found[0].recipients if recipient[0] == giver]
    require(giver in messages.STATUSES and identifiers, "C-2")
    require(receiver.now <= header.settle_until, "C-3")
    bound = Header("receipt", 0, digest, giver, "card-holder")
    opened = sealing.open_sealed(receiver, identifiers[0], bound, sealed, *dates(header))
    _, _, told, revision, at, status, reason = shape.plaintext(opened, messages.REPORT, "C-4")
    require(told == giver, "C-4 from")
    require(status in messages.STATUSES[giver], "C-5")
    return {"outcome": "receipt", "digest": digest, "from": giver, "revision": revision, "at": at, "status": status,
            "reason": reason}
