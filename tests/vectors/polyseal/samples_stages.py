"""Samples: exports of filed orders: (comment, input, None or the rule)."""

from .samples_exports import exported
from .samples_life import ACCEPT, DELIVER, GRANTED, REFUND, REFUSED, SETTLE, asked, consigned, granted, refund, sent
from .samples_messages import DIRECT
from .samples_parts import sees
from .spoiling import change, flip
from .world import CANCEL, FIELDS, FORM, HOUR, IDS, NOW, Order


def other(release, stage=None):
    """The state of a recipient that has no duties."""
    form = [*FORM, ["other", None, release, ["amount.due"]]]
    return Order(form=form, ids={**IDS, "other": b"other.example"}).state("other", stage)


def of(comment, role, stage, rule=None, order=None):
    return exported(f"of the {role}: {comment}", "state", (order or Order()).state(role, stage), rule)


def states():
    order = Order()
    state = order.state
    life = [order.approved(sent(result=[NOW, "nobody at home"]), sent(2, 1, result=[NOW + HOUR, None])), NOW,
            [refund(1, "10.00 EUR", granted("10.00 EUR")), asked([2, 0, None], [NOW, "it is delivered", "10.00 EUR"])]]
    for role, stage, comment in (
        ("seller", [["awaiting"], None, []], "awaiting"), ("seller", life, "with all that can come of it"),
        ("seller", [order.approved(), None, []], "approved"), ("seller", [["declined", NOW, "no"], None, []], "declined"),
        ("seller", [["awaiting"], None, [asked()]], "to be cancelled"),
        ("seller", [["awaiting"], None, [asked(CANCEL, GRANTED)]], "cancelled"),
        ("seller", [["awaiting"], NOW, []], "withdrawn"),
        ("card-manager", [None, []], "awaiting"), ("card-manager", [[NOW, None], []], "approved"),
        ("card-manager", [[NOW, "no"], []], "declined"),
        ("card-manager", [None, [asked(CANCEL, GRANTED)]], "cancelled unseen"),
        ("card-manager", [[NOW, None], life[2]], "with what it answered"),
        ("delivery-service", [None, [consigned(1, 1)]], "the whole order"),
        ("delivery-service", [None, [consigned(2, result=[NOW, "lost"]), consigned(7, 1, result=[NOW, None])]],
         "two consignments, with outcomes")):
        yield of(comment, role, stage)
    direct = Order(form=DIRECT)
    yield exported("of a direct card manager", "state", direct.state("card-manager"))
    yield exported("of a direct card manager of whom the seller asked something", "state",
                   Order(form=DIRECT, state=change(5, bytes(16))).state("card-manager", [[NOW, None], [
                       asked(CANCEL, GRANTED)]]))
    yield exported("of a direct recipient", "state", other(0))
    yield exported("of a direct recipient, with a key-id of the seller", "state", Order(
        form=[*FORM, ["other", None, 0, ["amount.due"]]], ids={**IDS, "other": b"other.example"},
        state=change(5, bytes(16))).state("other"), "S-10")
    yield exported("of a recipient on receipt", "state", other(1))
    yield exported("of the last revision of the record", "state", Order(state=change(2, (1 << 64) - 1)).state("seller"))
    for comment, owner, rule in (("for its owner", ("seller", IDS["seller"]), None),
                                 ("for another party", ("seller", b"x"), "S-1"),
                                 ("for another role", ("card-manager", IDS["seller"]), "S-1")):
        yield exported(comment, "state", state("seller"), rule, owner=owner)
    yield from spoilt_states(order)


