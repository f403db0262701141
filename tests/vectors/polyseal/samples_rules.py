"""Samples: which key, which session and which party is for a message: (comment, input, None or the rule)."""

from . import cbor, domains, keys, world
from .samples_messages import DIRECT, filed, message, placed
from .spoiling import Holds, change, only
from .world import DOMAIN, EPOCH, IDS, NOW, Meeting, Order, bytes_of, form_item, party

LABEL, ISSUERS = DOMAIN[:2]
COHORT = domains.cohort_of(LABEL, 4, IDS["card-holder"])
OWN_COHORT = [LABEL, ISSUERS, EPOCH, COHORT, 4]
OTHER_COHORT = [LABEL, ISSUERS, EPOCH, (COHORT + 1) % 4, 4]
MEETING = [LABEL, ISSUERS, EPOCH, None, 4]
FOREIGN = ["other.example", *DOMAIN[1:]]
NETWORK = [LABEL, ISSUERS, 1]


def revoked():
    """Parties that the receiver has revoked."""
    order, direct = Order(), Order(form=DIRECT)
    gone = {role: [IDS[role].hex()] for role in IDS}
    state = filed(order, "seller")
    yield message("an envelope of a revoked card holder", "seller", order.envelope(), "O-1",
                  revoked=gone["card-holder"])
    yield message("an envelope of another than the revoked one", "seller", order.envelope(), revoked=[b"x".hex()])
    yield message("an envelope whose card manager is revoked", "seller", order.envelope(), revoked=gone["card-manager"])
    yield message("a relay of a revoked seller", "card-manager", order.relay(), "O-1", revoked=gone["seller"])
    yield message("a relay for a revoked card holder", "card-manager", order.relay(), "O-1",
                  revoked=gone["card-holder"])
    yield message("a known order of a revoked seller", "card-manager", order.relay(), "O-1", revoked=gone["seller"],
                  **filed(order, "card-manager"))
    yield message("a direct message of a revoked card holder", "card-manager", direct.direct("card-manager"), "O-1",
                  revoked=gone["card-holder"])
    yield message("an approval of a revoked card manager", "seller", order.authorization(), "O-1",
                  revoked=gone["card-manager"], **state)
    yield message("an approval for a revoked card holder", "seller", order.authorization(), "A-6",
                  revoked=gone["card-holder"], **state)
    yield message("a refusal for a revoked card holder", "seller", order.authorization("no"), Holds("A-6"),
                  revoked=gone["card-holder"], **state)
    yield message("a receipt of a revoked giver", "card-holder", order.receipt(), "O-1", revoked=gone["seller"],
                  **placed(order))
    yield from revoked_later(order, gone)


def revoked_later(order, gone):
    """What comes after an order is filed."""
    manager = {"ledger": filed(order, "card-manager")["ledger"]}
    sent = [order.approved(["delivery-service", [NOW, [1, 1, b""], None]]), None, [[NOW, [1, 0, None], None]]]
    state = filed(order, "seller", stage=sent)
    for comment, role, data, sender, other, ledger in (
        ("a request", "card-manager", order.request(parts=[]), "seller", "card-holder", manager),
        ("a response", "seller", order.response(), "card-manager", "card-holder", state),
        ("a delivery report", "seller", order.delivery(), "delivery-service", "card-holder", state),
        ("a withdrawal", "seller", order.withdrawal(), "card-holder", "card-manager", state)):
        yield message(f"{comment} of a revoked {sender}", role, data, "O-1", revoked=gone[sender], **ledger)
        yield message(f"{comment}, and the {other} is revoked", role, data, Holds("O-1"), revoked=gone[other], **ledger)
    yield message("a request for an order that is not known, of a revoked card holder", "card-manager", order.request(),
                  "O-1", revoked=gone["card-holder"])
    own = Order(relayer=lambda _: IDS["card-manager"])
    yield message("a relay of one's own", "card-manager", own.relay(), "O-1")
    yield message("an order of one's own", "seller", Order(header=change(2, IDS["seller"])).envelope(), "O-1")


