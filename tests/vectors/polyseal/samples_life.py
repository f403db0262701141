"""Samples: further consignments of an order, and requests to its card manager: (comment, input, None or the rule)."""

from . import orders
from .samples_messages import DIRECT, filed, message, with_other
from .samples_parts import TIMES, sees
from .spoiling import Holds, change, flip
from .world import CANCEL, FIELDS, IDS, NOW, Order

REFUND = [1, 1, "10.00 EUR"]
GRANTED = [NOW, None, "0.00 EUR"]
REFUSED = [NOW, "no", "0.00 EUR"]
ACCEPT, DELIVER, SETTLE = TIMES[1:]


def asked(demand=CANCEL, settled=None, at=NOW):
    return [at, list(demand), settled]


def consigned(number=1, last=0, instructions=b"ring", at=NOW, result=None):
    return [at, [number, last, instructions], result]


def sent(number=1, last=0, role="delivery-service", **more):
    return [role, consigned(number, last, **more)]


def of_seller(order, *requests, dispatches=None, withdrawn=None):
    """Its ledger. The order is approved if something is, or may be, dispatched."""
    answer = ["awaiting"] if dispatches is None else order.approved(*dispatches)
    return filed(order, "seller", stage=[answer, withdrawn, list(requests)])


def of_manager(order, *requests, decision="approved"):
    found = {None: None, "approved": [NOW, None], "declined": [NOW, "no"]}[decision]
    return filed(order, "card-manager", stage=[found, list(requests)])


def of_delivery(order, *consignments):
    return filed(order, "delivery-service", stage=[None, list(consignments)])


def consignments():
    """Dispatches of an order that is known."""
    order, role = Order(), "delivery-service"
    first, last, middle = consigned(), consigned(5, 1), consigned(3)

    def dispatch(*consignment):
        return order.dispatch(consignment=list(consignment))
    for comment, data, known, rule in (
        ("the second consignment", dispatch(2, 0, b"side door"), [first], Holds("D-4")),
        ("the last consignment", dispatch(2, 1, b""), [first], Holds("D-4")),
        ("a consignment that was overtaken", dispatch(2, 0, b""), [first, middle], Holds("D-4")),
        ("a consignment that the last one overtook", dispatch(2, 0, b""), [first, last], Holds("D-4")),
        ("a consignment before the first one that came", dispatch(1, 0, b""), [middle], Holds("D-4")),
        ("a consignment after the last", dispatch(6, 0, b""), [first, last], "D-4"),
        ("another last one after the last", dispatch(6, 1, b""), [first, last], "D-4"),
        ("a last one before the last", dispatch(4, 1, b""), [first, last], "D-4"),
        ("a last one below another", dispatch(2, 1, b""), [middle], "D-4"),
        ("a consignment after the whole order", dispatch(2, 0, b""), [consigned(1, 1)], "D-4"),
        ("a filed consignment again", dispatch(1, 0, b"ring"), [first, middle], Holds("R-5")),
        ("a filed number with other instructions", dispatch(1, 0, b"knock"), [first], Holds("R-5")),
        ("a filed number that is the last now", dispatch(1, 1, b"ring"), [first, middle], Holds("R-5")),
        ("the last one again", dispatch(5, 1, b"ring"), [first, last], Holds("R-5")),
        ("one of a known outcome again", dispatch(1, 0, b"ring"), [consigned(result=[NOW, None])], Holds("R-5"))):
        yield message(comment, role, data, rule, **of_delivery(order, *known))
    full = [consigned(number, instructions=bytes(4096)) for number in range(1, 17)]
    for comment, data, known, rule in (
        ("65,536 bytes of instructions in all", dispatch(17, 1, bytes(4096)), full[:15], Holds("D-4")),
        ("65,537 bytes of instructions in all", dispatch(17, 1, b"x"), full, "D-4"),
        ("no instructions, after 65,536 bytes", dispatch(17, 1, b""), full, Holds("D-4")),
        ("one of the many again", dispatch(16, 0, bytes(4096)), full, Holds("R-5"))):
        yield message(comment, role, data, rule, **of_delivery(order, *known))
    spoilt = Order(opening=change(6, bytes(32)))
    yield message("a part that does not agree with its header", role, spoilt.dispatch(), "P-10")
    yield message("the same with a further consignment: the part is not looked at", role,
                  spoilt.dispatch(consignment=[2, 0, b""]), Holds("D-4"), **of_delivery(order, first))
    revoked = {"revoked": [IDS["card-holder"].hex()]}
    yield message("a further consignment for a revoked card holder", role, dispatch(2, 0, b""), Holds("D-4"),
                  **of_delivery(order, first), **revoked)
    yield message("a further consignment without the token", role,
                  Order(statement=change(4, None)).dispatch(consignment=[2, 0, b""]), "D-1", **of_delivery(order, first))
    yield message("a further consignment of a seller that is no longer served", role, dispatch(2, 0, b""), Holds("D-4"),
                  serves=[], **of_delivery(order, first))
    moved = Order()
    moved.ids = {**IDS, "seller": b"other.example"}
    yield message("a further consignment of another relayer", role, moved.dispatch(consignment=[2, 0, b""]), "R-5",
                  **of_delivery(order, first))
    yield message("a further consignment at deliver-until", role,
                  order.dispatch(consignment=[2, 0, b""], at=DELIVER), Holds("D-2"), now=DELIVER,
                  **of_delivery(order, first))
    yield message("a further consignment after deliver-until", role, dispatch(2, 0, b""), "M-4", now=DELIVER + 1,
                  **of_delivery(order, first))
    received = with_other(release=1)
    yield message("a dispatch of an order that was relayed is no consignment", "other", received.dispatch("other"),
                  Holds("R-5"), identifier=b"other.example", **filed(received, "other"))


