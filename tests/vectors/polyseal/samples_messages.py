"""Samples: the messages of an order, as their receivers take and refuse them: (comment, input, None or the rule)."""

from . import cbor, orders, world
from .samples_parts import TIMES, sees
from .spoiling import Holds, change, flip, flip_last, only, with_bound
from .world import DAY, FIELDS, FORM, HOUR, IDS, NOW, Order, form_item, party

DIRECT = [["card-manager", None, 0, FORM[1][3]], FORM[0], FORM[2]]
ENOUGH = {"accept": 1 << 40, "deliver": 1 << 40, "settle": 1 << 40}


def message(comment, role, data, rule=None, *domains, **more):
    """A seller takes what is by its form: the usual one, unless it has another."""
    if role == "seller":
        more.setdefault("form", form_item().hex())
    return comment, {"receiver": party(role, *domains, **more), "message": data.hex()}, rule


def filed(order, role, **more):
    """The ledger that has it."""
    return {"ledger": [order.state(role, **more).hex()]}


def placed(order):
    return {"placed": [order.placed().hex()]}


def ways():
    order, direct = Order(), Order(form=DIRECT)
    yield message("an envelope", "seller", order.envelope())
    yield message("an envelope without the part of a direct card manager", "seller", direct.envelope(),
                  form=form_item(DIRECT).hex())
    yield message("an envelope for the seller alone", "seller", Order(form=[FORM[0]]).envelope(),
                  form=form_item(FORM[:1]).hex())
    yield message("a direct message", "card-manager", direct.direct("card-manager"))
    yield message("a relay", "card-manager", order.relay())
    every = [order.parts[each[0]] for each in order.recipients]
    yield message("a relay of all parts", "card-manager", order.relay(parts=every))
    yield message("a relay of all parts, which it does not say", "card-manager",
                  Order(statement=change(2, orders.companions([order.parts["card-manager"]]))).relay(parts=every),
                  "R-2")
    yield message("a dispatch", "delivery-service", order.dispatch())
    yield message("a dispatch of the longest instructions", "delivery-service",
                  Order(statement=change(5, 2, b"r" * 4096)).dispatch())
    yield message("a dispatch without instructions", "delivery-service", Order(statement=change(5, 2, b"")).dispatch())
    yield message("a dispatch of the second consignment, before the first", "delivery-service",
                  order.dispatch(consignment=[2, 0, b""]))
    yield message("a dispatch of the last number that there is", "delivery-service",
                  order.dispatch(consignment=[256, 1, b""]))
    yield message("an approval", "seller", order.authorization(), **filed(order, "seller"))
    yield message("a refusal", "seller", order.authorization("no"), **filed(order, "seller"))
    yield message("a refusal without a reason", "seller", order.authorization(""), **filed(order, "seller"))
    yield message("an approval by a direct card manager", "seller", direct.authorization(), **filed(direct, "seller"))


def addresses():
    order, direct = Order(), Order(form=DIRECT)
    for comment, role, data in (
        ("an envelope for the card manager", "card-manager", order.envelope()),
        ("an envelope for the card holder", "card-holder", order.envelope()),
        ("a relay for the seller", "seller", order.relay("seller")),
        ("a direct message for the seller", "seller", order.direct("seller")),
        ("a dispatch for the card manager", "card-manager", order.dispatch("card-manager")),
        ("a relay without a part for the receiver", "delivery-service", order.relay()),
        ("a direct message for another role", "delivery-service", direct.direct("card-manager")),
        ("an envelope without the seller's part", "seller", Order(message=change(3, lambda p: p[1:])).envelope()),
    ):
        yield message(comment, role, data, "M-2")
    yield message("a part on receipt, sent directly", "card-manager", order.direct("card-manager"), "P-11")
    yield message("a direct part, relayed", "card-manager", direct.relay(), "P-11")
    yield message("a part on approval, relayed: it was sealed with the token", "delivery-service",
                  order.relay("delivery-service"), "O-6")
    yield message("a part on receipt, dispatched: it was sealed without the token", "other",
                  with_other(release=1).dispatch("other"), "O-6", identifier=b"other.example")
    yield message("the same, relayed", "other", with_other(release=1).relay("other"), identifier=b"other.example")
    yield message("a header of a wrong form", "seller", Order(header=change(8, [])).envelope(), "B-2")
    yield message("a header whose groups do not ascend", "seller",
                  Order(header=change(9, lambda g: g[::-1])).envelope(), "G-3")
    yield message("another version", "seller", Order(message=change(0, "polyseal/2")).envelope(), "V-1")
    yield message("parts out of order", "card-manager", order.relay(parts=list(order.parts.values())[::-1]), "B-2")