def key_rules():
    two = (OWN_COHORT, MEETING)
    order = Order(domain=OWN_COHORT, services=MEETING)
    yield message("an envelope in the card holder's cohort", "seller", order.envelope(), None, *two)
    yield message("a relay where services meet", "card-manager", order.relay(), None, *two)
    yield message("a part in another cohort", "card-manager", Order(domain=OTHER_COHORT, services=MEETING).relay(),
                  "K-3",
                  OTHER_COHORT, MEETING)
    yield message("an envelope in another cohort", "seller", Order(domain=OTHER_COHORT, services=MEETING).envelope(),
                  "K-3",
                  OTHER_COHORT, MEETING)
    yield message("a part where services meet", "seller", Order(domain=MEETING, services=MEETING).envelope(), "K-3",
                  MEETING)
    yield message("a statement in a cohort", "card-manager", Order(domain=OWN_COHORT, services=OWN_COHORT).relay(),
                  "K-3", *two)
    yield message("a verdict in a cohort", "seller", Order(domain=OWN_COHORT, services=OWN_COHORT).authorization(),
                  "K-3", *two,
                  **filed(order_like(order), "seller"))
    yield message("a domain in which the receiver has no key", "seller", order.envelope(), "K-1", MEETING)
    yield message("no such key-id", "seller", Order(sealed=change(0, bytes(16))).envelope(), "K-1")
    yield message("no such key-id in a statement", "card-manager",
                  Order(sealed=only("relay", change(0, bytes(16)))).relay(), "K-1")
    for comment, epoch, rule in (
        ("an epoch that ends with the order's second", [6, NOW - 2_000_000, NOW], "K-2"),
        ("an epoch whose last second is the order's", [6, NOW - 2_000_000, NOW + 1], Holds("K-2")),
        ("an epoch whose first second is the order's", [9, NOW, NOW + 9], Holds("K-2")),
        ("an epoch that starts after the order's second", [8, NOW + 1, NOW + 9], "K-2")):
        domain = [LABEL, ISSUERS, epoch, 0, 1]
        yield message(comment, "seller", Order(domain=domain).envelope(), rule, domain)
        yield message(f"{comment}, for a statement", "card-manager", Order(services=domain).relay(), rule, DOMAIN,
                      domain)
    old = [LABEL, ISSUERS, [6, NOW - 2_000_000, NOW + 1], 0, 1]
    yield message("an order of an epoch that is over by now", "seller", Order(domain=old).envelope(), Holds("K-2"), old,
                  now=NOW + 600)
    both = (DOMAIN, FOREIGN)
    foreign, named = Order(domain=FOREIGN), {"card-holder": [["other.example", ISSUERS, 1]]}
    yield message("keys of two networks, and none is named", "seller", foreign.envelope(), "K-4", *both)
    yield message("the network that is named", "seller", foreign.envelope(), Holds("K-4"), *both, networks=named)
    yield message("another network than the one named", "seller", Order().envelope(), "K-4", *both, networks=named)
    yield message("two networks are named", "seller", Order().envelope(), Holds("K-4"), *both,
                  networks={"card-holder": [NETWORK, *named["card-holder"]]})
    yield message("a network that is named for another role", "seller", Order().envelope(), "K-4", *both,
                  networks={"card-manager": [NETWORK]})
    yield message("the only network, and another is named", "seller", Order().envelope(), "K-4", networks=named)
    yield message("the same label with other issuers is another network", "seller", Order().envelope(), "K-4", DOMAIN,
                  [LABEL, ["other.example"], EPOCH, 0, 1])
    yield message("two epochs are one network", "seller", Order().envelope(), Holds("K-4"), DOMAIN,
                  [LABEL, ISSUERS, [9, 0, 1], 0, 1])


def order_like(order):
    """What a seller has of an order in other domains than the message's: the header is the same."""
    other = Order(domain=OWN_COHORT, services=OWN_COHORT)
    assert other.header == order.header
    return other


