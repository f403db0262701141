"""Field names, selectors, what conflicts, groups, amounts."""

import re

from .base import require

LONGEST = 128
SEGMENT = re.compile(r"[a-z0-9_-]+", re.ASCII)
AMOUNT = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]{1,4}))? ([A-Z]{3})", re.ASCII)
AMOUNT_DIGITS = 18
AMOUNT_DUE = "amount.due"


def segments(name):
    return name.split(".")


def is_field_name(name):
    return type(name) is str and 1 <= len(name) <= LONGEST and all(SEGMENT.fullmatch(each) for each in segments(name))


def is_prefix(selector):
    return selector.endswith(".*")


def stem(selector):
    """Without its `.*`."""
    return selector[:-2] if is_prefix(selector) else selector


def is_selector(selector):
    return type(selector) is str and len(selector) <= LONGEST and is_field_name(stem(selector))


def matches(selector, name):
    if is_prefix(selector):
        return name.startswith(stem(selector) + ".")
    return selector == name


def begins(a, b):
    """Whether the segments of a begin those of b."""
    a, b = segments(a), segments(b)
    return b[:len(a)] == a


def conflict(a, b):
    a, b = stem(a), stem(b)
    return begins(a, b) or begins(b, a)


def free_of_conflicts(names):
    """No two of these conflict. Sorted by segments, a name stands right before one that it begins."""
    ordered = sorted(names, key=lambda each: segments(stem(each)))
    return not any(conflict(a, b) for a, b in zip(ordered, ordered[1:]))


def optional_split(written):
    """A form's selector and whether it is optional."""
    if written.endswith("?"):
        return written[:-1], True
    return written, False


def is_form_selector(written):
    selector, optional = optional_split(written)
    return is_selector(selector) and not (optional and is_prefix(selector))


def amount(value):
    """The digits as one integer, how many stand after the point, the currency."""
    found = AMOUNT.fullmatch(value)
    require(found is not None, "E-7 amount")
    whole, fraction, currency = found.groups()
    fraction = fraction or ""
    require(len(whole) + len(fraction) <= AMOUNT_DIGITS, "E-7 digits")
    return scaled(whole, fraction, currency)


def scaled(whole, fraction, currency):
    return int(whole + fraction), len(fraction), currency


def is_amount(value):
    """Whether a text that is no field is an amount; what it is not is of a wrong form there."""
    found = type(value) is str and AMOUNT.fullmatch(value)
    return bool(found) and len(found[1] + (found[2] or "")) <= AMOUNT_DIGITS


def comparable(a, b):
    """Whether two amounts have one scale and one currency."""
    return a[1:] == b[1:]


def written(units, decimals, currency):
    digits = str(units).zfill(decimals + 1)
    return f"{digits[:len(digits) - decimals]}{'.' if decimals else ''}{digits[len(digits) - decimals:]} {currency}"

