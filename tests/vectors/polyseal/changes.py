"""Misreadings: each changes one rule of this reading. (name, module, what is replaced, a function of what it was)"""

import hashlib
import re

from . import base, cbor, domains, export, forms, handshake, keys, messages, mlkem, names, orders, polynomial
from . import receive, sealing, shape
from .changes_life import LIFE
from .shape import REASON, TIME, null, one_of, typed


def without(index):
    """Header items but one."""
    return lambda was: lambda self: [item for i, item in enumerate(was(self)) if i != index]


def kept(*_):
    return True


KEYS = [
    ("attributes in another order", domains, "attributes_item", lambda was: lambda pairs: was(pairs[::-1])),
    ("a point without the epoch", domains, "point_input",
     lambda was: lambda d, i: cbor.encode([base.VERSION, "point", d[0], i])),
    ("a point of the whole domain", domains, "point_input",
     lambda was: lambda d, i: cbor.encode([base.VERSION, "point", d, i])),
    ("lanes the other way round", domains, "point", lambda was: lambda d, i: was(d, i)[::-1]),
    ("elements big-endian", domains, "element", lambda was: lambda x: x.to_bytes(16, "big")),
    ("the cohort from the whole hash", domains, "cohort_of",
     lambda was: lambda l, n, i: int.from_bytes(domains.cohort_hash(l, n, i), "big") % n),
    ("the cohort little-endian", domains, "cohort_of",
     lambda was: lambda l, n, i: int.from_bytes(domains.cohort_hash(l, n, i)[:16], "little") % n),
    ("a null cohort read as 0", domains, "key_id", lambda was: lambda d: was([*d[:3], d[3] or 0, d[4]])),
    ("services meet in any cohort", domains, "services_meet", lambda was: kept),
    ("card holders in any cohort", domains, "cohort_fits",
     lambda was: lambda d, holder: was(d, holder) if holder is None else d[3] is not None),
    ("an epoch with its end", domains, "covers", lambda was: lambda d, first, last: d[2][1] <= last and first <= d[2][2]),
    ("a key's name not cut short", domains, "key_id", lambda was: lambda d: base.H("domain", d)),
    ("the label does not tell networks apart", domains, "network", lambda was: lambda d: was(d)[1:]),
    ("the upper triangle first", polynomial, "fill", lambda was: lambda drawn, n: columns(drawn, n)),
    ("a master without its issuer", polynomial, "stream_key",
     lambda was: lambda s, d, i, t, lane: base.X(base.extract(s), "master", d, t, lane)),
    ("one stream for both lanes", polynomial, "stream_key", lambda was: lambda s, d, i, t, lane: was(s, d, i, t, 0)),
    ("coefficients lane by lane in turn", polynomial, "pack",
     lambda was: lambda g: b"".join(domains.element(x) for pair in zip(*g) for x in pair)),
    ("identifiers as they come in a common key", polynomial, "common_key", lambda was: lambda d, ikm, a, b: base.X(
        base.extract(ikm), "common key", d, a, b)),
    ("a preshared key as the common key", keys, "preshared_common_key", lambda was: lambda d, secret, a, b: secret),
    ("a probe without its domain", polynomial, "probe",
     lambda was: lambda raw, d, i, c: base.F(base.X(base.extract(raw), "probe", i), "probe", c)),
    ("a root that forgets the epoch", polynomial, "next_secret", lambda was: lambda s, l, i, n: was(s, l, i, 0)),
    ("HKDF without its salt", base, "EXTRACT_SALT", lambda was: bytes(32)),
    ("the lead of a head may be long", cbor, "shortest", lambda was: kept),
    ("text of any bytes", cbor, "text", lambda was: lambda data: data.decode("utf-8", "surrogateescape")),
]


def columns(drawn, n):
    a = [[0] * n for _ in range(n)]
    for j in range(n):
        for k in range(j, n):
            a[k][j] = a[j][k] = next(drawn)
    return a