def preshared():
    secret = bytes_of("agreed")

    def agreed(peer, domain=DOMAIN):
        return {"preshared": {"domain": cbor.encode(domain).hex(), "peer": peer.hex(), "secret": secret.hex()}}
    holder = IDS["card-holder"]
    kept = world.pair_key
    world.pair_key = lambda a, b, domain=DOMAIN: keys.preshared_common_key(domain, secret, holder, IDS["seller"])
    try:
        order = Order()
    finally:
        world.pair_key = kept
    share = party("seller", FOREIGN)["keys"][0]
    seller = party("seller", form=form_item().hex())
    same = seller["keys"][0]
    for comment, held, rule in (
        ("a key agreed before", [agreed(holder)], None),
        ("keys agreed before with two parties, in one domain", [agreed(b"x"), agreed(holder)], None),
        ("a key agreed before with another party", [agreed(b"x")], "K-1"),
        ("a key agreed before, and a share of another network", [agreed(holder), share], "K-4"),
        ("a key agreed before, and a share in the same domain", [agreed(holder), same], "K-6")):
        yield comment, {"receiver": {**seller, "keys": held}, "message": order.envelope().hex()}, rule
    yield "two shares in one domain", {"receiver": {**seller, "keys": [same, same]},
                                       "message": Order().envelope().hex()}, "K-6"


def sessions():
    pairs = [("card-holder", "seller"), ("seller", "card-manager"), ("card-holder", "card-manager"),
             ("seller", "delivery-service"), ("card-holder", "delivery-service")]
    meetings = {pair: Meeting(*pair) for pair in pairs}
    used = {frozenset(pair): (each.transcript, each.key) for pair, each in meetings.items()}
    order, plain = Order(sessions=used), Order()
    holder, between, manager, courier, distant = meetings.values()
    of_manager = {"sessions": [between.authenticated(1).hex(), manager.authenticated(1).hex()]}
    of_seller = {"sessions": [holder.authenticated(1).hex(), between.authenticated(0, 1).hex()]}
    yield message("an envelope", "seller", order.envelope(), **of_seller)
    yield message("a relay", "card-manager", order.relay(), **of_manager)
    yield message("a relay whose part is under no session", "card-manager", Order(sessions={
        frozenset(pairs[1]): used[frozenset(pairs[1])]}).relay(), **of_manager)
    yield message("a dispatch", "delivery-service", order.dispatch(),
                  sessions=[courier.authenticated(1).hex(), distant.authenticated(1).hex()])
    direct = Order(form=DIRECT, sessions=used)
    yield message("a direct message", "card-manager", direct.direct("card-manager"), **of_manager)
    yield message("an approval", "seller", order.authorization(), **of_seller, **filed(plain, "seller"))
    yield message("a refusal", "seller", order.authorization("no"), **of_seller, **filed(plain, "seller"))
    sent = [plain.approved(["delivery-service", [NOW, [1, 1, b""], None]]), None, [[NOW, [1, 0, None], None]]]
    state, of_courier = filed(plain, "seller", stage=sent), {"sessions": [courier.authenticated(0).hex()]}
    yield message("a request", "card-manager", order.request(), **of_manager)
    yield message("a request without a part", "card-manager", order.request(parts=[]), **of_manager,
                  **filed(plain, "card-manager"))
    yield message("a response", "seller", order.response(), **of_seller, **state)
    yield message("a delivery report", "seller", order.delivery(), **of_courier, **state)
    yield message("a withdrawal", "seller", order.withdrawal(), **of_seller, **state)
    yield message("a further consignment", "delivery-service", order.dispatch(consignment=[2, 1, b""]),
                  sessions=[courier.authenticated(1).hex()],
                  **filed(plain, "delivery-service", stage=[None, [[NOW, [1, 0, b""], None]]]))
    yield message("a delivery report under another's session", "seller", Order(sessions={
        frozenset(pairs[3]): used[frozenset(pairs[0])]}).delivery(), "O-5", **of_seller, **state)
    yield message("a withdrawal under another's session", "seller", Order(sessions={
        frozenset(pairs[0]): used[frozenset(pairs[1])]}).withdrawal(), "O-5", **of_seller, **state)
    for role, meeting in (("seller", holder), ("card-manager", manager), ("delivery-service", distant)):
        yield message(f"a receipt of the {role}", "card-holder", order.receipt(role),
                      sessions=[meeting.authenticated().hex()],
                      **placed(plain))
    yield message("no session, though there is one", "seller", plain.envelope(), **of_seller)
    yield message("an order of an earlier second than the handshake", "seller",
                  Order(sessions=used, times=[NOW - 60, NOW, NOW, NOW]).envelope(), **of_seller)
    yield message("an order that is known, again", "seller", order.envelope(), Holds("E-6"), **of_seller,
                  **filed(plain, "seller"))
    yield from wrong_sessions(pairs, used, holder, between, manager, order)