def requests():
    """Of orders that the card manager has, or has not."""
    order, manager = Order(), "card-manager"
    late, bare = {"now": ACCEPT + 1}, {"parts": []}
    yield message("a request to cancel an order that is not known", manager, order.request())
    yield message("the same after accept-until", manager, order.request(), Holds("Q-4"), **late)
    yield message("a request to cancel a known order", manager, order.request(**bare), Holds("Q-6"), **of_manager(order))
    yield message("the same, with its part", manager, order.request(), Holds("Q-6"), **of_manager(order))
    yield message("a request to cancel an order that is not decided", manager, order.request(**bare), Holds("Q-6"),
                  **of_manager(order, decision=None))
    yield message("a request to cancel a declined order", manager, order.request(**bare), Holds("Q-6"),
                  **of_manager(order, decision="declined"))
    direct = Order(form=DIRECT)
    yield message("a request to cancel an order that came directly", manager, direct.request(**bare), Holds("Q-6"),
                  **of_manager(direct))
    yield message("a request with a part that came directly", manager, direct.request(), "P-11")
    for comment, data in (
        ("to the seller", (order.request(), "seller")), ("to the delivery service", (order.request(), "delivery-service")),
        ("with the part of another", (order.request(parts=[order.parts["seller"]]), manager))):
        yield message(f"a request {comment}", data[1], data[0], "M-2", **(of_manager(order) if data[1] == manager else {}))
    part = order.parts["delivery-service"]
    yield message("a request to the delivery service, with its part", "delivery-service", order.passed_on(
        "request", "delivery-service", [part], "claim", NOW, list(CANCEL)), "M-2")
    for comment, data, rule in (
        ("that opens to nothing", Order(claim=lambda _: [0]).request(), "Q-1"),
        ("that opens to a statement", Order(claim=lambda c: [c[0], "statement", *c[2:4], None, None]).request(), "Q-1"),
        ("to cancel, with a sum", order.request([1, 0, "1.00 EUR"]), "Q-1"),
        ("to refund, without a sum", order.request([1, 1, None]), "Q-1"),
        ("to refund what is no amount", order.request([1, 1, "1,00 EUR"]), "Q-1"),
        ("of number 0", order.request([0, 0, None]), "Q-1"), ("of number 257", order.request([257, 0, None]), "Q-1"),
        ("of another kind", order.request([1, 2, None]), "Q-1"),
        ("of other parts", Order(claim=change(2, flip)).request(), "Q-2"),
        ("without a part, which it says there is",
         Order(claim=change(2, orders.companions([order.parts["card-manager"]]))).request(**bare), "Q-2")):
        yield message(f"a request {comment}", manager, data, rule, **of_manager(order))
    yield message("a request with a part, which it does not say", manager,
                  Order(claim=change(2, orders.companions([]))).request(), "Q-2")
    yield message("a request without a part, of an order that is not known", manager, order.request(**bare), "Q-4")
    yield message("a request to refund an order that is not known", manager, order.request(REFUND), "Q-4")
    yield message("a request of number 256", manager, order.request([256, 0, None]), **of_manager(order))
    yield from requesters(order, bare)
    yield from request_times(order, bare)


