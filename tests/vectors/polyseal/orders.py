"""Headers, and what a reader checks of an opened part."""

import hashlib

from . import base, cbor, forms, names, shape
from .base import require
from .forms import DIRECT, ON_APPROVAL, ON_RECEIPT
from .shape import HASH, IDENTIFIER, RECIPIENT, ROLE, TIME, VALUE, many, one_of, or_null, seq, typed, uint



def selector(item):
    return names.is_selector(item)


def field_name(item):
    return names.is_field_name(item)


HEADER = typed("header", IDENTIFIER, TIME, TIME, TIME, TIME, HASH, many(1, 16, seq(ROLE, HASH)),
               many(1, 64, seq(many(1, 256, selector), HASH)))
FIELD = seq(field_name, VALUE)
FORGOTTEN = seq(field_name)


def opening_of(salt, field):
    return typed("part", many(1, 16, seq(RECIPIENT, HASH)),
                 many(1, 64, seq(uint(), salt, many(0, forms.FIELDS, field))), or_null(HASH), or_null(uint()),
                 or_null(HASH))


OPENING = opening_of(HASH, FIELD)
STORED_OPENING = opening_of(or_null(HASH), one_of(FIELD, FORGOTTEN))
RELEASE_OF = {"direct": DIRECT, "envelope": ON_RECEIPT, "relay": ON_RECEIPT, "dispatch": ON_APPROVAL,
              "request": ON_RECEIPT}


class Header:
    def __init__(self, data):
        item = shape.read(data, HEADER)
        (_, _, self.sender, self.issued_at, self.accept_until, self.deliver_until, self.settle_until,
         self.token_hash, self.recipients, self.groups) = item
        self.data = data
        self.digest = hashlib.sha256(data).digest()
        self.roles = [role for role, _ in self.recipients]
        self.check()

    def check(self):
        require(times_ascend(self), "G-1")
        forms.check_roles(self.roles, "G-2")
        every = [selector for selectors, _ in self.groups for selector in selectors]
        require(all(shape.ascending(selectors) for selectors, _ in self.groups), "G-3 selectors")
        require(shape.ascending([selectors[0] for selectors, _ in self.groups]), "G-3 groups")
        require(len(every) <= forms.SELECTORS_IN_ALL, "G-4 count")
        require(names.free_of_conflicts(every), "G-4 conflict")


def times_ascend(header):
    return header.issued_at <= header.accept_until <= header.deliver_until <= header.settle_until


def recipient_commitment(salt, recipient):
    return base.H("recipient", salt, recipient)


def group_commitment(salt, fields):
    return base.H("group", salt, fields)


def token_hash(token):
    return base.H("token", token)


def companions(parts):
    return base.H("parts", parts)


class Opening:
    """An opened part, or a stored one, in which values may be forgotten."""

    def __init__(self, item):
        _, _, self.entries, self.groups, self.companions, self.revision, self.token = item
        self.item = item

    def entry(self, role):
        found = [recipient for recipient, _ in self.entries if recipient[0] == role]
        return found[0] if found else None

    def fields(self):
        return [[field[0], field[1] if len(field) == 2 else None] for _, _, fields in self.groups for field in fields]


def read_opening(data):
    return Opening(shape.plaintext(data, OPENING, "P-1"))


def check_reader(header, opening, role, identifier, way=None):
    """What every reader checks, P-2 to P-11, in order. `way`: how the part came, None for a state."""
    check_entries(header, opening.entries)
    own = opening.entry(role)
    require(own is not None and own[1] == identifier, "P-5 entry")
    require([index for index, _, _ in opening.groups] == own[3], "P-5 groups")
    check_groups([(header.groups[index], salt, fields) for index, salt, fields in opening.groups])
    check_shown(header, opening, role)
    check_secrets(header, opening, role)
    if way is not None:
        require(own[2] == RELEASE_OF[way], "P-11")


def check_entries(header, entries):
    """P-2 to P-4, of recipients with their salts."""
    commitments, after = dict(header.recipients), -1
    for recipient, salt in entries:
        role = recipient[0]
        require(role in commitments, "P-2 role")
        require(recipient_commitment(salt, recipient) == commitments[role], "P-2 commitment")
        require(header.roles.index(role) > after, "P-2 order")
        after = header.roles.index(role)
    identifiers = [recipient[1] for recipient, _ in entries]
    require(len(set(identifiers)) == len(identifiers), "P-3 twice")
    require(header.sender not in identifiers, "P-3 sender")
    for recipient, _ in entries:
        require(indices_ascend(recipient[3]), "P-4 order")
        require(max(recipient[3]) < len(header.groups), "P-4 range")


def indices_ascend(indices):
    return all(a < b for a, b in zip(indices, indices[1:]))


def check_groups(groups):
    """P-6 to P-8, of groups as the header has them, each with its salt and its fields."""
    for (selectors, _), _, fields in groups:
        check_names([field[0] for field in fields], selectors)
    fields = [field for _, _, fields in groups for field in fields]
    require(names.free_of_conflicts([field[0] for field in fields]), "P-6 conflict")
    for (_, commitment), salt, opened in groups:
        if salt is not None:
            require(all(len(field) == 2 for field in opened), "S-9 salt")
            require(group_commitment(salt, opened) == commitment, "P-7")
        else:
            require(any(len(field) == 1 for field in opened), "S-9 no salt")
    forms.check_totals([[field[0], field[1] if len(field) == 2 else None] for field in fields], "P-8")


