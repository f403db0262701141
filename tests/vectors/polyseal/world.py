"""The sending side, as far as the self-test needs it: parties with keys, and orders that can be spoilt at any place."""

import functools
import hashlib

from . import base, cbor, domains, export, forms, handshake, keys, mlkem, names, orders, polynomial, sealing
from .sealing import Header

NOW = 1_800_000_000
HOUR, DAY = 3600, 86400
EPOCH = [7, NOW - 1_000_000, NOW + 1_000_000]
DOMAIN = ["cards.example", ["cards.example"], EPOCH, 0, 1]
SEED = bytes(range(32))
THRESHOLD = 2
IDS = {
    "card-holder": b"holder.example/4711",
    "seller": b"shop.example",
    "card-manager": b"bank.example",
    "delivery-service": b"courier.example",
}
SERVICES = ["seller", "card-manager", "delivery-service"]
FORM = [
    ["seller", None, 1, ["amount.due", "holder.fax?", "items.*", "payment.type"]],
    ["card-manager", None, 1, ["amount.due", "card.number", "items.*", "payment.type"]],
    ["delivery-service", None, 2, ["destination.address", "holder.fax?"]],
]
FIELDS = [
    ["amount.due", "59.80 EUR"],
    ["card.number", "0000 1111 2222 3333"],
    ["destination.address", "2 Other Street, Testville"],
    ["items.0.name", "Kettle"],
    ["items.1.name", "Cup"],
    ["payment.type", "single"],
]
# A consignment and a demand, as most samples have them.
WHOLE = (1, 1, b"ring twice")
CANCEL = (1, 0, None)


def bytes_of(label, *items):
    """32 bytes that stand for a draw."""
    return hashlib.sha256(repr((label, items)).encode()).digest()


def share(identifier, domain=DOMAIN, seed=SEED):
    lanes = polynomial.master(seed, domain, domain[1][0], THRESHOLD)
    return polynomial.write_share(domain, identifier, polynomial.issue(lanes, domain, identifier))


def form_item(entries=FORM):
    return cbor.encode([base.VERSION, "form", entries])


def party(role, *doms, identifier=None, now=NOW, **more):
    """A receiver as vectors describe one."""
    own = identifier or IDS[role]
    return {"role": role, "identifier": own.hex(), "now": now,
            "keys": [{"share": share(own, domain).hex()} for domain in doms or [DOMAIN]],
            **{name: value for name, value in more.items() if value is not None}}


@functools.lru_cache(maxsize=None)
def pair_key_of(a, b, domain):
    if a == b:
        return bytes(32)  # For messages to oneself, which are to be refused before any key is looked at.
    *_, derive = keys.share_key(share(a, cbor.decode(domain)), a)
    return derive(b)


def pair_key(a, b, domain=DOMAIN):
    return pair_key_of(a, b, cbor.encode(domain))