def spoilt_states(order):
    for comment, role, spoil, rule in (
        ("of another identifier", "seller", change(1, b"x"), "S-9"),
        ("of a role that the order lacks", "seller", change(0, "other"), "S-9"),
        ("another salt of an entry", "seller", change(8, 2, 0, 1, flip), "S-9"),
        ("an entry less", "seller", change(8, 2, lambda e: e[:2]), "S-9"),
        ("a group less", "seller", change(8, 3, lambda g: g[:1]), "S-9"),
        ("another value", "seller", change(8, 3, 0, 2, 0, 1, "1 EUR"), "S-9"),
        ("no companions", "seller", change(8, 4, None), "S-9"),
        ("no token", "card-manager", change(8, 6, None), "S-9"),
        ("a group without a salt, and nothing forgotten", "seller", change(8, 3, 0, 1, None), "S-9"),
        ("a salt, and a value forgotten", "seller", change(8, 3, 0, 2, 0, ["amount.due"]), "S-9"),
        ("a key-id of the seller's, though it is the seller", "seller", change(5, bytes(16)), "S-10"),
        ("no key-id of the seller, though it was relayed", "card-manager", change(5, None), "S-10"),
        ("parts of others, though it is not the seller", "card-manager", change(7, [order.parts["seller"]]), "S-10"),
        ("the seller's own part among those of others", "seller", change(7, lambda p: [order.parts["seller"], *p]),
         "S-10"),
        ("a part less", "seller", change(7, lambda p: p[:1]), "S-10"),
        ("parts out of order", "seller", change(7, lambda p: p[::-1]), "S-1"),
        ("another part than the companions", "seller", change(7, 0, 1, 3, flip), "S-10"),
        ("a header that is none", "seller", change(6, b"\0"), "S-1"),
        ("a stage that there is not", "seller", change(9, [["sent"], None, []]), "S-1"),
        ("a stage of four items", "seller", change(9, lambda s: [*s, None]), "S-1"),
        ("an awaiting of two items", "seller", change(9, 0, ["awaiting", NOW]), "S-1"),
        ("a demand of no form", "seller", change(9, 2, [asked([1, 1, None])]), "S-1"),
        ("a consignment of number 0", "delivery-service", change(9, 1, [consigned(0)]), "S-1"),
        ("257 requests", "seller", change(9, 2, [asked()] * 257), "S-1"),
        ("257 consignments", "delivery-service", change(9, 1, [consigned()] * 257), "S-1")):
        yield exported(f"of the {role}: {comment}", "state", Order(state=spoil).state(role), rule)
    none = [["amount.due", "59,80 EUR"], *FIELDS[1:]]
    for comment, made in (("no amount", Order(fields=FIELDS[1:])), ("an amount that is none", Order(fields=none))):
        for role in ("seller", "card-manager"):
            yield exported(f"of the {role}: {comment}", "state", made.state(role), "S-9")
        yield exported(f"of the delivery service: {comment}, which it does not see", "state",
                       made.state("delivery-service"))
    for role, seen in (("seller", sees(manager=[1])), ("card-manager", sees(seller=[3]))):
        yield exported(f"of the {role}: an amount that the other one does not see", "state",
                       Order(recipients=seen).state(role), "S-9")


def forgotten():
    state, decided = Order().state, [[NOW, None], []]
    for comment, forget in (("a card's number", ["card.number"]), ("one field of several", ["items.0.name"]),
                            ("all fields but the amount",
                             ["card.number", "items.0.name", "items.1.name", "payment.type"])):
        yield exported(f"{comment} forgotten", "state", state("card-manager", decided, forget=forget))
    yield exported("all fields forgotten by the delivery service", "state", state(
        "delivery-service", forget=["destination.address"]))
    yield exported("the amount forgotten by the card manager", "state", state(
        "card-manager", decided, forget=["amount.due"]), "S-9")
    yield exported("the amount forgotten by the seller", "state", state("seller", forget=["amount.due"]))
    yield exported("the amount forgotten by the seller, who asked for a refund", "state", state(
        "seller", [Order().approved(), None, [asked(REFUND)]], forget=["amount.due"]), "S-12")
    yield exported("a name that no selector selects, and no value", "state", Order(
        state=change(8, 3, 1, 2, [["z"]])).state("card-manager", forget=["card.number"]), "S-9")