def requesters(order, bare):
    manager = "card-manager"
    moved = Order()
    moved.ids = {**IDS, "seller": b"other.example"}
    yield message("a request of another than the seller", manager, moved.request(**bare), "Q-4", **of_manager(order))
    yield message("the same, with a part", manager, moved.request(), "R-7")
    yield message("a request of a seller that is not served", manager, order.request(), "R-8", serves=[])
    yield message("the same of a known order", manager, order.request(**bare), Holds("Q-4"), serves=[],
                  **of_manager(order))
    spoilt = Order(opening=change(6, bytes(32)))
    yield message("a request whose part does not agree with its header", manager, spoilt.request(), "P-10")
    yield message("the same of a known order: the part is not looked at", manager, spoilt.request(), Holds("Q-4"),
                  **of_manager(order))
    yield message("a request whose part does not open", manager,
                  Order(sealed=lambda s, place: change(2, flip)(s) if place == "part card-manager" else s).request(), "O-6")
    other = [["amount.due", "59,80 EUR"], *FIELDS[1:]]
    yield message("a request of an order without an amount", manager, Order(fields=other).request(), "E-7")
    yield message("a request of an order whose amount the seller does not see", manager,
                  Order(recipients=sees(seller=[3])).request(), "E-7")
    yield message("a request of an order that may be forgotten", manager, order.request(), "L-6", floor=SETTLE + 1)


def request_times(order, bare):
    manager = "card-manager"
    for comment, data, now, rule in (
        ("at settle-until", order.request(at=SETTLE), SETTLE, Holds("M-4")),
        ("after settle-until", order.request(), SETTLE + 1, "M-4"),
        ("300 s early", order.request(), NOW - 300, Holds("M-3")), ("301 s early", order.request(), NOW - 301, "M-3"),
        ("filed before the order", order.request(at=NOW - 1), NOW, "Q-3"),
        ("filed 300 s ahead", order.request(at=NOW + 300), NOW, Holds("Q-3")),
        ("filed 301 s ahead", order.request(at=NOW + 301), NOW, "Q-3"),
        ("filed after deliver-until", order.request(at=DELIVER + 1), DELIVER + 1, Holds("Q-3")),
        ("filed after settle-until", order.request(at=SETTLE + 1), SETTLE, "Q-3")):
        yield message(f"a request {comment}", manager, data, rule, now=now)
    yield message("a request of a known order at settle-until", manager, order.request(**bare), Holds("M-4"), now=SETTLE,
                  **of_manager(order))
    yield message("a request of a known order after settle-until", manager, order.request(**bare), "M-4",
                  now=SETTLE + 1, **of_manager(order))


def refund(number, sum_, settled=GRANTED):
    return asked([number, 1, sum_], settled)


def granted(refunded):
    return [NOW, None, refunded]


