"""The envelope of everything that is exported."""

from . import base, cbor, shape
from .base import require

EXPORT = shape.seq(
    shape.const(base.VERSION), shape.tstr(), shape.bstr(0, 1 << 34), shape.HASH
)


def check_value(kind, body):
    return base.H("check", kind, body)


def write_export(kind, body):
    body = cbor.encode(body)
    return cbor.encode([base.VERSION, kind, body, check_value(kind, body)])


def read_export(data, kind, form):
    """The body of an export of this kind."""
    with base.within("S-1"):
        _, found, body, check = shape.read(data, EXPORT, 1 << 34)
        require(found == kind, "S-1 kind", f"not a {kind}")
        require(check_value(found, body) == check, "S-1 check", "damaged")
        return shape.read(body, form, shape.STATE if kind in ("state", "placed order") else 1 << 34)


def check_owner(owner, role, identifier):
    """`owner`: role and identifier that the reader expects, or None."""
    require(owner is None or owner == (role, identifier), "S-1 owner")