def check_names(found, selectors):
    require(shape.ascending(found), "P-6 order")
    for name in found:
        require(any(names.matches(selector, name) for selector in selectors), "P-6 selector", name)


def check_shown(header, opening, role):
    shown = [recipient[0] for recipient, _ in opening.entries]
    if role == "seller":
        require(shown == header.roles, "P-9 all")
    else:
        require(set(shown) == {role, "seller"}, "P-9 two")
        require(opening.entry("seller")[2] == ON_RECEIPT, "P-9 release")


def check_secrets(header, opening, role):
    require((opening.companions is not None) == (role == "seller"), "P-10 companions")
    require((opening.revision is not None) == (role == "seller"), "P-10 revision")
    require((opening.token is not None) == (role == "card-manager"), "P-10 token")
    if opening.token is not None:
        require(token_hash(opening.token) == header.token_hash, "P-10 hash")


def check_recipients(header, entries):
    """E-2 and E-3, of all recipients."""
    with base.within("E-2"):
        forms.check_releases([(role, release) for role, _, release, _ in entries])
    audiences = audiences_of(header, entries)
    require(all(audiences), "E-3 unread")
    require(len(set(audiences)) == len(audiences), "E-3 same")


def check_seller(header, opening, other_parts, at):
    """E-2 to E-5. `other_parts`: those of the envelope but the seller's own, which is the one of this place."""
    entries = [recipient for recipient, _ in opening.entries]
    check_recipients(header, entries)
    roles = [role for role, _ in other_parts]
    check_parts(entries, [*roles[:at], "seller", *roles[at:]])
    require(companions(other_parts) == opening.companions, "E-5")


def audiences_of(header, entries):
    """For each group of the header the roles that read it."""
    return [tuple(role for role, _, _, indices in entries if index in indices) for index in range(len(header.groups))]


def check_parts(entries, roles):
    """The parts of an envelope are all that are not direct, in sending order."""
    require(roles == [role for role, _, release, _ in entries if release != DIRECT], "E-4")


def check_amount(header, opening, may_be_forgotten=False):
    """E-7, as far as the reader sees entries and groups, and in a state remembers the amount."""
    for index, _, fields in opening.groups:
        if names.AMOUNT_DUE in header.groups[index][0]:
            for role in ("seller", "card-manager"):
                entry = opening.entry(role)
                require(entry is None or index in entry[3], f"E-7 {role}")
            if may_be_forgotten and [names.AMOUNT_DUE] in fields:
                return None
            found = dict(field for field in fields if len(field) == 2)
            require(names.AMOUNT_DUE in found, "E-7 missing")
            return names.amount(found[names.AMOUNT_DUE])
    raise base.Refused("E-7 selector")


def amount_due(opening, must):
    """The amount of an order that is filed, for whoever compares others with it; it may be forgotten."""
    value = dict(opening.fields()).get(names.AMOUNT_DUE)
    if not names.is_amount(value):
        raise base.Refused(f"{must} due")
    return names.amount(value)


def check_form(header, opening, form):
    """E-8: selectors and entries are those of the seller's form, what is required is there."""
    entries = [recipient for recipient, _ in opening.entries]
    require(len(entries) == len(form), "E-8 recipients")
    groups = forms.groups_of(form)
    require([selectors for selectors, _ in header.groups] == [selectors for selectors, _ in groups], "E-8 selectors")
    for i, ((role, identifier, release, _), (own_role, own_identifier, own_release, indices)) in enumerate(
            zip(form, entries)):
        require((role, release) == (own_role, own_release), "E-8 release")
        require(identifier in (None, own_identifier), "E-8 identifier")
        require(indices == [g for g, (_, readers) in enumerate(groups) if i in readers], "E-8 groups")
    shown = {selector for index, _, _ in opening.groups for selector in header.groups[index][0]}
    present = {name for name, _ in opening.fields()}
    for name in forms.required_names(form):
        require(name not in shown or name in present, "E-8 required", name)


def make_header(sender, times, recipients, groups, fresh, dks):
    """How this library makes header and secrets (informative). `groups`: selectors and fields. Gives the header, the
    token, and the salts of recipients and of groups."""
    every = sorted((field for _, fields in groups for field in fields), key=lambda field: field[0].encode())
    order = base.H("order", sender, *times, recipients, [selectors for selectors, _ in groups], every)
    seed = base.H("seed", [base.F(dk, "seed", fresh, order) for dk in dks])
    take = base.keystream(seed)
    token = take(32)
    salts = [take(32) for _ in recipients]
    group_salts = [take(32) for _ in groups]
    data = cbor.encode([
        base.VERSION, "header", sender, *times, token_hash(token),
        [[r[0], recipient_commitment(salt, r)] for r, salt in zip(recipients, salts)],
        [[selectors, group_commitment(salt, fields)] for (selectors, fields), salt in zip(groups, group_salts)],
    ])
    return data, token, salts, group_salts
