"""Samples: what comes for an order by its digest, to the seller and to the card holder: (comment, input, None or the rule)."""

from . import cbor
from .samples_life import DELIVER, GRANTED, REFUND, REFUSED, SETTLE
from .samples_life import asked, consigned, granted, of_delivery, of_manager, of_seller, refund, sent
from .samples_messages import DIRECT, filed, message, placed, with_other
from .spoiling import Holds, change
from .world import CANCEL, DAY, FORM, HOUR, IDS, NOW, Order, form_item


def responses():
    order, seller = Order(), "seller"
    open_refund, open_cancel = of_seller(order, asked(REFUND), dispatches=[]), of_seller(order, asked())
    ten = {"demand": REFUND, "refunded": "10.00 EUR"}
    yield message("a cancellation granted", seller, order.response(), **open_cancel)
    yield message("a cancellation refused", seller, order.response(refusal="it is on its way"), **open_cancel)
    yield message("a refusal without a reason", seller, order.response(refusal=""), **open_cancel)
    yield message("a refund granted", seller, order.response(**ten), **open_refund)
    yield message("a refund refused", seller, order.response(REFUND, "no"), **open_refund)
    yield message("a refund refused without a reason", seller, order.response(REFUND, ""), **open_refund)
    direct = Order(form=DIRECT)
    yield message("a response of a direct card manager", seller, direct.response(), **of_seller(direct, asked()))
    for comment, requests_, data, rule in (
        ("a filed resolution again", [asked(CANCEL, GRANTED)], order.response(), Holds("J-7")),
        ("another resolution than the filed one", [asked(CANCEL, GRANTED)], order.response(refusal="no"), Holds("J-7")),
        ("a grant after a refusal", [asked(CANCEL, REFUSED)], order.response(), Holds("J-7")),
        ("the first of two demands", [asked(REFUND), refund(2, "5.00 EUR", None)], order.response(**ten), Holds("J-7")),
        ("the second of two demands", [asked(REFUND), refund(2, "5.00 EUR", None)],
         order.response([2, 1, "5.00 EUR"], refunded="5.00 EUR"), Holds("J-7")),
        ("a refund of a cancelled order", [asked(REFUND), asked([2, 0, None], granted("10.00 EUR"))],
         order.response(**ten), Holds("J-7")),
        ("no demand", [], order.response(), "J-4"), ("another number", [asked()], order.response([2, 0, None]), "J-4"),
        ("another kind", [asked()], order.response(**ten), "J-4"),
        ("another sum", [asked(REFUND)], order.response([1, 1, "10.01 EUR"], refunded="10.01 EUR"), "J-4"),
        ("another sum, refused", [asked(REFUND)], order.response([1, 1, "10.01 EUR"], "no"), "J-4"),
        ("another text of the sum", [asked(REFUND)], order.response([1, 1, "10 EUR"], refunded="10.00 EUR"), "J-4"),
        ("less in all than the sum", [asked(REFUND)], order.response(REFUND, refunded="9.99 EUR"), "J-6"),
        ("less in all than the sum, refused", [asked(REFUND)], order.response(REFUND, "no", "9.99 EUR"), Holds("J-6")),
        ("all that is due", [asked(REFUND)], order.response(REFUND, refunded="59.80 EUR"), Holds("J-6")),
        ("more than is due", [asked(REFUND)], order.response(REFUND, refunded="59.81 EUR"), "J-6"),
        ("more than is due, refused", [asked(REFUND)], order.response(REFUND, "no", "59.81 EUR"), "J-6"),
        ("another currency in all", [asked(REFUND)], order.response(REFUND, refunded="10.00 USD"), "J-6"),
        ("other decimals in all", [asked(REFUND)], order.response(REFUND, refunded="10 EUR"), "J-6"),
        ("a cancellation that says more than is due", [asked()], order.response(refunded="59.81 EUR"), "J-6"),
        ("a cancellation in other decimals", [asked()], order.response(refunded="0 EUR"), "J-6")):
        yield message(f"a response: {comment}", seller, data, rule, **of_seller(order, *requests_, dispatches=[]))
    for comment, spoil in (("no resolution", lambda _: [0]), ("a verdict", lambda r: [r[0], "verdict", NOW, None, "no"]),
                           ("no time", change(3, lambda s: s[1:])), ("no sum in all", change(3, 2, None)),
                           ("what is no amount", change(3, 2, "0,00 EUR"))):
        yield message(f"a response that says {comment}", seller, Order(resolution=spoil).response(), "J-3", **open_cancel)
    yield message("a response for an order that is not filed", seller, order.response(), "J-1")
    alone = Order(form=[FORM[0]])
    yield message("a response for an order without a card manager", seller, order.message(
        "response", alone.digest, cbor.decode(order.response())[3]), "J-1",
        **of_seller(alone, asked(CANCEL, GRANTED)))
    yield message("a response for the card manager", "card-manager", order.response(), "J-1", **of_manager(order))
    for comment, at, now, rule in answer_times("J-2", "J-5"):
        yield message(f"a response {comment}", seller, order.response(at=at), rule, now=now, **open_cancel)