def stages():
    order = Order()
    approved, seller, manager, courier = order.approved, "seller", "card-manager", "delivery-service"
    token = order.token
    for comment, role, stage, rule in (
        ("a seller's stage", manager, [approved(), None, []], "S-11"),
        ("a card manager's stage", seller, [[NOW, None], []], "S-11"),
        ("another recipient's stage", seller, [None, [consigned()]], "S-11"),
        ("that of a seller", courier, [["awaiting"], None, []], "S-11"),
        ("that of a card manager", courier, [[NOW, None], []], "S-11"),
        ("approved with another token", seller, [["approved", NOW, flip(token), []], None, []], "S-11"),
        ("approved at accept-until", seller, [approved(at=ACCEPT), None, []], None),
        ("approved after accept-until", seller, [approved(at=ACCEPT + 1), None, []], "S-11"),
        ("declined before the order", seller, [["declined", NOW - 1, "no"], None, []], "S-11"),
        ("declined after accept-until", seller, [["declined", ACCEPT + 1, "no"], None, []], "S-11"),
        ("withdrawn before the order", seller, [["awaiting"], NOW - 1, []], "S-11"),
        ("withdrawn at settle-until", seller, [["awaiting"], SETTLE, []], None),
        ("withdrawn after settle-until", seller, [["awaiting"], SETTLE + 1, []], "S-11"),
        ("decided at accept-until", manager, [[ACCEPT, None], []], None),
        ("decided after accept-until", manager, [[ACCEPT + 1, None], []], "S-11"),
        ("decided before the order", manager, [[NOW - 1, None], []], "S-11"),
        ("on approval, without a consignment", courier, [None, []], "S-11"),
        ("on approval, with a time", courier, [NOW, [consigned()]], "S-11")):
        yield of(comment, role, stage, rule)
    for comment, release, stage, rule in (
        ("direct, with a time", 0, [NOW, []], "S-11"), ("direct, with a consignment", 0, [None, [consigned()]], "S-11"),
        ("on receipt, without a time", 1, [None, []], "S-11"),
        ("on receipt, with a consignment", 1, [NOW, [consigned()]], "S-11"),
        ("on receipt, at accept-until", 1, [ACCEPT, []], None),
        ("on receipt, after accept-until", 1, [ACCEPT + 1, []], "S-11"),
        ("on receipt, before the order", 1, [NOW - 1, []], "S-11")):
        yield exported(f"of a recipient {comment}", "state", other(release, stage), rule)
    for comment, role, at, stage, rule in (
        ("filed before the order", seller, NOW - 1, None, "S-11"), ("filed at accept-until", seller, ACCEPT, None, None),
        ("filed after accept-until", seller, ACCEPT + 1, None, "S-11"),
        ("filed by a request after accept-until", manager, ACCEPT + 1, [None, []], None),
        ("filed and cancelled at settle-until", manager, SETTLE, [None, [asked(CANCEL, [SETTLE, None, "0.00 EUR"])]], None),
        ("filed after settle-until", manager, SETTLE + 1, [None, []], "S-11"),
        ("filed at deliver-until", courier, DELIVER, None, None),
        ("filed after deliver-until", courier, DELIVER + 1, None, "S-11")):
        yield exported(f"of the {role}: {comment}", "state", Order(state=change(3, at)).state(role, stage), rule)
    yield exported("of a direct card manager, filed after accept-until", "state",
                   Order(form=DIRECT, state=change(3, ACCEPT + 1)).state(manager), "S-11")


