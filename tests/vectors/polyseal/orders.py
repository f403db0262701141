"""Headers, and what a reader checks of an opened part."""

import hashlib

from . import base, cbor, forms, names, shape
from .base import require
from .forms import DIRECT, ON_APPROVAL, ON_RECEIPT
from .shape import HASH, IDENTIFIER, RECIPIENT, ROLE, TIME, many, one_of, or_null, seq, tstr, typed, uint

SELECTORS = many(1, 256, tstr(1, 128))
HEADER = typed("header", IDENTIFIER, TIME, TIME, TIME, TIME, HASH, many(1, 16, seq(ROLE, HASH)),
               many(1, 64, seq(SELECTORS, HASH)))
FIELD = seq(tstr(1, 128), tstr())
FORGOTTEN = seq(tstr(1, 128))


def opening_of(salt, field):
    return typed("part", many(1, 16, seq(RECIPIENT, HASH)), many(1, 64, seq(uint(), salt, many(0, forms.FIELDS, field))),
                 or_null(HASH), or_null(uint()), or_null(HASH))


OPENING = opening_of(HASH, FIELD)
STORED_OPENING = opening_of(or_null(HASH), one_of(FIELD, FORGOTTEN))
RELEASE_OF = {"direct": DIRECT, "envelope": ON_RECEIPT, "relay": ON_RECEIPT, "dispatch": ON_APPROVAL}


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
        require(times_ascend(self), "header-times")
        forms.check_roles(self.roles, "header-recipients")
        every = [selector for selectors, _ in self.groups for selector in selectors]
        require(all(map(names.is_selector, every)), "header-selectors", "no selector")
        require(all(shape.ascending(selectors) for selectors, _ in self.groups), "header-selectors", "in a group")
        require(shape.ascending([selectors[0] for selectors, _ in self.groups]), "header-groups")
        require(len(every) <= forms.SELECTORS_IN_ALL, "limit", "too many selectors")
        require(names.free_of_conflicts(every), "header-conflict")


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
    return Opening(shape.read(data, OPENING))


def check_reader(header, opening, role, identifier, way=None):
    """What every reader checks, in order. `way`: how the part came, None for a state."""
    check_entries(header, opening)
    own = opening.entry(role)
    require(own is not None and own[1] == identifier, "entry-own")
    check_groups(header, opening, own)
    forms.check_totals(opening.fields())
    check_shown(header, opening, role)
    check_secrets(header, opening, role)
    if way is not None:
        require(own[2] == RELEASE_OF[way], "release")


def check_entries(header, opening):
    commitments, after = dict(header.recipients), -1
    for recipient, salt in opening.entries:
        role = recipient[0]
        require(role in commitments, "entry-commitment", "a role that the header does not have")
        require(recipient_commitment(salt, recipient) == commitments[role], "entry-commitment")
        require(header.roles.index(role) > after, "entry-order")
        after = header.roles.index(role)
    identifiers = [recipient[1] for recipient, _ in opening.entries]
    require(len({*identifiers, header.sender}) == len(identifiers) + 1, "entry-identifiers")
    for recipient, _ in opening.entries:
        require(indices_ascend(recipient[3]), "entry-indices", "order")
        require(recipient[3][-1] < len(header.groups), "entry-indices", "range")


def indices_ascend(indices):
    return all(a < b for a, b in zip(indices, indices[1:]))


def check_groups(header, opening, own):
    require([index for index, _, _ in opening.groups] == own[3], "groups-shown")
    for index, salt, fields in opening.groups:
        selectors, commitment = header.groups[index]
        check_names([field[0] for field in fields], selectors)
        if salt is not None:
            require(all(len(field) == 2 for field in fields), "group-forgotten")
            require(group_commitment(salt, fields) == commitment, "group-commitment")
        else:
            require(any(len(field) == 1 for field in fields), "group-forgotten")
    require(names.free_of_conflicts([name for name, _ in opening.fields()]), "field-conflict")


def check_names(found, selectors):
    require(all(map(names.is_field_name, found)), "field-name")
    require(shape.ascending(found), "field-order")
    for name in found:
        require(any(names.matches(selector, name) for selector in selectors), "field-selector", name)


def check_shown(header, opening, role):
    shown = [recipient[0] for recipient, _ in opening.entries]
    if role == "seller":
        require(shown == header.roles, "entries-shown")
    else:
        require(set(shown) == {role, "seller"}, "entries-shown")
        require(opening.entry("seller")[2] == ON_RECEIPT, "seller-release")


def check_secrets(header, opening, role):
    require((opening.companions is not None) == (role == "seller"), "companions-where")
    require((opening.revision is not None) == (role == "seller"), "revision-where")
    require((opening.token is not None) == (role == "card-manager"), "token-where")
    if opening.token is not None:
        require(token_hash(opening.token) == header.token_hash, "token-hash")


def check_seller(header, opening, other_parts):
    """What the seller checks besides. `other_parts`: those of the envelope but its own."""
    entries = [recipient for recipient, _ in opening.entries]
    forms.check_order_of_parts([(role, release) for role, _, release, _ in entries], "seller-rules")
    audiences = audiences_of(header, entries)
    require(all(audiences), "group-unread")
    require(len(set(audiences)) == len(audiences), "group-same")
    require(companions(other_parts) == opening.companions, "companions")
    check_parts(entries, ["seller", *[role for role, _ in other_parts]])


def audiences_of(header, entries):
    """For each group of the header the roles that read it."""
    return [tuple(role for role, _, _, indices in entries if index in indices) for index in range(len(header.groups))]


def check_parts(entries, roles):
    """The parts of an envelope are all that are not direct, in sending order; the seller's comes first of them."""
    require(roles == [role for role, _, release, _ in entries if release != DIRECT], "envelope-parts")


def check_amount(header, opening, role):
    """The amount due is seen by the seller and the card manager, each by itself, and reads as an amount."""
    for index, _, fields in opening.groups:
        if names.AMOUNT_DUE in header.groups[index][0]:
            found = dict(field for field in fields if len(field) == 2)
            require(names.AMOUNT_DUE in found, "amount", "missing")
            if role == "seller":
                manager = opening.entry("card-manager")
                require(manager is None or index in manager[3], "amount", "the card manager does not see it")
            return names.amount(found[names.AMOUNT_DUE])
    raise base.Refused("amount", "not among the selectors")


def check_form(header, opening, form):
    """The seller's policy: selectors and recipients are those of its form, what is required is there."""
    entries = [recipient for recipient, _ in opening.entries]
    require(len(entries) == len(form), "form-issued", "recipients")
    groups = forms.groups_of(form)
    require([selectors for selectors, _ in header.groups] == [selectors for selectors, _ in groups], "form-issued")
    for i, ((role, identifier, release, _), (own_role, own_identifier, own_release, indices)) in enumerate(
            zip(form, entries)):
        require((role, release) == (own_role, own_release), "form-issued", "role or release")
        require(identifier in (None, own_identifier), "form-issued", "another recipient")
        require(indices == [g for g, (_, readers) in enumerate(groups) if i in readers], "form-issued", "groups")
    shown = {selector for index, _, _ in opening.groups for selector in header.groups[index][0]}
    present = {name for name, _ in opening.fields()}
    for name in forms.required_names(form):
        require(name not in shown or name in present, "field-required", name)


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