def demands():
    """What a card manager makes of a request: Q-5 to Q-7."""
    order, manager, bare = Order(), "card-manager", {"parts": []}
    for comment, sum_, rule in (
        ("the whole amount", "59.80 EUR", Holds("Q-7")), ("a cent", "0.01 EUR", Holds("Q-5")),
        ("nothing", "0.00 EUR", "Q-5"), ("another currency", "10.00 USD", "Q-5"), ("no decimals", "10 EUR", "Q-5"),
        ("one decimal", "10.0 EUR", "Q-5"), ("three decimals", "10.000 EUR", "Q-5"),
        ("more than the amount", "59.81 EUR", Holds("Q-7")), ("18 digits", "9999999999999999.99 EUR", Holds("Q-7"))):
        yield message(f"a refund of {comment}", manager, order.request([1, 1, sum_], **bare), rule, **of_manager(order))
    yen = Order(fields=[["amount.due", "5980 JPY"], *FIELDS[1:]])
    yield message("a refund in a currency without decimals", manager, yen.request([1, 1, "5980 JPY"], **bare),
                  Holds("Q-7"), **of_manager(yen))
    for comment, decision in (("not decided", None), ("declined", "declined")):
        yield message(f"a refund of an order that is {comment}", manager, order.request(REFUND, **bare), Holds("Q-7"),
                      **of_manager(order, decision=decision))
    some = [refund(1, "10.00 EUR", granted("10.00 EUR")), refund(2, "60.00 EUR", [NOW, "too much", "10.00 EUR"])]
    for comment, demand, rule in (
        ("the rest", [3, 1, "49.80 EUR"], Holds("Q-7")), ("more than the rest", [3, 1, "49.81 EUR"], Holds("Q-7")),
        ("a skipped number", [9, 1, "1.00 EUR"], Holds("Q-6")), ("a cancellation", [3, 0, None], Holds("Q-6")),
        ("a granted number", [1, 1, "10.00 EUR"], Holds("Q-6")),
        ("a granted number with another sum", [1, 1, "20.00 EUR"], Holds("Q-6")),
        ("a granted number, to cancel", [1, 0, None], Holds("Q-6")),
        ("a refused number", [2, 1, "60.00 EUR"], Holds("Q-6")),
        ("a refused number with another sum", [2, 1, "1.00 EUR"], Holds("Q-6")),
        ("a granted number, in another currency", [1, 1, "10.00 USD"], "Q-5")):
        yield message(f"after a granted refund and a refused one: {comment}", manager, order.request(demand, **bare),
                      rule, **of_manager(order, *some))
    ended = [*some, asked([3, 0, None], granted("10.00 EUR"))]
    for comment, demand in (
        ("the cancellation again", [3, 0, None]), ("a new refund", [4, 1, "1.00 EUR"]),
        ("a new cancellation", [4, 0, None]), ("a refund that was granted before", [1, 1, "10.00 EUR"]),
        ("a refund that was refused before", [2, 1, "60.00 EUR"])):
        yield message(f"a cancelled order: {comment}", manager, order.request(demand, **bare), Holds("Q-6"),
                      **of_manager(order, *ended))
    yield message("an order that was cancelled unseen, again", manager, order.request(), Holds("Q-6"),
                  **of_manager(order, asked(CANCEL, GRANTED), decision=None))
    refused = asked(CANCEL, REFUSED)
    yield message("a refused cancellation again", manager, order.request(**bare), Holds("Q-6"),
                  **of_manager(order, refused))
    yield message("a cancellation after a refused one", manager, order.request([2, 0, None], **bare), Holds("Q-6"),
                  **of_manager(order, refused))
    yield message("a relay of a cancelled order", manager, order.relay(), Holds("R-5"),
                  **of_manager(order, asked(CANCEL, GRANTED), decision=None))


GROUPS = [("messages", "consignment", consignments), ("messages", "request", requests),
          ("messages", "demand", demands)]