def consignments():
    order = Order()
    many = [consigned(number, instructions=bytes(4096)) for number in range(1, 17)]
    for comment, consigned_, rule in (
        ("at deliver-until", [consigned(at=DELIVER)], None), ("after deliver-until", [consigned(at=DELIVER + 1)], "S-11"),
        ("before the order", [consigned(at=NOW - 1)], "S-11"),
        ("with an outcome at settle-until", [consigned(result=[SETTLE, None])], None),
        ("with an outcome after settle-until", [consigned(result=[SETTLE + 1, None])], "S-11"),
        ("with an outcome before the order", [consigned(result=[NOW - 1, "lost"])], "S-11"),
        ("none after the last", [consigned(), consigned(2, 1)], None),
        ("one after the last", [consigned(1, 1), consigned(2)], "S-11"),
        ("two last ones", [consigned(1, 1), consigned(2, 1)], "S-11"),
        ("a number twice", [consigned(), consigned()], "S-11"),
        ("numbers out of order", [consigned(2), consigned()], "S-11"),
        ("65,536 bytes of instructions", many, None),
        ("65,537 bytes of instructions", [*many, consigned(17, instructions=b"x")], "S-11")):
        yield of(f"consignments, {comment}", "delivery-service", [None, consigned_], rule)
        to_courier = [["delivery-service", each] for each in consigned_]
        yield of(f"dispatched, {comment}", "seller", [order.approved(*to_courier), None, []], rule)
    skipped = [consigned(), consigned(3)]
    yield of("consignments, a number skipped", "delivery-service", [None, skipped])
    for comment, dispatches, rule in (
        ("a number skipped", [["delivery-service", each] for each in skipped], "S-11"),
        ("not from number 1", [sent(2)], "S-11"),
        ("to a recipient on receipt", [sent(role="card-manager")], "S-11"),
        ("to nobody of the order", [sent(role="other")], "S-11")):
        yield of(f"dispatched, {comment}", "seller", [order.approved(*dispatches), None, []], rule)
    several = [*FORM, *([name, None, 2, ["holder.fax?"]] for name in ("locker", "branch"))]
    ids = {**IDS, "locker": b"locker.example", "branch": b"branch.example"}
    more = Order(form=several, ids=ids)
    to = [sent(role="branch"), sent(), sent(2, 1, role="branch"), sent(1, 1, role="locker"), sent(2)]
    yield of("dispatched to several, in any order", "seller", [more.approved(*to), None, []], order=more)
    half = [sent(number, role=role, instructions=bytes(4096)) for role in ("branch", "locker") for number in range(1, 9)]
    for comment, instructions, rule in (("65,536", b"", None), ("65,537", b"x", "S-11")):
        yield of(f"{comment} bytes of instructions to several", "seller",
                 [more.approved(*half, sent(instructions=instructions)), None, []], rule, order=more)