def answer_times(until, filed_at):
    """Both sides of each deadline of what answers a filed order: when it was filed, when it comes."""
    return (("at settle-until", SETTLE, SETTLE, Holds(until)), ("after settle-until", NOW, SETTLE + 1, until),
            ("filed before the order", NOW - 1, NOW, filed_at), ("filed with the order", NOW, NOW, Holds(filed_at)),
            ("filed 300 s ahead", NOW + 300, NOW, Holds(filed_at)), ("filed 301 s ahead", NOW + 301, NOW, filed_at),
            ("filed after deliver-until", DELIVER + 1, DELIVER + DAY, Holds(filed_at)),
            ("filed after settle-until", SETTLE + 1, SETTLE, filed_at))


def deliveries():
    order, seller = Order(), "seller"
    two = of_seller(order, dispatches=[sent(), sent(2, 1)])
    yield message("a consignment delivered", seller, order.delivery(), **two)
    yield message("a consignment that failed", seller, order.delivery(2, "nobody at home"), **two)
    yield message("a failure without a reason", seller, order.delivery(2, ""), **two)
    known = of_seller(order, dispatches=[sent(result=[NOW, "nobody at home"]), sent(2, 1)])
    yield message("an outcome again", seller, order.delivery(1, "nobody at home"), Holds("Y-7"), **known)
    yield message("another outcome than the filed one", seller, order.delivery(), Holds("Y-7"), **known)
    yield message("the outcome of another consignment", seller, order.delivery(2), Holds("Y-7"), **known)
    yield message("an outcome of a cancelled order", seller, order.delivery(), Holds("Y-7"),
                  **of_seller(order, asked(CANCEL, GRANTED), dispatches=[sent(1, 1)]))
    yield message("an outcome of a withdrawn order", seller, order.delivery(), Holds("Y-7"),
                  **of_seller(order, dispatches=[sent(1, 1)], withdrawn=NOW))
    for comment, data, ledger, rule in (
        ("of a number that is not dispatched", order.delivery(3), two, "Y-5"),
        ("of an order that is not dispatched", order.delivery(), of_seller(order, dispatches=[]), "Y-5"),
        ("of an order that is not approved", order.delivery(), of_seller(order), "Y-5"),
        ("of an order that is not filed", order.delivery(), {}, "Y-1"),
        ("of a recipient on receipt", order.delivery(role="card-manager"), two, "Y-2"),
        ("of the seller itself", Order(message=change(3, "seller")).delivery(), two, "Y-2"),
        ("of a role that the order lacks", Order(message=change(3, "other")).delivery(), two, "Y-2"),
        ("that is no outcome", Order(outcome=lambda _: [0]).delivery(), two, "Y-4"),
        ("of number 0", order.delivery(0), two, "Y-4"), ("of number 257", order.delivery(257), two, "Y-4"),
        ("without its time", Order(outcome=change(3, [None])).delivery(), two, "Y-4")):
        yield message(f"a delivery report {comment}", seller, data, rule, **ledger)
    yield message("a delivery report for the delivery service", "delivery-service", order.delivery(), "Y-1",
                  **of_delivery(order, consigned()))
    other = with_other(release=2)
    to_other = of_seller(other, dispatches=[sent(), sent(2, 1), sent(1, 1, role="other")])
    yield message("a delivery report of a role without a name here", seller, other.delivery(role="other"),
                  form=form_item([*FORM, ["other", None, 2, ["amount.due"]]]).hex(), **to_other)
    yield message("a delivery report of a number that went to another role", seller, other.delivery(2, role="other"),
                  "Y-5", **to_other)
    yield message("a delivery report in another's name", seller, Order(
        form=other.form, ids=other.ids, message=change(3, "delivery-service")).delivery(role="other"), "O-6", **to_other)
    for comment, at, now, rule in answer_times("Y-3", "Y-6"):
        yield message(f"a delivery report {comment}", seller, order.delivery(at=at), rule, now=now, **two)