class Order:
    """An order, its parts and its messages. The `spoil` functions change a value on its way:
    header, recipients, groups, opening(role), bound(Header), sealed(list), message(list)."""

    def __init__(self, form=FORM, fields=FIELDS, times=None, domain=DOMAIN, services=DOMAIN, ids=IDS, revision=0,
                 sessions=None, **spoil):
        self.form, self.domain, self.services, self.ids, self.spoil = form, domain, services, ids, spoil
        self.sessions, self.revision, self.salts_used = sessions or {}, revision, 0
        self.times = times or [NOW, NOW + HOUR, NOW + 30 * DAY, NOW + 180 * DAY]
        self.make(fields)

    def spoilt(self, place, value, *more):
        change = self.spoil.get(place)
        return value if change is None else change(value, *more)

    def make(self, fields):
        groups = forms.groups_of(self.form)
        fields = sorted(fields)
        taken = [[field for field in fields if any(names.matches(s, field[0]) for s in selectors)]
                 for selectors, _ in groups]
        self.groups = self.spoilt("groups", [[s, fields] for (s, _), fields in zip(groups, taken)])
        self.recipients = self.spoilt("recipients", [
            [role, self.ids[role], release, [g for g, (_, readers) in enumerate(groups) if i in readers]]
            for i, (role, _, release, _) in enumerate(self.form)])
        sender = self.ids["card-holder"]
        dks = [sealing.directional_key(pair_key(sender, r[1], self.domain), sender, r[1]) for r in self.recipients]
        header, self.token, self.salts, self.group_salts = orders.make_header(
            sender, self.times, self.recipients, self.groups, bytes(32), dks)
        self.header = cbor.encode(self.spoilt("header", cbor.decode(header)))
        self.digest = hashlib.sha256(self.header).digest()
        self.parts = {}
        for recipient in [r for r in self.recipients if r[0] != "seller"] + [
                r for r in self.recipients if r[0] == "seller"]:
            self.parts[recipient[0]] = self.part(recipient)

    def opening(self, recipient):
        role = recipient[0]
        shown = [[r, salt] for r, salt in zip(self.recipients, self.salts) if role in ("seller", r[0])
                 or r[0] == "seller"]
        groups = [[g, self.group_salts[g], self.groups[g][1]] for g in recipient[3] if g < len(self.groups)]
        seller = role == "seller"
        return [base.VERSION, "part", shown, groups, orders.companions(self.others()) if seller else None,
                self.revision if seller else None, self.token if role == "card-manager" else None]

    def others(self):
        return [self.parts[r[0]] for r in self.recipients if r[2] != 0 and r[0] != "seller"]

    def seal(self, place, sender, to, bound, plaintext, domain, parties):
        """`parties`: the roles of sender and receiver, whose session is used if there is one."""
        self.salts_used += 1
        salt = bytes_of("salt", self.salts_used)
        key, session, key_id = pair_key(sender, to, domain), None, domains.key_id(domain)
        if frozenset(parties) in self.sessions:
            session, key = self.sessions[frozenset(parties)]
        bound = self.spoilt("bound", bound, place)
        return self.spoilt("sealed", sealing.seal(key, sender, to, bound, salt, key_id, plaintext, session), place)

    def part(self, recipient):
        role, identifier, release, _ = recipient
        opening = cbor.encode(self.spoilt("opening", self.opening(recipient), role))
        bound = Header("part", 0, self.digest, "card-holder", role, self.token if release == 2 else None)
        sealed = self.seal(f"part {role}", self.ids["card-holder"], identifier, bound, opening, self.domain,
                           ("card-holder", role))
        return [role, sealed]

    def message(self, kind, *items):
        return cbor.encode(self.spoilt("message", [base.VERSION, kind, *items], kind))

    def envelope(self):
        parts = [self.parts[r[0]] for r in self.recipients if r[2] != 0]
        return self.message("envelope", self.header, parts)

    def direct(self, role):
        return self.message("direct", self.header, self.parts[role])

    def said(self, kind, sender, to, what, *items):
        """A sealed item of its kind, from one role to another."""
        plaintext = cbor.encode(self.spoilt(what, [base.VERSION, what, *items]))
        bound = Header(kind, 0, self.digest, sender, to)
        domain = self.domain if "card-holder" in (sender, to) else self.services
        return self.seal(kind, self.ids[sender], self.ids[to], bound, plaintext, domain, (sender, to))

    def passed_on(self, kind, role, parts, what, *items):
        sealed = self.said(kind, "seller", role, what, orders.companions(parts), *items)
        return self.message(kind, self.header, parts, self.spoilt("relayer", self.ids["seller"]), sealed)

    def relay(self, role="card-manager", at=NOW, parts=None):
        return self.passed_on("relay", role, parts or [self.parts[role]], "statement", at, None, None)

    def dispatch(self, role="delivery-service", at=NOW, consignment=WHOLE):
        return self.passed_on("dispatch", role, [self.parts[role]], "statement", at, self.token, list(consignment))

    def request(self, demand=CANCEL, at=NOW, parts=None):
        parts = [self.parts["card-manager"]] if parts is None else parts
        return self.passed_on("request", "card-manager", parts, "claim", at, list(demand))

    def authorization(self, reason=None, at=NOW):
        ruling = (self.token, None) if reason is None else (None, reason)
        return self.message("authorization", self.digest, self.said(
            "authorization", "card-manager", "seller", "verdict", at, *ruling))

    def response(self, demand=CANCEL, refusal=None, refunded="0.00 EUR", at=NOW):
        return self.message("response", self.digest, self.said(
            "response", "card-manager", "seller", "resolution", list(demand), [at, refusal, refunded]))

    def delivery(self, number=1, failure=None, at=NOW, role="delivery-service"):
        return self.message("delivery", self.digest, role, self.said(
            "delivery", role, "seller", "outcome", number, [at, failure]))

    def withdrawal(self):
        return self.message("withdrawal", self.digest, self.said("withdrawal", "card-holder", "seller", "notice"))

    def receipt(self, role="seller", status=0, reason=None, at=NOW, revision=0, withdrawn=None, refunded="0.00 EUR",
                consignments=()):
        refunded = None if role == "delivery-service" else refunded
        return self.message("receipt", self.digest, role, self.said(
            "receipt", role, "card-holder", "report", role, revision, at, status, reason, withdrawn, refunded,
            list(consignments)))

    def placed(self, contents=True):
        body = [self.header, [[r, salt] for r, salt in zip(self.recipients, self.salts)],
                [[[salt, fields] for salt, (_, fields) in zip(self.group_salts, self.groups)], self.token,
                 self.revision] if contents else None]
        return export.write_export("placed order", self.spoilt("placed", body))

    def approved(self, *dispatches, at=NOW):
        return ["approved", at, self.token, list(dispatches)]

    def stage(self, recipient):
        """The first stage of a role."""
        if recipient[0] in ("seller", "card-manager"):
            return [["awaiting"], None, []] if recipient[0] == "seller" else [None, []]
        return [NOW if recipient[2] == 1 else None, [[NOW, list(WHOLE), None]] if recipient[2] == 2 else []]

    def state(self, role, stage=None, forget=()):
        recipient = [r for r in self.recipients if r[0] == role][0]
        opening = self.opening(recipient)
        for group in opening[3]:
            if any(name in forget for name, _ in group[2]):
                group[1] = None
                group[2] = [[name] if name in forget else [name, value] for name, value in group[2]]
        relayed = role != "seller" and recipient[2] != 0
        body = [role, self.ids[role], 0, NOW, domains.key_id(self.domain),
                domains.key_id(self.services) if relayed else None, self.header,
                self.others() if role == "seller" else [], opening, stage or self.stage(recipient)]
        return export.write_export("state", self.spoilt("state", body))