SEALING = [
    ("a key for both directions", sealing, "directional_key", lambda was: lambda k, s, r: was(k, *sorted([s, r]))),
    ("a directional key with its ends swapped", sealing, "directional_key", lambda was: lambda k, s, r: was(k, r, s)),
    ("the purpose left out", sealing.Header, "items", without(0)),
    ("the step left out", sealing.Header, "items", without(1)),
    ("the digest left out", sealing.Header, "items", without(2)),
    ("the sender's role left out", sealing.Header, "items", without(3)),
    ("the receiver's role left out", sealing.Header, "items", without(4)),
    ("the token left out", sealing.Header, "items", without(5)),
    ("the key and the commitment are one", sealing, "commitment", lambda was: sealing.cipher_key),
    ("an empty string for no token", sealing.Header, "items",
     lambda was: lambda self: [b"" if item is None else item for item in was(self)]),
    ("Padmé at every length", sealing, "BUCKETS", lambda was: [512]),
    ("no bucket of 4096", sealing, "BUCKETS", lambda was: was[:-1]),
    ("one more bucket", sealing, "BUCKETS", lambda was: [*was, 8192]),
    ("a part of 512", sealing, "floor_of", lambda was: lambda purpose: 512),
    ("1024 for everything", sealing, "floor_of", lambda was: lambda purpose: 1024),
    ("the marker not counted", sealing, "padded_length", lambda was: lambda p, n: was(p, max(n - 1, 0))),
    ("Padmé with one bit more", sealing, "padme", lambda was: lambda n: rounded(n, 1)),
    ("padding of any length", sealing, "unpad", lambda was: lambda p, padded: padded.rstrip(b"\0")[:-1]),
    ("the wrong salt for a part's content", sealing, "hedged_salt",
     lambda was: lambda dk, fresh, header, content: was(dk, fresh, header, content[:1])),
    ("a session of another peer", keys, "session_peer", lambda was: lambda s: Anything()),
    ("a session under another key", keys, "session_key_id", lambda was: lambda s: Anything()),
    ("a session of another own party", keys, "session_own", lambda was: lambda s: Anything()),
    ("the session ignored", sealing, "session_of", lambda was: lambda sealed: None),
    ("a statement with the token", receive, "statement_header", lambda was: lambda kind, digest, role: sealing.Header(
        kind, 0, digest, "seller", role, bytes(32) if kind == "dispatch" else None)),
    ("a part from the seller", receive, "part_header", lambda was: lambda digest, role, token: sealing.Header(
        "part", 0, digest, "seller", role, token)),
]


class Anything:
    """Equal to everything."""

    def __eq__(self, _):
        return True


