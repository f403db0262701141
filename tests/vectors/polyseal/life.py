"""What a filed order comes to: consignments, requests and their resolutions, as a state has them."""

from . import messages, names
from .base import require
from .messages import CANCEL, REFUND

INSTRUCTIONS_IN_ALL = 65536


def check_consignment(filed, new):
    """D-4, of a consignment whose number is not filed. `filed`: those that are."""
    number, last, _ = new
    require(not any(ends and number > before for before, ends, _ in filed), "D-4 after")
    require(not (last and any(number < other for other, _, _ in filed)), "D-4 below")
    require(instructions_fit([*filed, new]), "D-4 instructions")


def instructions_fit(consignments):
    return sum(len(instructions) for _, _, instructions in consignments) <= INSTRUCTIONS_IN_ALL


def check_sum(due, demand, must):
    """Q-5. `due`: the amount of the order, as names.amount gives it."""
    if demand[1] == REFUND:
        asked = names.amount(demand[2])
        require(asked[0] > 0, f"{must} zero")
        require(names.comparable(asked, due), f"{must} scale")


def granted(settled):
    return settled is not None and settled[1] is None


def refused(settled):
    return settled is not None and settled[1] is not None


def cancellation(requests):
    """The request whose cancellation is granted, or None."""
    found = [each for each in requests if each[1][1] == CANCEL and granted(each[2])]
    return found[0] if found else None


def refunded_in_all(requests):
    """Units of all refunds that are granted."""
    return sum(names.amount(demand[2])[0] for _, demand, settled in requests
               if demand[1] == REFUND and granted(settled))


def settled_before(requests, demand):
    """Q-6: the request whose resolution answers this demand, or None if it is open."""
    cancelled = cancellation(requests)
    if cancelled is not None:
        return cancelled
    found = [each for each in requests if each[1][0] == demand[0]]
    return found[0] if found else None


def total_if_granted(due, approved, requests, demand):
    """Q-7: `refunded` of a resolution that grants the demand; None if none may."""
    total = refunded_in_all(requests)
    if demand[1] == REFUND:
        total += names.amount(demand[2])[0]
        if not approved or total > due[0]:
            return None
    return names.written(total, *due[1:])


def awaits(stage):
    """Whether a seller's order has no answer yet, and is not cancelled."""
    answer, _, requests = stage
    return answer[0] == "awaiting" and cancellation(requests) is None


def dispatched(stage, role):
    """What a seller dispatched to a role."""
    answer = stage[0]
    return [consigned for to, consigned in answer[3] if to == role] if answer[0] == "approved" else []


def check_resolution(due, demand, settled, must):
    """J-6."""
    refunded = names.amount(settled[2])
    require(names.comparable(refunded, due), f"{must} scale of all")
    require(refunded[0] <= due[0], f"{must} more than due")
    if demand[1] == REFUND and granted(settled):
        require(refunded[0] >= names.amount(demand[2])[0], f"{must} sum")


def place(header, role):
    """What consignments in a report are sorted by, before their numbers."""
    return header.roles.index(role) if role in header.roles else -1


def check_report(giver, header, releases, due, report):
    """C-5. `releases`: role and release of the recipients. `due`: the amount of the order, None if it is forgotten."""
    *_, status, _, withdrawn, refunded, consignments = report
    require(status in messages.STATUSES[giver], "C-5 status")
    require((refunded is None) == (giver == "delivery-service"), "C-5 refunded")
    if refunded is not None and due is not None:
        require(names.comparable(names.amount(refunded), due), "C-5 scale")
        require(names.amount(refunded)[0] <= due[0], "C-5 more than due")
    require(withdrawn is None or giver == "seller", "C-5 withdrawn")
    roles = [role for role, _, _, _ in consignments]
    require(all(releases.get(role) == 2 for role in roles), "C-5 release")
    require(giver != "delivery-service" or set(roles) <= {giver}, "C-5 own")
    require(giver != "card-manager" or not roles, "C-5 none")
    places = [(place(header, role), number) for role, number, _, _ in consignments]
    require(all(a < b for a, b in zip(places, places[1:])), "C-5 order")
    require(not (consignments and status == messages.DECLINED), "C-5 declined")
    require(not any(follows_the_last(*each) for each in zip(consignments, consignments[1:])), "C-5 after")


def follows_the_last(one, after):
    """Whether a consignment of a report comes after the last one of its role."""
    return one[0] == after[0] and one[2] == 1
