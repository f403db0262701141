"""The forms of a handshake and of what its sides keep."""

from . import export, shape
from .base import require
from .shape import HASH, IDENTIFIER, KEY_ID, ROLE, SEALED, TIME, bstr, or_null, seq, typed, uint

ENCAPSULATION_KEY = bstr(1216, 1216)
EXCHANGE_CIPHERTEXT = bstr(1120, 1120)
PAYLOAD = 65536
LONGEST = 600

HELLO = typed("hello", KEY_ID, ROLE, IDENTIFIER, ROLE, IDENTIFIER, HASH, or_null(ENCAPSULATION_KEY), HASH)
ANSWER = typed("answer", HASH, or_null(EXCHANGE_CIPHERTEXT), SEALED)
CONFIRMATION = typed("confirmation", SEALED)
ACKNOWLEDGEMENT = typed("acknowledgement", SEALED)

INITIATOR = seq(TIME, bstr(), or_null(HASH))
RESPONDER = seq(TIME, bstr(), HASH, or_null(HASH))
AUTHENTICATED = seq(ROLE, IDENTIFIER, ROLE, IDENTIFIER, TIME, HASH, or_null(KEY_ID), or_null(HASH), uint(0, 1))


class Authenticated:
    """What a side keeps of a finished handshake."""

    def __init__(self, own_role, own, peer_role, peer, at, transcript, key_id, key, acknowledged):
        self.own_role, self.own, self.peer_role, self.peer = own_role, own, peer_role, peer
        self.at, self.transcript, self.key_id, self.key = at, transcript, key_id, key
        self.acknowledged = acknowledged

    def body(self):
        return [self.own_role, self.own, self.peer_role, self.peer, self.at, self.transcript, self.key_id, self.key,
                self.acknowledged]

    def export(self):
        return export.write_export("authenticated", self.body())


def check_ends(own_role, own, peer_role, peer, rule):
    require(not (own_role == "card-holder" and peer_role == "card-holder"), rule, "two card holders")
    require(own != peer, rule, "one party alone")


def read_hello(data):
    """A hello of which everything holds that needs no key."""
    hello = shape.read(data, HELLO)
    _, _, _, from_role, sender, to_role, to, _, _, _ = hello
    check_ends(from_role, sender, to_role, to, "hello-ends")
    return hello


def read_authenticated(data):
    body = export.read_export(data, "authenticated", AUTHENTICATED)
    found = Authenticated(*body)
    check_ends(found.own_role, found.own, found.peer_role, found.peer, "export-ends")
    require((found.key_id is None) == (found.key is None), "export-exchange")
    require(not (found.acknowledged and found.key is None), "export-exchange")
    return found


def read_initiator(data):
    """When it began, its hello and the secret of the exchange."""
    begun, hello, secret = export.read_export(data, "initiator", INITIATOR)
    hello = read_hello(hello)
    require((secret is None) == (hello[8] is None), "export-exchange")
    return begun, hello, secret


def read_responder(data):
    answered, hello, bound_3, key = export.read_export(data, "responder", RESPONDER)
    hello = read_hello(hello)
    require(key is None or hello[8] is not None, "export-exchange")
    return answered, hello, bound_3, key