def withdrawals():
    order, seller = Order(), "seller"
    for comment, ledger in (
        ("that awaits its answer", of_seller(order)), ("that is approved", of_seller(order, dispatches=[sent()])),
        ("that is declined", filed(order, "seller", stage=[["declined", NOW, "no"], None, []])),
        ("that is to be cancelled", of_seller(order, asked())),
        ("that is cancelled", of_seller(order, asked(CANCEL, GRANTED)))):
        yield message(f"a withdrawal of an order {comment}", seller, order.withdrawal(), Holds("Z-4"), now=NOW + HOUR,
                      **ledger)
    yield message("a withdrawal again", seller, order.withdrawal(), Holds("Z-4"), now=NOW + HOUR,
                  **of_seller(order, withdrawn=NOW))
    yield message("a withdrawal of an order that is not filed", seller, order.withdrawal(), "Z-1")
    yield message("a withdrawal for the delivery service", "delivery-service", order.withdrawal(), "Z-1",
                  **of_delivery(order, consigned()))
    yield message("a withdrawal that is no notice", seller, Order(notice=lambda _: [0]).withdrawal(), "Z-3",
                  **of_seller(order))
    yield message("a withdrawal that says more", seller, Order(notice=lambda n: [*n, None]).withdrawal(), "Z-3",
                  **of_seller(order))
    thief = Order()
    thief.ids = {**IDS, "card-holder": b"thief.example"}
    yield message("a withdrawal of another than the card holder", seller, thief.withdrawal(), "O-6", **of_seller(order))
    yield message("a withdrawal by the delivery service", seller, order.message("withdrawal", order.digest, order.said(
        "withdrawal", "delivery-service", "seller", "notice")), "O-6", **of_seller(order))
    yield message("a withdrawal at settle-until", seller, order.withdrawal(), Holds("Z-2"), now=SETTLE,
                  **of_seller(order))
    yield message("a withdrawal after settle-until", seller, order.withdrawal(), "Z-2", now=SETTLE + 1,
                  **of_seller(order))
    yield message("a withdrawal by a clock that is behind: its time is not before the order", seller, order.withdrawal(),
                  Holds("Z-4"), now=NOW - 60, **of_seller(order))


def receipts():
    order, holder = Order(), "card-holder"
    parcel = ["delivery-service", 1, 0, None]
    arrived, lost = ["delivery-service", 1, 0, [NOW, None]], ["delivery-service", 2, 1, [NOW, "lost"]]
    whole = {"withdrawn": NOW, "refunded": "10.00 EUR", "consignments": [arrived, lost]}
    for role, status, reason, more, comment in (
        ("seller", 0, None, {}, "received"), ("seller", 1, None, {}, "approved"), ("seller", 2, "no", {}, "declined"),
        ("seller", 3, None, {}, "cancelled"), ("card-manager", 0, None, {}, "received"),
        ("card-manager", 1, None, {}, "approved"), ("card-manager", 2, "", {}, "declined"),
        ("card-manager", 3, None, {"refunded": "10.00 EUR"}, "cancelled"), ("delivery-service", 0, None, {}, "received"),
        ("seller", 1, None, {"consignments": [parcel]}, "dispatched"), ("seller", 3, None, whole, "all that it can say"),
        ("delivery-service", 0, None, {"consignments": [arrived, lost]}, "consignments and their outcomes"),
        ("delivery-service", 0, None, {"consignments": [parcel, ["delivery-service", 3, 0, None]]}, "a number skipped"),
        ("seller", 0, None, {"withdrawn": NOW}, "withdrawn")):
        yield message(f"a receipt of the {role}: {comment}", holder,
                      order.receipt(role, status, reason, revision=status, **more), Holds("C-5"), **placed(order))
    yield message("a receipt for an order whose contents are forgotten", holder, order.receipt(),
                  placed=[order.placed(False).hex()])
    yield from sums_in_receipts(Order())
    yield message("a receipt of the seller: two consignments, and none after the last", holder,
                  Order().receipt(status=1, consignments=[parcel, lost]), Holds("C-5"), **placed(order))
    for comment, role, spoil, rule in (
        ("a consignment after the last", "seller", change(9, [[*parcel[:2], 1, None], lost]), "C-5"),
        ("two consignments after the last, of which one is", "delivery-service",
         change(9, [parcel, [*lost[:2], 1, None], ["delivery-service", 3, 0, None]]), "C-5"),
        ("a declined order with a consignment", "seller",
         lambda report: [*report[:5], 2, "no", *report[7:9], [parcel]], "C-5"),
        ("the delivery service says `approved`", "delivery-service", change(5, 1), "C-5"),
        ("the delivery service says `cancelled`", "delivery-service", change(5, 3), "C-5"),
        ("the delivery service says what is refunded", "delivery-service", change(8, "0.00 EUR"), "C-5"),
        ("the seller does not say what is refunded", "seller", change(8, None), "C-5"),
        ("the card manager does not say what is refunded", "card-manager", change(8, None), "C-5"),
        ("the card manager says `withdrawn`", "card-manager", change(7, NOW), "C-5"),
        ("the delivery service says `withdrawn`", "delivery-service", change(7, NOW), "C-5"),
        ("the card manager tells of consignments", "card-manager", change(9, [parcel]), "C-5"),
        ("a consignment to a recipient on receipt", "seller", change(9, [["card-manager", 1, 0, None]]), "C-5"),
        ("a consignment to nobody of the order", "seller", change(9, [["other", 1, 0, None]]), "C-5"),
        ("a consignment twice", "seller", change(9, [parcel, parcel]), "C-5"),
        ("consignments out of order", "seller", change(9, [lost, arrived]), "C-5"),
        ("declined, and null for the reason", "seller", change(5, 2), "C-4"),
        ("approved, and a reason", "seller", change(6, "no"), "C-4"),
        ("a status that there is not", "seller", change(5, 4), "C-4"),
        ("refunded what is no amount", "seller", change(8, "0,00 EUR"), "C-4"),
        ("a consignment of number 0", "seller", change(9, [["delivery-service", 0, 0, None]]), "C-4"),
        ("it speaks for another giver", "seller", change(2, "card-manager"), "C-4"),
        ("it is no report", "seller", lambda _: [0], "C-4")):
        yield message(f"a receipt: {comment}", holder, Order(report=spoil).receipt(role), rule, **placed(order))
    yield message("a receipt for an order that is not placed", holder, order.receipt(), "C-1")
    yield message("a receipt of a role that gives none", holder, with_other(1).receipt("other"), "C-2",
                  **placed(with_other(1)))
    yield message("a receipt of a role that the order lacks", holder, order.message(
        "receipt", Order(form=FORM[:1]).digest, "card-manager", cbor.decode(order.receipt())[4]), "C-2",
        **placed(Order(form=FORM[:1])))
    yield message("a receipt of another giver than it says", holder,
                  Order(message=change(3, "card-manager")).receipt(), "O-6", **placed(order))
    yield from receipts_of_several()


