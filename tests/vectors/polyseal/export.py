"""The envelope of everything that is exported."""

from . import base, cbor, shape
from .base import require

EXPORT = shape.seq(
    shape.const(base.VERSION), shape.tstr(), shape.bstr(0, 1 << 34), shape.HASH
)
KINDS = ["share", "authority", "joint authority", "contribution", "root", "placed order", "initiator", "responder",
         "authenticated", "state"]


def check_value(kind, body):
    return base.H("check", kind, body)


def write_export(kind, body):
    body = cbor.encode(body)
    return cbor.encode([base.VERSION, kind, body, check_value(kind, body)])


def read_export(data, kind, form):
    """The body of an export of this kind."""
    _, found, body, check = shape.read(data, EXPORT, 1 << 34)
    require(found == kind, "export", f"not a {kind}")
    require(check_value(kind, body) == check, "export", "damaged")
    return shape.read(body, form, 1 << 34)