def with_other(release):
    """An order with one recipient more."""
    return Order(form=[*FORM, ["other", None, release, ["amount.due"]]], ids={**IDS, "other": b"other.example"})


def once():
    """Orders that are known, and what is not looked at then."""
    order, direct, late = Order(), Order(form=DIRECT), {"now": NOW + HOUR + 1}
    cancel = [NOW, [1, 0, None], [NOW, None, "0.00 EUR"]]
    yield message("an envelope again", "seller", order.envelope(), Holds("L-2"), **filed(order, "seller"))
    yield message("an envelope again, after accept-until", "seller", order.envelope(), Holds("E-6"),
                  **filed(order, "seller"), **late)
    yield message("an envelope again, whatever the seller's policy is by now", "seller", order.envelope(), Holds("E-6"),
                  **filed(order, "seller"), serves=[], form=form_item(FORM[:1]).hex())
    yield message("an envelope again, and its part does not open", "seller",
                  Order(bound=with_bound("step", 1)).envelope(),
                  "O-6", **filed(order, "seller"))
    yield message("a higher revision", "seller", Order(revision=1).envelope(), Holds("E-6"), **filed(order, "seller"))
    yield message("a much higher revision, after accept-until", "seller", Order(revision=1 << 40).envelope(),
                  Holds("E-6"),
                  **filed(order, "seller"), **late)
    yield message("a lower revision", "seller", order.envelope(), Holds("E-6"), **filed(Order(revision=1), "seller"))
    yield message("a new order of revision 5", "seller", Order(revision=5).envelope())
    yield message("a higher revision of a declined order", "seller", Order(revision=1).envelope(), Holds("E-6"),
                  **filed(order, "seller", stage=[["declined", NOW, "no"], None, []]))
    yield message("a relay again", "card-manager", order.relay(), Holds("R-5"), **filed(order, "card-manager"))
    yield message("a relay again, after accept-until", "card-manager", order.relay(), Holds("R-5"),
                  **filed(order, "card-manager"), **late)
    spoilt = Order(opening=only("card-manager", change(6, flip)))
    yield message("a relay again: the part is not looked at", "card-manager", spoilt.relay(), Holds("R-5"),
                  **filed(order, "card-manager"))
    yield message("the same relay for the first time", "card-manager", spoilt.relay(), "P-10")
    yield message("a relay again, with another statement", "card-manager", Order(statement=change(2, flip)).relay(),
                  "R-2",
                  **filed(order, "card-manager"))
    yield message("a relay again, from a seller that is no longer served", "card-manager", order.relay(), Holds("R-5"),
                  **filed(order, "card-manager"), serves=[])
    moved = Order()
    moved.ids = {**IDS, "seller": b"other.example"}
    yield message("a known order, from another relayer", "card-manager", moved.relay(), "R-5",
                  **filed(order, "card-manager"))
    yield message("an order that came directly, asked for by a relay", "card-manager", direct.relay(), "R-5",
                  **filed(direct, "card-manager"))
    yield message("the same, of an order of which the seller asked something", "card-manager", direct.relay(), "R-5",
                  **filed(Order(form=DIRECT, state=change(5, bytes(16))), "card-manager", stage=[[NOW, None], [cancel]]))
    received = filed(order, "delivery-service")
    yield message("a dispatch again", "delivery-service", order.dispatch(), Holds("R-5"), **received)
    yield message("a dispatch again, without the token", "delivery-service",
                  Order(statement=change(4, None)).dispatch(), "D-1",
                  **received)
    yield message("a direct message again, after accept-until", "card-manager", direct.direct("card-manager"),
                  Holds("X-2"),
                  **filed(direct, "card-manager"), **late)
    yield message("a direct message again, and its part does not open", "card-manager",
                  Order(form=DIRECT, bound=with_bound("step", 1)).direct("card-manager"), "O-6",
                  **filed(direct, "card-manager"))
    for answer, requests, comment in (
        (order.approved(), [], "approved"), (["declined", NOW, "no"], [], "declined"),
        (["awaiting"], [cancel], "cancelled"), (order.approved(), [cancel], "approved and cancelled"),
        (["awaiting"], [[*cancel[:2], None]], "to be cancelled"),
        (["awaiting"], [[*cancel[:2], [NOW, "no", "0.00 EUR"]]], "not to be cancelled after all")):
        for reason in (None, "no"):
            yield message(f"{'an approval' if reason is None else 'a refusal'} of an order that is {comment}", "seller",
                          order.authorization(reason), Holds("A-7"),
                          **filed(order, "seller", stage=[answer, None, requests]))
    yield from floors(order)