class Meeting:
    """A handshake of two roles, both sides; spoilt like an order: hello, answer, confirmation, acknowledgement, sealed."""

    def __init__(self, initiator="seller", responder="card-manager", exchange=True, domain=DOMAIN, ids=IDS, **spoil):
        self.roles, self.domain, self.spoil, self.exchange = (initiator, responder), domain, spoil, exchange
        self.own, self.peer = ids[initiator], ids[responder]
        self.common = pair_key(self.own, self.peer, domain)
        self.key_id = domains.key_id(domain)
        self.secret = bytes_of("x-wing") if exchange else None
        public = mlkem.xwing_public(self.secret) if exchange else None
        hello = [base.VERSION, "hello", self.key_id, initiator, self.own, responder, self.peer, bytes_of("c1"), public]
        hello = self.spoilt("hello", hello)
        dk = sealing.directional_key(self.common, self.own, self.peer)
        self.hello = [*hello, self.spoilt("mac", handshake.hello_mac(dk, hello))]
        self.answer_it()

    spoilt = Order.spoilt

    def answer_it(self):
        challenge, ciphertext, self.key = bytes_of("c2"), None, None
        if self.exchange and "declined" not in self.spoil:
            shared, ciphertext = mlkem.xwing_encapsulate(self.hello[8], bytes_of("r1") + bytes_of("r2"))
        ciphertext = self.spoilt("ciphertext", ciphertext)
        self.second = handshake.bound_2(self.hello, challenge, ciphertext)
        if ciphertext is not None and self.exchange:
            self.key = handshake.session_key(self.common, shared, self.second)
        initiator, responder = self.roles
        sealed = self.seal(2, self.second, self.peer, self.own, responder, initiator, b"a form")
        self.answer = self.spoilt("answer", [base.VERSION, "answer", challenge, ciphertext, sealed])
        self.third = handshake.bound_3(self.second, self.answer)
        sealed = self.seal(3, self.third, self.own, self.peer, initiator, responder, b"")
        self.confirmation = self.spoilt("confirmation", [base.VERSION, "confirmation", sealed])
        self.transcript = handshake.transcript_of(self.third, self.confirmation)
        if self.key is not None:
            sealed = self.seal(4, self.transcript, self.peer, self.own, responder, initiator, b"", self.transcript)
            self.acknowledgement = [base.VERSION, "acknowledgement", sealed]

    def seal(self, step, digest, sender, to, sender_role, to_role, plaintext, session=None):
        bound = Header("handshake", step, digest, sender_role, to_role)
        bound = self.spoilt("bound", bound, step)
        plaintext = self.spoilt("payload", plaintext, step)
        sealed = sealing.seal(self.key or self.common, sender, to, bound, bytes_of("s", step), self.key_id, plaintext,
                              session)
        return self.spoilt("sealed", sealed, step)

    def initiator(self, begun=NOW):
        return export.write_export("initiator", [begun, cbor.encode(self.hello), self.secret])

    def responder(self, answered=NOW):
        return export.write_export("responder", [answered, cbor.encode(self.hello), self.third, self.key])

    def authenticated(self, side=0, acknowledged=0):
        """Side 0 began."""
        ends = [(self.roles[0], self.own), (self.roles[1], self.peer)]
        key = None if "unkept" in self.spoil else self.key
        (role, own), (peer_role, peer) = ends[side], ends[1 - side]
        return export.write_export("authenticated", [
            role, own, peer_role, peer, NOW, self.transcript, self.key_id if key else None, key, acknowledged])
