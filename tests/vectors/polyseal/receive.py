"""A receiver: every check between a message and what it says, in the order of SPEC.md, section 16."""

from . import answers, keys, life, messages, orders, sealing, shape, states
from .answers import check_at, dates
from .base import require, within
from .forms import DIRECT, ON_APPROVAL
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
    if kind in answers.RECEIVE:
        return answers.RECEIVE[kind](receiver, message)
    check_way(receiver.role, kind)
    sealed = message.part_for(receiver.role)
    check_times(receiver, message.header, kind)
    if kind == "envelope":
        return envelope(receiver, message, sealed)
    if kind == "direct":
        return direct(receiver, message, sealed)
    if kind == "request":
        return request(receiver, message, sealed)
    return forwarded(receiver, message, sealed)


def check_way(role, kind):
    """M-2, but for the part."""
    require((kind == "envelope") == (role == "seller"), "M-2 kind")
    require(not (kind == "dispatch" and role == "card-manager"), "M-2 dispatch")
    require(kind != "request" or role == "card-manager", "M-2 request")


def last_day(kind, header):
    return header.settle_until if kind == "request" else header.deliver_until


def check_times(receiver, header, kind):
    """M-3 to M-5."""
    rules = receiver.rules
    require(header.issued_at <= receiver.now + rules["skew"], "M-3")
    require(receiver.now <= last_day(kind, header), "M-4")
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
        require(known.release != DIRECT, "R-5 direct")
        require(known.opening.entry("seller")[1] == carrier.relayer, "R-5 relayer")
        return again(receiver, known, carrier, statement)
    opening = open_part(receiver, carrier, sealed, statement[4])
    require(opening.entry("seller")[1] == carrier.relayer, "R-7")
    check_policy(receiver, header, opening, "R-8")
    if carrier.kind == "relay":
        require(receiver.now <= header.accept_until, "R-9")
    return new(receiver, header, opening, statement[3], consignment=statement[5])


def again(receiver, known, carrier, statement):
    """A relay or a dispatch of a known order: D-4."""
    digest = carrier.header.digest
    if carrier.kind == "dispatch" and waited(known):
        filed = [consignment for _, consignment, _ in known.stage[1]]
        if statement[5][0] not in [number for number, _, _ in filed]:
            life.check_consignment(filed, statement[5])
            return {"outcome": "consignment", "digest": digest, "at": statement[3], "consignment": statement[5]}
    return {"outcome": "known", "digest": digest}


def waited(known):
    """Whether an order came by its first consignment."""
    return known.release == ON_APPROVAL


def request(receiver, carrier, sealed):
    header = carrier.header
    at, demand = open_claim(receiver, carrier)
    known = receiver.state(header.digest)
    if known is None:
        opening = first_request(receiver, carrier, sealed, demand)
    else:
        opening = known.opening
        require(opening.entry("seller")[1] == carrier.relayer, "Q-4 relayer")
    due = orders.amount_due(opening, "Q-5")
    life.check_sum(due, demand, "Q-5")
    if known is None:
        return new(receiver, header, opening, at, demand=demand)
    decision, requests = known.stage
    filed = life.settled_before(requests, demand)
    if filed is not None:
        return {"outcome": "settled", "digest": header.digest, "demand": filed[1], "settled": filed[2]}
    approved = decision is not None and decision[1] is None
    return {"outcome": "open", "digest": header.digest, "at": at, "demand": demand,
            "refunded": life.total_if_granted(due, approved, requests, demand)}


def first_request(receiver, carrier, sealed, demand):
    """Q-4, of an order that is not known: what its part says."""
    require(sealed is not None, "Q-4 part")
    with within("Q-4"):
        opening = open_part(receiver, carrier, sealed, None)
        require(opening.entry("seller")[1] == carrier.relayer, "R-7")
        check_policy(receiver, carrier.header, opening, "R-8")
    require(demand[1] == messages.CANCEL, "Q-4 cancel")
    return opening


def new(receiver, header, opening, at=None, consignment=None, demand=None):
    require(header.settle_until >= receiver.floor, "L-6")
    return {
        "outcome": "new",
        "digest": header.digest,
        "sender": header.sender,
        "seller": opening.entry("seller")[1],
        "fields": opening.fields(),
        "revision": opening.revision,
        "token": opening.token,
        "at": at,
        "consignment": consignment,
        "demand": demand,
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


def open_claim(receiver, carrier):
    """Q-1 to Q-3: when the seller filed its demand, and the demand."""
    header = carrier.header
    bound = statement_header("request", header.digest, receiver.role)
    opened = sealing.open_sealed(receiver, carrier.relayer, bound, carrier.statement, *dates(header))
    _, _, covered, at, demand = shape.plaintext(opened, messages.CLAIM, "Q-1")
    require(covered == claimed(carrier.parts), "Q-2")
    check_at(receiver, header, at, "request", "Q-3", "Q-3")
    return at, demand


def claimed(parts):
    """What a claim says of the part that it comes with, or of none."""
    return orders.companions(parts)


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
