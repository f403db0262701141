"""What comes for an order by its digest alone: authorizations, responses, delivery reports, withdrawals, receipts."""

from . import life, messages, orders, sealing, shape
from .base import require
from .forms import ON_APPROVAL
from .sealing import Header


def check_at(receiver, header, at, kind, must, must_end):
    messages.check_at(header, at, messages.latest_of(kind, header), receiver.now, receiver.rules["skew"], must,
                      must_end)


def dates(header):
    """For which a key has to be."""
    return header.issued_at, header.issued_at


def is_filed(what):
    """Whether there is a resolution, an outcome or a withdrawal: the first one counts."""
    return what is not None


def time_of_filing(receiver, header):
    """W-2."""
    return max(receiver.now, header.issued_at)


def filed(receiver, digest, must):
    """A seller's order."""
    state = receiver.state(digest)
    require(receiver.role == "seller" and state is not None, f"{must} order")
    return state


def opened_for_seller(receiver, header, kind, sender, sender_role, sealed):
    bound = Header(kind, 0, header.digest, sender_role, "seller")
    return sealing.open_sealed(receiver, sender, bound, sealed, *dates(header))


def authorization(receiver, item):
    _, _, digest, sealed = item
    state = filed(receiver, digest, "A-1")
    header = state.header
    manager = state.opening.entry("card-manager")
    require(manager is not None, "A-1 manager")
    require(receiver.now <= header.settle_until, "A-2")
    opened = opened_for_seller(receiver, header, "authorization", manager[1], "card-manager", sealed)
    _, _, at, token, reason = shape.plaintext(opened, messages.VERDICT, "A-3")
    check_at(receiver, header, at, "authorization", "A-4", "A-4")
    if token is not None:
        require(orders.token_hash(token) == header.token_hash, "A-5")
        require(header.sender not in receiver.revoked, "A-6")
    if not life.awaits(state.stage):
        return {"outcome": "known", "digest": digest}
    return {"outcome": "declined" if token is None else "approved", "digest": digest, "at": at, "token": token,
            "reason": reason}


def response(receiver, item):
    _, _, digest, sealed = item
    state = filed(receiver, digest, "J-1")
    header = state.header
    manager = state.opening.entry("card-manager")
    require(manager is not None, "J-1 manager")
    require(receiver.now <= header.settle_until, "J-2")
    opened = opened_for_seller(receiver, header, "response", manager[1], "card-manager", sealed)
    _, _, demand, settled = shape.plaintext(opened, messages.RESOLUTION, "J-3")
    asked = [each for each in state.stage[2] if same_demand(each[1], demand)]
    require(asked, "J-4")
    check_at(receiver, header, settled[0], "response", "J-5", "J-5")
    life.check_resolution(orders.amount_due(state.opening, "J-6"), demand, settled, "J-6")
    if is_filed(asked[0][2]):
        return {"outcome": "known", "digest": digest}
    return {"outcome": "resolved", "digest": digest, "demand": demand, "settled": settled}


def same_demand(filed_one, told):
    return filed_one == told


def delivery(receiver, item):
    _, _, digest, giver, sealed = item
    state = filed(receiver, digest, "Y-1")
    header, entry = state.header, state.opening.entry(giver)
    require(entry is not None and entry[2] == ON_APPROVAL, "Y-2")
    require(receiver.now <= header.settle_until, "Y-3")
    opened = opened_for_seller(receiver, header, "delivery", entry[1], giver, sealed)
    _, _, number, result = shape.plaintext(opened, messages.OUTCOME, "Y-4")
    found = [each for each in life.dispatched(state.stage, giver) if each[1][0] == number]
    require(found, "Y-5")
    check_at(receiver, header, result[0], "delivery", "Y-6", "Y-6")
    if is_filed(found[0][2]):
        return {"outcome": "known", "digest": digest}
    return {"outcome": "outcome", "digest": digest, "from": giver, "number": number, "result": result}


def withdrawal(receiver, item):
    _, _, digest, sealed = item
    state = filed(receiver, digest, "Z-1")
    header = state.header
    require(receiver.now <= header.settle_until, "Z-2")
    opened = opened_for_seller(receiver, header, "withdrawal", header.sender, "card-holder", sealed)
    shape.plaintext(opened, messages.NOTICE, "Z-3")
    if is_filed(state.stage[1]):
        return {"outcome": "known", "digest": digest}
    return {"outcome": "withdrawn", "digest": digest, "at": time_of_filing(receiver, header)}


def receipt(receiver, item):
    _, _, digest, giver, sealed = item
    found = [each for each in receiver.placed if each.header.digest == digest]
    require(receiver.role == "card-holder" and found, "C-1 order")
    header, recipients = found[0].header, [recipient for recipient, _ in found[0].recipients]
    identifiers = [recipient[1] for recipient in recipients if recipient[0] == giver]
    require(giver in messages.STATUSES and identifiers, "C-2")
    require(receiver.now <= header.settle_until, "C-3")
    bound = Header("receipt", 0, digest, giver, "card-holder")
    opened = sealing.open_sealed(receiver, identifiers[0], bound, sealed, *dates(header))
    report = shape.plaintext(opened, messages.REPORT, "C-4")
    _, _, told, revision, at, status, reason, withdrawn, refunded, consignments = report
    require(told == giver, "C-4 from")
    releases = {role: release for role, _, release, _ in recipients}
    life.check_report(giver, header, releases, found[0].amount_due(), report)
    return {"outcome": "receipt", "digest": digest, "from": giver, "revision": revision, "at": at, "status": status,
            "reason": reason, "withdrawn": withdrawn, "refunded": refunded, "consignments": consignments}


RECEIVE = {"authorization": authorization, "response": response, "delivery": delivery, "withdrawal": withdrawal,
           "receipt": receipt}
