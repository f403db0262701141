"""Forms: who sees what. And how an order is split by one."""

from . import base, names, shape
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


def check_roles(roles, must):
    require(len(set(roles)) == len(roles), f"{must} twice")
    require("card-holder" not in roles, f"{must} card-holder")


def check_releases(entries):
    """`entries`: role and release of all recipients, in order."""
    sellers = [i for i, (role, _) in enumerate(entries) if role == "seller"]
    require(len(sellers) == 1, "F-2 one")
    at = sellers[0]
    require(entries[at][1] == ON_RECEIPT, "F-2 release")
    require(all(release == DIRECT for _, release in entries[:at]), "F-2 before")
    managers = [release for role, release in entries if role == "card-manager"]
    require(ON_APPROVAL not in managers, "F-3 manager")
    waits = any(release == ON_APPROVAL for _, release in entries)
    require(managers or not waits, "F-3 nobody")


def read_form(data):
    _, _, entries = shape.read(data, FORM)
    for _, _, _, written in entries:
        require(all(map(names.is_form_selector, written)), "B-2 form-selector")
        require(shape.ascending([names.optional_split(each)[0] for each in written]), "B-2 form-selector order")
    check_roles([role for role, _, _, _ in entries], "F-1")
    named = [identifier for _, identifier, _, _ in entries if identifier is not None]
    require(len(set(named)) == len(named), "F-1 identifiers")
    check_releases([(role, release) for role, _, release, _ in entries])
    check_selectors(entries)
    return entries


def check_selectors(entries):
    every = [names.optional_split(each) for _, _, _, written in entries for each in written]
    selectors = sorted({selector for selector, _ in every})
    require(names.free_of_conflicts(selectors), "F-4 conflict")
    require(len(set(every)) == len(selectors), "F-4 optional")
    require(len(selectors) <= SELECTORS_IN_ALL, "F-5 selectors")
    require(len(groups_of(entries)) <= GROUPS, "F-5 groups")
    for role in ("seller", "card-manager"):
        seen = [written for found, _, _, written in entries if found == role]
        require(all(names.AMOUNT_DUE in written for written in seen), f"F-6 {role}")


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
    require(all(names.is_field_name(name) for name, _ in fields), "W-1 name")
    require(names.free_of_conflicts([name for name, _ in fields]), "W-1 conflict")
    require(all(shape.VALUE(value) for _, value in fields), "W-1 value")
    check_totals(fields, "W-1")


def check_totals(fields, must):
    """`fields`: name and value, the value None where it was forgotten."""
    require(len(fields) <= FIELDS, f"{must} fields")
    size = sum(len(name) + len((value or "").encode()) for name, value in fields)
    require(size <= NAMES_AND_VALUES, f"{must} size")


def split(entries, fields):
    """The fields of each group, ascending. What nobody sees is left out."""
    fields = sorted((list(field) for field in fields), key=lambda field: field[0].encode())
    check_fields(fields)
    present = {name for name, _ in fields}
    for name in required_names(entries):
        require(name in present, "W-1 required", name)
    with base.within("W-1"):
        names.amount(dict(fields)[names.AMOUNT_DUE])
    return [[field for field in fields if any(names.matches(s, field[0]) for s in selectors)]
            for selectors, _ in groups_of(entries)]


def confine(entries):
    """The standard disclosure policy: refuses a form that shows more than the standard form."""
    for role, _, release, written in entries:
        releases, allowed = STANDARD.get(role, ([], []))
        require(release in releases, "F-7 release", role)
        for each in written:
            selector = names.optional_split(each)[0]
            require(any(covers(above, selector) for above in allowed), "F-7 selector", f"{selector} for {role}")


def check_different(entries, card_holder, chosen):
    """`chosen`: identifiers by role, where the form names none."""
    every = [card_holder, *(identifier or chosen.get(role) for role, identifier, _, _ in entries)]
    every = [identifier for identifier in every if identifier is not None]
    require(len(set(every)) == len(every), "F-8")


def covers(above, selector):
    """Whether whoever may see `above` sees no more by `selector`."""
    return above == selector or (names.is_prefix(above) and names.matches(above, names.stem(selector)))