def sums_in_receipts(order):
    """What is refunded, compared with the amount: 59.80 EUR."""
    for comment, refunded, rule in (
        ("all that is due", "59.80 EUR", Holds("C-5")), ("more than is due", "59.81 EUR", "C-5"),
        ("another currency", "10.00 USD", "C-5"), ("no decimals", "10 EUR", "C-5"), ("one decimal", "10.0 EUR", "C-5")):
        for role in ("seller", "card-manager"):
            yield message(f"a receipt of the {role}, refunded: {comment}", "card-holder",
                          order.receipt(role, 1, refunded=refunded), rule, **placed(order))
    yield message("a receipt of more than was due, which is forgotten", "card-holder",
                  order.receipt(refunded="9999.00 USD"), Holds("C-5"), placed=[order.placed(False).hex()])


def receipts_of_several():
    """Of an order with two recipients on approval. The header's order of roles is not that of their names."""
    form = [*FORM, ["branch", None, 2, ["amount.due"]]]
    order = Order(form=form, ids={**IDS, "branch": b"branch.example"})
    to_courier, to_branch = [["delivery-service", 2, 0, None], ["delivery-service", 10, 1, None]], ["branch", 1, 1, None]
    for comment, role, consignments_, rule in (
        ("in the header's order", "seller", [*to_courier, to_branch], Holds("C-5")),
        ("in the order of the roles' names", "seller", [to_branch, *to_courier], "C-5"),
        ("numbers out of order", "seller", [*to_courier[::-1], to_branch], "C-5"),
        ("a role twice", "seller", [to_courier[0], to_branch, to_courier[1]], "C-5"),
        ("its own", "delivery-service", to_courier, Holds("C-5")),
        ("those of another", "delivery-service", [*to_courier, to_branch], "C-5"),
        ("the last one of each", "seller", [["delivery-service", 1, 1, None], to_branch], Holds("C-5"))):
        yield message(f"a receipt of the {role}, consignments: {comment}", "card-holder",
                      order.receipt(role, consignments=consignments_), rule, **placed(order))
    relayed = Order(form=[FORM[0], FORM[1], [*FORM[2][:2], 1, FORM[2][3]]])
    yield message("a receipt of a delivery service on receipt", "card-holder", relayed.receipt("delivery-service"),
                  Holds("C-5"), **placed(relayed))
    yield message("the same, with a consignment", "card-holder", relayed.receipt(
        "delivery-service", consignments=[["delivery-service", 1, 1, None]]), "C-5", **placed(relayed))


GROUPS = [("messages", "response", responses), ("messages", "outcome", deliveries),
          ("messages", "withdrawal", withdrawals), ("messages", "receipt", receipts)]