def floors(order):
    yield message("an order that may be forgotten", "seller", order.envelope(), "L-6", floor=TIMES[3] + 1)
    yield message("an order that has to be remembered", "seller", order.envelope(), Holds("L-6"), floor=TIMES[3])
    yield message("a known order below the floor", "seller", order.envelope(), Holds("L-2"), floor=TIMES[3] + 1,
                  **filed(order, "seller"))
    yield message("a relay of an order that may be forgotten", "card-manager", order.relay(), "L-6", floor=TIMES[3] + 1)
    yield message("an order of another party's ledger is new", "seller", order.envelope(), Holds("L-1"),
                  **filed(order, "card-manager"))


def clocks():
    order, direct = Order(), Order(form=DIRECT)
    late, last = {"now": NOW + HOUR + 1}, {"now": NOW + HOUR}
    yield message("an envelope, 300 s early", "seller", order.envelope(), Holds("M-3"), now=NOW - 300)
    yield message("an envelope, 301 s early", "seller", order.envelope(), "M-3", now=NOW - 301)
    yield message("an envelope, early by another skew", "seller", order.envelope(), "M-3", now=NOW - 11,
                  rules={"skew": 10})
    for comment, role, data, rule in (
        ("an envelope", "seller", order.envelope(), "E-9"), ("a relay", "card-manager", order.relay(), "R-9"),
        ("a direct message", "card-manager", direct.direct("card-manager"), "X-4")):
        yield message(f"{comment} at accept-until", role, data, Holds(rule), **last)
        yield message(f"{comment} after accept-until", role, data, rule, **late)
    yield message("a dispatch at deliver-until", "delivery-service", order.dispatch(at=TIMES[2]), Holds("M-4"),
                  now=TIMES[2])
    yield message("a dispatch after deliver-until", "delivery-service", order.dispatch(), "M-4", now=TIMES[2] + 1)
    yield message("a relay after deliver-until", "card-manager", order.relay(), "M-4", now=TIMES[2] + 1)
    yield message("an envelope again at deliver-until", "seller", order.envelope(), Holds("M-4"), now=TIMES[2],
                  **filed(order, "seller"))
    yield message("an envelope again after deliver-until", "seller", order.envelope(), "M-4", now=TIMES[2] + 1,
                  **filed(order, "seller"))
    for comment, times, rule in (
        ("the longest windows", [NOW, NOW + 7 * DAY, NOW + 90 * DAY, NOW + 400 * DAY], Holds("M-5")),
        ("a longer window to accept", [NOW, NOW + 7 * DAY + 1, *TIMES[2:]], "M-5"),
        ("a longer window to deliver", [NOW, NOW, NOW + 90 * DAY + 1, NOW + 100 * DAY], "M-5"),
        ("a longer window to settle", [NOW, NOW, NOW + DAY, NOW + 400 * DAY + 1], "M-5"),
        ("no windows at all", [NOW] * 4, None)):
        yield message(comment, "seller", Order(times=times).envelope(), rule)
    for at, now, rule, comment in (
        (NOW - 1, NOW, "R-4", "before the order"), (NOW, NOW, None, "with the order"),
        (NOW + 300, NOW, None, "300 s ahead"), (NOW + 301, NOW, "R-4", "301 s ahead"),
        (NOW + HOUR, NOW + HOUR, None, "at accept-until"), (NOW + HOUR + 1, NOW + HOUR, "R-4", "after accept-until")):
        yield message(f"a relay that was filed {comment}", "card-manager", order.relay(at=at), rule or Holds("R-4"),
                      now=now)
        yield message(f"a verdict that was filed {comment}", "seller", order.authorization(at=at),
                      "A-4" if rule else Holds("A-4"), now=now, **filed(order, "seller"))
    for at, now, rule, comment in (
        (NOW + HOUR + 1, NOW + DAY, None, "after accept-until"), (TIMES[2] + 1, TIMES[2], "D-2", "after deliver-until"),
        (NOW - 1, NOW, "R-4", "before the order"), (NOW + 301, NOW, "R-4", "301 s ahead")):
        yield message(f"a dispatch that was filed {comment}", "delivery-service", order.dispatch(at=at),
                      rule or Holds("D-2"), now=now)
    yield message("a verdict at settle-until", "seller", order.authorization(), Holds("A-2"), now=TIMES[3],
                  **filed(order, "seller"))
    yield message("a verdict after settle-until", "seller", order.authorization(), "A-2", now=TIMES[3] + 1,
                  **filed(order, "seller"))
    yield message("a receipt at settle-until", "card-holder", order.receipt(at=TIMES[3]), Holds("C-3"), now=TIMES[3],
                  **placed(order))
    yield message("a receipt after settle-until", "card-holder", order.receipt(), "C-3", now=TIMES[3] + 1,
                  **placed(order))
    yield message("a receipt by a clock that nobody checks", "card-holder", order.receipt(at=0), **placed(order))