def requests():
    order = Order()
    cancelled, wanted, kept = asked(CANCEL, GRANTED), asked(), asked(CANCEL, REFUSED)
    ten, rest = refund(1, "10.00 EUR", granted("10.00 EUR")), refund(2, "49.80 EUR", granted("59.80 EUR"))
    above = refund(2, "49.81 EUR", granted("59.80 EUR"))
    too_much = refund(1, "59.81 EUR", REFUSED)
    second = [2, 0, None]
    for comment, found, sellers, managers in (
        ("all of the amount, in two", [ten, rest], None, None), ("more than the amount, in two", [ten, above], "S-12", "S-12"),
        ("more than the amount in one, refused", [too_much], None, None),
        ("more than the amount in two, the second refused", [ten, refund(2, "49.81 EUR", [NOW, "no", "10.00 EUR"])], None,
         None),
        ("a number twice", [kept, kept], "S-12", "S-12"), ("not from number 1", [asked(second, GRANTED)], "S-12", None),
        ("numbers out of order", [asked(second, REFUSED), kept], "S-12", None),
        ("no resolution", [wanted], None, "S-12"), ("no resolution of a refund", [asked(REFUND)], None, "S-12"),
        ("nothing, after an unanswered cancellation", [kept, asked(second)], None, "S-12"),
        ("a refund after an unanswered cancellation", [wanted, refund(2, "1.00 EUR", None)], "S-12", "S-12"),
        ("a refund after a granted cancellation", [cancelled, refund(2, "1.00 EUR", granted("1.00 EUR"))], "S-12", "S-12"),
        ("a refused cancellation after a granted one", [cancelled, asked(second, REFUSED)], "S-12", "S-12"),
        ("a granted cancellation after a refused one", [kept, asked(second, GRANTED)], None, None),
        ("a cancellation after a refund", [ten, asked(second, granted("10.00 EUR"))], None, None),
        ("a cancellation that forgets a refund", [ten, asked(second, granted("0.00 EUR"))], None, "S-12"),
        ("a refund without itself in all", [refund(1, "10.00 EUR", granted("0.00 EUR"))], "S-12", "S-12"),
        ("a refund without the one before in all", [ten, refund(2, "10.00 EUR", granted("10.00 EUR"))], None, "S-12"),
        ("a refused refund that counts in all", [refund(1, "10.00 EUR", [NOW, "no", "10.00 EUR"])], None, "S-12"),
        ("more in all than the amount", [refund(1, "10.00 EUR", granted("59.81 EUR"))], "S-12", "S-12"),
        ("in all in another currency", [asked(CANCEL, granted("0.00 USD"))], "S-12", "S-12"),
        ("in all with other decimals", [asked(CANCEL, granted("0 EUR"))], "S-12", "S-12"),
        ("a refund of nothing", [refund(1, "0.00 EUR")], "S-12", "S-12"),
        ("a refund in another currency", [refund(1, "10.00 USD", REFUSED)], "S-12", "S-12"),
        ("a refund with other decimals", [refund(1, "10 EUR", REFUSED)], "S-12", "S-12"),
        ("filed at settle-until", [asked(CANCEL, [SETTLE, None, "0.00 EUR"], SETTLE)], None, None),
        ("filed after settle-until", [asked(CANCEL, GRANTED, SETTLE + 1)], "S-11", "S-11"),
        ("filed before the order", [asked(CANCEL, GRANTED, NOW - 1)], "S-11", "S-11"),
        ("answered after settle-until", [asked(CANCEL, [SETTLE + 1, None, "0.00 EUR"])], "S-11", "S-11"),
        ("answered before the order", [asked(CANCEL, [NOW - 1, "no", "0.00 EUR"])], "S-11", "S-11")):
        yield of(f"requests, {comment}", "seller", [order.approved(), None, found], sellers)
        yield of(f"requests, {comment}", "card-manager", [[NOW, None], found], managers)
    for state, answer, decision in (("not decided", ["awaiting"], None), ("declined", ["declined", NOW, "no"], [NOW, "no"])):
        for comment, found, sellers, managers in (
            ("a refund", [ten], "S-12", "S-12"), ("a refused refund", [refund(1, "1.00 EUR", REFUSED)], None, None),
            ("an unanswered refund", [asked(REFUND)], "S-12", "S-12"), ("a cancellation", [cancelled], None, None)):
            yield of(f"{comment} of an order that is {state}", "seller", [answer, None, found], sellers)
            yield of(f"{comment} of an order that is {state}", "card-manager", [decision, found], managers)
    alone = Order(form=FORM[:1])
    for comment, found, rule in (("a refund", [ten], None), ("a refund and a cancellation", [ten, asked(
            second, granted("10.00 EUR"))], None), ("more than the amount", [ten, above], "S-12"),
            ("an unanswered cancellation", [wanted], "S-12"), ("an unanswered refund", [asked(REFUND)], "S-12")):
        yield of(f"{comment}, without a card manager", "seller", [["awaiting"], None, found], rule, order=alone)


GROUPS = [("exports", "state", states), ("exports", "forgotten", forgotten), ("exports", "stage", stages),
          ("exports", "consignment", consignments), ("exports", "request", requests)]
