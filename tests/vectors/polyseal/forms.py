"""Forms: who sees what. And how an order is split by one."""

from . import names, shape
from .base import require
from .shape import IDENTIFIER, RELEASE, ROLE, many, or_null, seq, tstr, typed

DIRECT, ON_RECEIPT, ON_APPROVAL = 0, 1, 2
SELECTORS_IN_ALL = 256
GROUPS = 64
FIELDS = 4096
NAMES_AND_VALUES = 262144

ENTRY = seq(ROLE, or_null(IDENTIFIER), RELEASE, many(1, 256, tstr(1, 129)))
FORM = typed("form", many(1, 16, ENTRY))

# The roles that the standard form knows, with the releases and the selectors that they may have.
SHARED = ["holder.name", "holder.address", "holder.telephone", "holder.fax", "item.name", "item.quantity",
          "item.number", "items.*", "amount.due", "payment.type"]
STANDARD = {
    "seller": ([ON_RECEIPT], SHARED),
    "card-manager": ([DIRECT, ON_RECEIPT], [*SHARED, "card.number", "card.expiry"]),
    "delivery-service": ([ON_APPROVAL], ["holder.name", "holder.address", "holder.telephone", "holder.fax",
                                         "destination.name", "destination.address"]),
}


def check_roles(roles, rule):
    require(len(set(roles)) == len(roles), rule, "a role twice")
    require("card-holder" not in roles, rule, "card-holder is no recipient")


def check_order_of_parts(entries, rule):
    """`entries`: role and release of all recipients, in order."""
    sellers = [i for i, (role, _) in enumerate(entries) if role == "seller"]
    require(len(sellers) == 1, rule, "not one seller")
    at = sellers[0]
    require(entries[at][1] == ON_RECEIPT, rule, "the seller's release")
    require(all(release == DIRECT for _, release in entries[:at]), rule, "before the seller")
    managers = [release for role, release in entries if role == "card-manager"]
    require(ON_APPROVAL not in managers, rule, "the card manager cannot wait for itself")
    waits = any(release == ON_APPROVAL for _, release in entries)
    require(managers or not waits, rule, "nobody approves")


def read_form(data):
    _, _, entries = shape.read(data, FORM)
    check_roles([role for role, _, _, _ in entries], "form-recipients")
    check_order_of_parts([(role, release) for role, _, release, _ in entries], "form-recipients")
    named = [identifier for _, identifier, _, _ in entries if identifier is not None]
    require(len(set(named)) == len(named), "form-recipients", "an identifier twice")
    for _, _, _, written in entries:
        require(all(map(names.is_form_selector, written)), "form-selectors", "no selector")
        require(shape.ascending([names.optional_split(each)[0] for each in written]), "form-selectors", "order")
    check_selectors(entries)
    return entries


def check_selectors(entries):
    every = [names.optional_split(each) for _, _, _, written in entries for each in written]
    selectors = sorted({selector for selector, _ in every})
    require(len(set(every)) == len(selectors), "form-selectors", "optional for one, required for another")
    require(names.free_of_conflicts(selectors), "form-selectors", "conflict")
    require(len(selectors) <= SELECTORS_IN_ALL, "limit", "too many selectors")
    require(len(groups_of(entries)) <= GROUPS, "limit", "too many groups")
    for role in ("seller", "card-manager"):
        seen = [written for found, _, _, written in entries if found == role]
        require(all(names.AMOUNT_DUE in written for written in seen), "form-amount", f"{role} does not see it")


def readers_of(entries):
    """For each selector the recipients that see it."""
    readers = {}
    for i, (_, _, _, written) in enumerate(entries):
        for each in written:
            readers.setdefault(names.optional_split(each)[0], []).append(i)
    return readers


def groups_of(entries):
    """Selectors and readers of each group, in the order of the header."""
    groups = {}
    for selector, readers in readers_of(entries).items():
        groups.setdefault(tuple(readers), []).append(selector)
    return sorted((sorted(selectors), list(readers)) for readers, selectors in groups.items())


def required_names(entries):
    every = [names.optional_split(each) for _, _, _, written in entries for each in written]
    return sorted({selector for selector, optional in every if not optional and not names.is_prefix(selector)})


def check_fields(fields):
    """Names and values of an order."""
    require(all(names.is_field_name(name) for name, _ in fields), "field-name")
    require(names.free_of_conflicts([name for name, _ in fields]), "field-conflict")
    check_totals(fields)


def check_totals(fields):
    """`fields`: name and value, the value None where it was forgotten."""
    require(len(fields) <= FIELDS, "limit", "too many fields")
    require(all(value is None or shape.VALUE(value) for _, value in fields), "limit", "a value is too long")
    size = sum(len(name) + len((value or "").encode()) for name, value in fields)
    require(size <= NAMES_AND_VALUES, "limit", "names and values are too long")


def split(entries, fields):
    """The fields of each group, ascending; every field goes to somebody."""
    fields = sorted((list(field) for field in fields), key=lambda field: field[0].encode())
    check_fields(fields)
    present = {name for name, _ in fields}
    for name in required_names(entries):
        require(name in present, "field-required", name)
    names.amount(dict(fields)[names.AMOUNT_DUE])
    groups = groups_of(entries)
    taken = [[field for field in fields if any(names.matches(s, field[0]) for s in selectors)]
             for selectors, _ in groups]
    require(sum(map(len, taken)) == len(fields), "field-unread")
    return taken


def confine(entries):
    """The standard disclosure policy: refuses a form that shows more than the standard form."""
    for role, _, release, written in entries:
        releases, allowed = STANDARD.get(role, ([], []))
        require(release in releases, "policy-release", role)
        for each in written:
            selector = names.optional_split(each)[0]
            require(any(covers(above, selector) for above in allowed), "policy-selector", f"{selector} for {role}")


def covers(above, selector):
    """Whether whoever may see `above` sees no more by `selector`."""
    return above == selector or (names.is_prefix(above) and names.matches(above, names.stem(selector)))