def rounded(n, more):
    e = n.bit_length() - 1
    unit = 1 << (e - e.bit_length() - more)
    return -(-n // unit) * unit


def amount_pattern(pattern):
    return lambda was: re.compile(pattern, re.ASCII)


NAMES = [
    ("`a.*` selects `a`", names, "matches", lambda was: lambda s, n: was(s, n) or names.stem(s) == n),
    ("a prefix of text selects", names, "matches", lambda was: lambda s, n: (
        n.startswith(names.stem(s)) if names.is_prefix(s) else s == n)),
    ("a prefix selects one level", names, "matches", lambda was: lambda s, n: was(s, n) and (
        not names.is_prefix(s) or n.count(".") == s.count("."))),
    ("a prefix of text conflicts", names, "free_of_conflicts", lambda was: lambda found: pairwise(
        found, lambda a, b: names.stem(a).startswith(names.stem(b)))),
    ("only equal names conflict", names, "free_of_conflicts", lambda was: lambda found: len(set(found)) == len(found)),
    ("neighbours in order of text", names, "free_of_conflicts", lambda was: lambda found: not any(
        names.conflict(a, b) for a, b in zip(sorted(found), sorted(found)[1:]))),
    ("`.*` counts as a segment in a conflict", names, "stem", lambda was: lambda s: s),
    ("names of 64 characters", names, "LONGEST", lambda was: 64),
    ("names of any length", names, "LONGEST", lambda was: 1 << 20),
    ("capitals in names", names, "SEGMENT", lambda was: re.compile("[A-Za-z0-9_-]+", re.ASCII)),
    ("empty segments", names, "SEGMENT", lambda was: re.compile("[a-z0-9_-]*", re.ASCII)),
    ("a selector in a header may be optional", names, "is_selector",
     lambda was: lambda s: was(s[:-1] if s.endswith("?") else s)),
    ("a prefix may be optional", names, "is_form_selector", lambda was: lambda s: names.is_selector(s.rstrip("?"))),
    ("`*` alone selects", names, "is_selector", lambda was: lambda s: s == "*" or was(s)),
    ("leading zeros in an amount", names, "AMOUNT", amount_pattern(r"([0-9]+)(?:\.([0-9]{1,4}))? ([A-Z]{3})")),
    ("five decimals", names, "AMOUNT", amount_pattern(r"(0|[1-9][0-9]*)(?:\.([0-9]{1,5}))? ([A-Z]{3})")),
    ("a point without decimals", names, "AMOUNT", amount_pattern(r"(0|[1-9][0-9]*)(?:\.([0-9]{0,4}))? ([A-Z]{3})")),
    ("a currency in small letters", names, "AMOUNT", amount_pattern(r"(0|[1-9][0-9]*)(?:\.([0-9]{1,4}))? ([A-Za-z]{3})")),
    ("a sign in an amount", names, "AMOUNT", amount_pattern(r"-?(0|[1-9][0-9]*)(?:\.([0-9]{1,4}))? ([A-Z]{3})")),
    ("19 digits", names, "AMOUNT_DIGITS", lambda was: 19),
    ("18 digits before the point", names, "AMOUNT_DIGITS", lambda was: 22),
    ("the scale of an amount normalised", names, "scaled", lambda was: lambda whole, fraction, c: was(
        whole, fraction.rstrip("0"), c)),
    ("groups in the order of recipients", forms, "groups_of", lambda was: lambda e: sorted(was(e), key=lambda g: g[1])),
    ("one group for each selector", forms, "groups_of",
     lambda was: lambda e: [([s], readers) for selectors, readers in was(e) for s in selectors]),
    ("optional selectors are required", forms, "required_names", lambda was: lambda entries: sorted(
        names.optional_split(s)[0] for _, _, _, written in entries for s in written if not names.is_prefix(s))),
    ("nothing is required", forms, "required_names", lambda was: lambda entries: []),
    ("a policy that looks at text", forms, "covers", lambda was: lambda above, s: s.startswith(names.stem(above))),
]


def pairwise(found, conflict):
    return not any(conflict(a, b) for i, a in enumerate(found) for j, b in enumerate(found) if i != j)


ORDERS = [
    ("settle-until before deliver-until", orders, "times_ascend",
     lambda was: lambda h: h.issued_at <= h.accept_until <= h.deliver_until),
    ("deliver-until before accept-until", orders, "times_ascend",
     lambda was: lambda h: h.issued_at <= h.accept_until and h.deliver_until <= h.settle_until),
    ("times all different", orders, "times_ascend", lambda was: lambda h: (
        h.issued_at < h.accept_until < h.deliver_until < h.settle_until)),
    ("a group's commitment without names", orders, "group_commitment",
     lambda was: lambda salt, fields: was(salt, [value for _, value in fields])),
    ("a group's commitment in one array each", orders, "group_commitment",
     lambda was: lambda salt, fields: base.H("group", salt, *fields)),
    ("a recipient's commitment without groups", orders, "recipient_commitment",
     lambda was: lambda salt, r: was(salt, r[:3])),
    ("a token hashed bare", orders, "token_hash", lambda was: lambda token: hashlib.sha256(token).digest()),
    ("companions of nobody are null", orders, "companions", lambda was: lambda parts: was(parts) if parts else None),
    ("companions with parts as bytes", orders, "companions",
     lambda was: lambda parts: was([cbor.encode(part) for part in parts])),
    ("a dispatch brings what is on receipt", orders, "RELEASE_OF", lambda was: {**was, "dispatch": 1}),
    ("a relay brings what waits", orders, "RELEASE_OF", lambda was: {**was, "relay": 2}),
    ("any selector of the header", orders, "check_names", lambda was: lambda found, selectors: None),
    ("equal neighbours ascend", shape, "ascending", lambda was: lambda found: list(found) == sorted(found)),
    ("indices in any order", orders, "indices_ascend", lambda was: kept),
    ("the order of CBOR's map keys", shape, "ascending",
     lambda was: lambda found: was([cbor.encode(each) for each in found])),
    ("parts in any order", orders, "check_parts", lambda was: lambda entries, roles: None),
    ("salts of groups first", orders, "make_header", lambda was: shuffled(was)),
    ("an order hashed without settle-until", orders, "make_header", lambda was: shorter(was)),
]


def shuffled(was):
    def make(*args):
        header, token, salts, group_salts = was(*args)
        return header, token, (group_salts + salts)[:len(salts)], (group_salts + salts)[len(salts):]
    return make


def shorter(was):
    def make(*args):
        kept, base.H = base.H, lambda label, *items: kept(label, *(items[:4] + items[5:] if label == "order" else items))
        try:
            return was(*args)
        finally:
            base.H = kept
    return make


def at_from(*names_of_checks):
    """check_at with some of its checks only."""
    def check(header, at, latest, now, skew, must, _):
        holds = {"issued": at >= header.issued_at, "skew": at <= now + skew, "latest": at <= latest,
                 "now": at <= now}
        base.require(all(holds[name] for name in names_of_checks), must)
    return lambda was: check


MESSAGES = [
    ("`at` not checked", messages, "check_at", at_from()),
    ("`at` before the order", messages, "check_at", at_from("skew", "latest")),
    ("`at` in the future", messages, "check_at", at_from("issued", "latest")),
    ("`at` after the deadline", messages, "check_at", at_from("issued", "skew")),
    ("`at` without skew", messages, "check_at", at_from("issued", "now", "latest")),
    ("everything until accept-until", messages, "latest_of", lambda was: lambda kind, header: header.accept_until),
    ("everything until deliver-until", messages, "latest_of", lambda was: lambda kind, header: header.deliver_until),
    ("a relay until deliver-until", messages, "latest_of",
     lambda was: lambda kind, header: header.deliver_until if kind == "relay" else was(kind, header)),
    ("a decline without its null", messages, "VERDICT", lambda was: one_of(was, typed("verdict", TIME, REASON))),
    ("a decline with its reason first", messages, "VERDICT", lambda was: typed("verdict", TIME, REASON, null)),
    ("any status from anybody", messages, "STATUSES", lambda was: {role: [0, 1, 2, 3] for role in was}),
    ("no receipts of the delivery service", messages, "STATUSES",
     lambda was: {role: each for role, each in was.items() if role != "delivery-service"}),
    ("the card manager does not report what is cancelled", messages, "STATUSES",
     lambda was: {**was, "card-manager": [0, 1, 2]}),
    ("a part is opened before an order is known", receive, "forwarded", lambda was: part_first(was)),
    ("an equal revision replaces", receive, "replaces",
     lambda was: lambda opening, known: opening.revision >= known.opening.revision),
    ("no revision replaces", receive, "replaces", lambda was: lambda opening, known: False),
    ("the skew left out", keys, "DEFAULT_RULES", lambda was: {**was, "skew": 0}),
    ("another longest time to settle", keys, "DEFAULT_RULES", lambda was: {**was, "settle": 1 << 40}),
    ("another longest time to deliver", keys, "DEFAULT_RULES", lambda was: {**was, "deliver": 1 << 40}),
    ("another longest time to accept", keys, "DEFAULT_RULES", lambda was: {**was, "accept": 1 << 40}),
]


def part_first(was):
    def forwarded(receiver, carrier, sealed):
        statement = receive.open_statement(receiver, carrier)
        receive.open_part(receiver, carrier, sealed, statement[4])
        return was(receiver, carrier, sealed)
    return forwarded


HANDSHAKES = [
    ("bound 2 without the ciphertext", handshake, "bound_2",
     lambda was: lambda hello, challenge, ciphertext: base.H("hello", hello, challenge)),
    ("bound 2 without the hello's MAC", handshake, "bound_2",
     lambda was: lambda hello, challenge, ciphertext: was(hello[:9], challenge, ciphertext)),
    ("bound 3 without the answer", handshake, "bound_3", lambda was: lambda second, answer: base.H("answer", second)),
    ("a transcript without the confirmation", handshake, "transcript_of",
     lambda was: lambda third, confirmation: base.H("confirmation", third)),
    ("a MAC over the hello with a MAC", handshake, "mac_input", lambda was: lambda hello: [*was(hello), bytes(32)]),
    ("a MAC without the encapsulation key", handshake, "mac_input", lambda was: lambda hello: hello[:8]),
    ("a session key of the exchange alone", handshake, "session_key",
     lambda was: lambda common, shared, second: base.F(shared, "session", second)),
    ("a session key bound to nothing", handshake, "session_key",
     lambda was: lambda common, shared, second: base.F(common, "session", shared)),
    ("the answer under the common key", handshake, "session_key", lambda was: lambda common, shared, second: common),
    ("X-Wing's secrets swapped", mlkem, "combine", lambda was: lambda m, x, ct, pk: was(x, m, ct, pk)),
    ("X-Wing's keys swapped", mlkem, "combine", lambda was: lambda m, x, ct, pk: was(m, x, pk, ct)),
    ("X-Wing's label first", mlkem, "combine", lambda was: lambda m, x, ct, pk: hashlib.sha3_256(
        mlkem.XWING_LABEL + m + x + ct + pk).digest()),
    ("X-Wing's key as two seeds", mlkem, "xwing_key_is_sound", lambda was: kept),
    ("an export's check without its kind", export, "check_value", lambda was: lambda kind, body: base.H("check", body)),
    ("payloads of any length", handshake, "PAYLOAD", lambda was: 1 << 40),
    ("shorter payloads", handshake, "PAYLOAD", lambda was: 65535),
    ("handshakes of any length", handshake, "LONGEST", lambda was: 1 << 40),
    ("less than 600 s", handshake, "LONGEST", lambda was: 599),
]

CHANGES = [*KEYS, *SEALING, *NAMES, *ORDERS, *MESSAGES, *LIFE, *HANDSHAKES]
