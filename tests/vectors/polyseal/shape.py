"""CDDL as predicates: `seq(const("polyseal/1"), HASH)` says whether a decoded item has that form."""

import re

from . import cbor
from .base import VERSION, Refused, require

LAST_TIME = 253402300799
CIPHERTEXT = (528, 327696)
MESSAGE = 6291456
STATE = 16777216


def uint(low=0, high=(1 << 64) - 1):
    return lambda x: type(x) is int and low <= x <= high


def bstr(low=0, high=MESSAGE):
    return lambda x: type(x) is bytes and low <= len(x) <= high


def tstr(low=0, high=MESSAGE):
    return lambda x: type(x) is str and low <= len(x.encode()) <= high


def const(value):
    return lambda x: type(x) is type(value) and x == value


def null(x):
    return x is None


def or_null(shape):
    return lambda x: x is None or shape(x)


def one_of(*shapes):
    return lambda x: any(shape(x) for shape in shapes)


def many(low, high, shape):
    return lambda x: type(x) is list and low <= len(x) <= high and all(map(shape, x))


def seq(*shapes, optional=()):
    """An array; what is `optional` stands at its end, all of it or nothing."""
    def matches(x):
        if type(x) is not list or len(x) not in (len(shapes), len(shapes) + len(optional)):
            return False
        return all(shape(item) for shape, item in zip(shapes + tuple(optional), x))
    return matches


def typed(kind, *shapes, optional=()):
    """An array that starts with the version and its kind."""
    return seq(const(VERSION), const(kind), *shapes, optional=optional)


def ascending(keys):
    """Bytewise, and no two the same."""
    keys = [key.encode() if type(key) is str else key for key in keys]
    return all(a < b for a, b in zip(keys, keys[1:]))


def read(data, shape, limit=MESSAGE):
    """The item in `data`, of this form."""
    require(len(data) <= limit, "B-3 length")
    try:
        item = cbor.decode(data)
    except cbor.Malformed as why:
        raise Refused("B-1", str(why)) from None
    require(not of_another_version(item, shape), "V-1")
    if not shape(item):
        raise Refused("B-2", "not of its CDDL")
    return item


def of_another_version(item, shape):
    """Whether all that is wrong is the label that it begins with."""
    labelled = type(item) is list and item and type(item[0]) is str
    return bool(labelled and item[0] != VERSION and not shape(item) and shape([VERSION, *item[1:]]))


def plaintext(data, shape, must):
    """The item in a plaintext, whose form is asked for by a rule of its own."""
    try:
        return read(data, shape)
    except Refused as refusal:
        refusal.within.add(refusal.rule.split()[0])
        refusal.rule = f"{must} form"
        raise


def ANY(_):
    return True


NAME = re.compile(r"[a-z0-9_.-]{1,64}", re.ASCII)


def name(x):
    """A role, a label or an issuer."""
    return type(x) is str and NAME.fullmatch(x) is not None


HASH = bstr(32, 32)
KEY_ID = bstr(16, 16)
IDENTIFIER = bstr(1, 512)
TIME = uint(0, LAST_TIME)
ROLE = name
EPOCH = seq(uint(), TIME, TIME)
DOMAIN = seq(name, many(1, 8, name), EPOCH, or_null(uint()), uint(1, 1 << 20))
SEALED = seq(KEY_ID, HASH, HASH, bstr(*CIPHERTEXT), optional=[HASH])
PART = seq(ROLE, SEALED)
PARTS = many(1, 16, PART)
VALUE = tstr(0, 16384)
RELEASE = uint(0, 2)
RECIPIENT = seq(ROLE, IDENTIFIER, RELEASE, many(1, 64, uint()))
COEFFICIENTS = bstr(64, 32 * 32769)
THRESHOLD = uint(1, 32768)
REASON = tstr(0, 256)
INSTRUCTIONS = bstr(0, 4096)
FLAG = uint(0, 1)
NUMBER = uint(1, 256)