def parts():
    """Parts that do not go together, and orders that their receivers do not take."""
    order = Order()
    yield message("a part in place of another", "seller",
                  Order(message=change(3, 1, 1, order.parts["delivery-service"][1])).envelope(), "E-5")
    yield message("another sealing of a part", "seller",
                  Order(message=change(3, 1, 1, 3, flip)).envelope(), "E-5")
    yield message("a part less", "seller", Order(message=change(3, lambda p: p[:2])).envelope(), "E-4")
    yield message("a part less, and the companions say so", "seller", less().envelope(), "E-4")
    direct = Order(form=DIRECT)
    yield message("a direct part in the envelope", "seller",
                  Order(form=DIRECT, message=change(3, lambda p: [direct.parts["card-manager"], *p])).envelope(), "E-4")
    yield message("a card manager who is on approval", "seller", Order(recipients=change(1, 2, 2)).envelope(), "E-2")
    yield message("a group that nobody reads", "seller", Order(recipients=sees(manager=[0])).envelope(), "E-3")
    other = [["amount.due", "59,80 EUR"], *FIELDS[1:]]
    yield message("an amount that is none", "seller", Order(fields=other).envelope(), "E-7")
    yield message("an amount that is none, for the card manager", "card-manager", Order(fields=other).relay(), "E-7")
    yield message("an amount that is none, for a direct card manager", "card-manager",
                  Order(form=DIRECT, fields=other).direct("card-manager"), "E-7")
    yield message("an amount that is none, which a delivery service does not see", "delivery-service",
                  Order(fields=other).dispatch())
    yield message("an order that no form of the seller gives", "seller",
                  Order(recipients=sees(manager=[0, 1, 3])).envelope(), "E-8")
    gone = [IDS["card-manager"].hex()]
    yield message("a card manager that the seller accepts", "seller", order.envelope(), serves=gone)
    yield message("a card manager that it does not accept", "seller", order.envelope(), "E-8", serves=[])
    yield message("a seller that the card manager serves", "card-manager", order.relay(), serves=[IDS["seller"].hex()])
    yield message("a seller that it does not serve", "card-manager", order.relay(), "R-8", serves=[])
    yield message("a dispatch of a seller that is not served", "delivery-service", order.dispatch(), "R-8", serves=[])
    yield message("a direct message for a seller that is not served", "card-manager",
                  Order(form=DIRECT).direct("card-manager"), "X-3", serves=[])
    forged = Order()
    forged.ids = {**IDS, "seller": b"other.example"}
    yield message("a relayer that is not the order's seller", "card-manager", forged.relay(), "R-7")
    yield message("a dispatch by one who is not the order's seller", "delivery-service", forged.dispatch(), "R-7")
    forged.spoil = {"relayer": lambda _: IDS["seller"]}
    yield message("another's statement in the seller's name", "card-manager", forged.relay(), "O-6")


def less():
    order = Order()
    order.others = lambda: [order.parts["card-manager"]]
    order.make(FIELDS)
    order.spoil = {"message": change(3, lambda p: p[:2])}
    return order