def wrong_sessions(pairs, used, holder, between, manager, order):
    plain, first = Order(), frozenset(pairs[0])
    yield message("a session that the receiver does not have", "seller", order.envelope(), "O-5")
    yield message("a session of the other end alone", "card-manager", order.relay(), "O-5",
                  sessions=[manager.authenticated(1).hex()])
    stolen = Order(sessions={first: used[frozenset(pairs[1])]})
    yield message("a session of the receiver with another peer", "seller", stolen.envelope(), "O-5",
                  sessions=[between.authenticated(0).hex()])
    # The card holder made the token, and has an honest session with the seller: it writes the verdict itself.
    own = Order(sessions={frozenset(pairs[1]): used[first]})
    yield message("an approval under the card holder's own session", "seller", own.authorization(), "O-5",
                  sessions=[holder.authenticated(1).hex(), between.authenticated(0).hex()], **filed(plain, "seller"))
    yield message("a relay under the card holder's session with the card manager", "card-manager",
                  Order(sessions={frozenset(pairs[1]): used[frozenset(pairs[2])]}).relay(), "O-5",
                  sessions=[between.authenticated(1).hex(), manager.authenticated(1).hex()])
    named = [*DOMAIN[:2], [10, NOW, NOW + 5], 0, 1]
    other = Order(domain=named, sessions={first: used[first]})
    yield message("a session under another key-id", "seller", other.envelope(), "O-5", DOMAIN, named,
                  sessions=[holder.authenticated(1).hex()])
    foreign = Meeting("card-holder", "seller", ids={**IDS, "seller": b"sister.example"})
    sister = Order(sessions={first: (foreign.transcript, foreign.key)})
    yield message("a session that another party made", "seller", sister.envelope(), "O-5",
                  sessions=[foreign.authenticated(1).hex()])
    yield message("the transcript of a session, and the common key", "seller", Order(sessions={
        first: (used[first][0], world.pair_key(IDS["card-holder"], IDS["seller"]))}).envelope(), "O-6",
        sessions=[holder.authenticated(1).hex()])
    yield message("a session's key, and no transcript", "seller",
                  Order(sessions=used, sealed=lambda sealed, _: sealed[:4]).envelope(),
                  "O-6", sessions=[holder.authenticated(1).hex()])
    ended = [LABEL, ISSUERS, [6, NOW - 2_000_000, NOW], 0, 1]
    late = Meeting("card-holder", "seller", domain=ended)
    yield message("a session whose epoch does not cover the order", "seller", Order(
        domain=ended, sessions={first: (late.transcript, late.key)}).envelope(), "K-2", ended,
                  sessions=[late.authenticated(1).hex()])
    yield message("a session with a revoked party", "seller", order.envelope(), "O-1",
                  revoked=[IDS["card-holder"].hex()],
                  sessions=[holder.authenticated(1).hex()])
    renamed = Meeting("delivery-service", "seller", ids={**IDS, "delivery-service": IDS["card-holder"]})
    yield message("a session in another role of the sender", "seller", Order(
        sessions={first: (renamed.transcript, renamed.key)}).envelope(), Holds("O-5"),
                  sessions=[renamed.authenticated(1).hex()])


GROUPS = [("messages", "revoked", revoked), ("messages", "key", key_rules), ("messages", "preshared", preshared),
          ("sessions", "session", sessions)]