def statements():
    """What is sealed beside a part."""
    for comment, spoil, rule in (
        ("no statement", lambda _: [0], "R-1"), ("of another version", change(0, "polyseal/2"), "R-1"),
        ("of other parts", change(2, flip), "R-2"), ("with a token", change(4, bytes(32)), "R-3"),
        ("with a consignment", change(5, [1, 1, b""]), "R-3")):
        yield message(f"a relay {comment}", "card-manager", Order(statement=spoil).relay(), rule)
    for comment, spoil, rule in (
        ("no statement", lambda _: [0], "R-1"), ("of other parts", change(2, flip), "R-2"),
        ("without a token", change(4, None), "D-1"),
        ("with another token", change(4, flip), "D-1"), ("without a consignment", change(5, None), "D-1"),
        ("with too long instructions", change(5, 2, bytes(4097)), "R-1"),
        ("of consignment 0", change(5, 0, 0), "R-1"), ("of consignment 257", change(5, 0, 257), "R-1")):
        yield message(f"a dispatch {comment}", "delivery-service", Order(statement=spoil).dispatch(), rule)
    yield message("a dispatch with another token than the header's", "delivery-service",
                  Order(header=change(7, flip)).dispatch(),
                  "D-1")
    yield message("a dispatch whose part was sealed with another token", "delivery-service",
                  Order(bound=only("part delivery-service", with_bound("token", bytes(32)))).dispatch(), "O-6")
    yield message("a dispatch whose part was sealed without the token", "delivery-service",
                  Order(bound=only("part delivery-service", with_bound("token", None))).dispatch(), "O-6")
    yield message("a part that is no opening", "seller", Order(opening=only("seller", lambda _: [0])).envelope(), "P-1")
    order = Order()
    yield message("a verdict of no form", "seller", Order(verdict=lambda _: [0]).authorization(), "A-3",
                  **filed(order, "seller"))
    yield message("a verdict with token and reason", "seller", Order(verdict=change(4, "no")).authorization(), "A-3",
                  **filed(order, "seller"))
    yield message("an approval with another token", "seller", Order(verdict=change(3, flip)).authorization(), "A-5",
                  **filed(order, "seller"))
    yield message("an approval of an order that is not filed", "seller", order.authorization(), "A-1")
    alone = Order(form=[FORM[0]])
    yield message("an approval of an order without a card manager", "seller", order.message(
        "authorization", alone.digest, cbor.decode(order.authorization())[3]), "A-1", **filed(alone, "seller"))


def bound():
    """Sealed with one input changed."""
    order = Order()
    for name, value in (("purpose", "handshake"), ("step", 1), ("digest", bytes(32)), ("sender_role", "other"),
                        ("receiver_role", "other"), ("token", bytes(32))):
        spoil, what = with_bound(name, value), name.replace("_", "'s ")
        yield message(f"a part: another {what}", "seller", Order(bound=spoil).envelope(), "O-6")
        yield message(f"a statement of a relay: another {what}", "card-manager",
                      Order(bound=only("relay", spoil)).relay(), "O-6")
        yield message(f"a statement of a dispatch: another {what}", "delivery-service",
                      Order(bound=only("dispatch", spoil)).dispatch(), "O-6")
        yield message(f"an authorization: another {what}", "seller", Order(bound=spoil).authorization(), "O-6",
                      **filed(order, "seller"))
        yield message(f"a receipt: another {what}", "card-holder", Order(bound=only("receipt", spoil)).receipt(), "O-6",
                      **placed(order))
        of_seller = filed(order, "seller", stage=[order.approved(["delivery-service", [NOW, [1, 1, b""], None]]), None,
                                                  [[NOW, [1, 0, None], None]]])
        for kind, role, data, known in (
            ("request", "card-manager", Order(bound=only("request", spoil)).request(), {}),
            ("response", "seller", Order(bound=only("response", spoil)).response(), of_seller),
            ("delivery report", "seller", Order(bound=only("delivery", spoil)).delivery(), of_seller),
            ("withdrawal", "seller", Order(bound=only("withdrawal", spoil)).withdrawal(), of_seller)):
            yield message(f"a {kind}: another {what}", role, data, "O-6", **known)
    yield message("a relay's statement for a dispatch", "delivery-service",
                  Order(bound=only("dispatch", with_bound("purpose", "relay"))).dispatch(), "O-6")
    for comment, at in (("salt", 1), ("commitment", 2)):
        yield message(f"another {comment}", "seller", Order(sealed=only("part seller", change(at, flip))).envelope(),
                      "O-6")
    yield message("another ciphertext", "seller", Order(sealed=only("part seller", change(3, flip))).envelope(), "O-7")
    yield message("another tag", "seller", Order(sealed=only("part seller", change(3, flip_last))).envelope(), "O-7")


GROUPS = [("messages", "way", ways), ("messages", "address", addresses), ("messages", "known", once),
          ("messages", "time", clocks),
          ("messages", "order", parts), ("messages", "content", statements), ("messages", "bound", bound)]
