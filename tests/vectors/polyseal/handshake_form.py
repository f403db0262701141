"""The forms of a handshake and of what its sides keep."""

from . import base, export, mlkem, shape
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

    def told(self):
        """As vectors tell it."""
        return {"own_role": self.own_role, "own": self.own, "peer_role": self.peer_role, "peer": self.peer,
                "at": self.at, "transcript": self.transcript, "key_id": self.key_id, "session_key": self.key,
                "acknowledged": self.acknowledged}


def check_ends(own_role, own, peer_role, peer, must):
    require(own != peer, f"{must} oneself")
    require(not (own_role == "card-holder" and peer_role == "card-holder"), f"{must} holders")


def read_authenticated(data, owner=None):
    found = Authenticated(*export.read_export(data, "authenticated", AUTHENTICATED))
    export.check_owner(owner, found.own_role, found.own)
    check_ends(found.own_role, found.own, found.peer_role, found.peer, "S-7")
    require((found.key_id is None) == (found.key is None), "S-7 key")
    require(not (found.acknowledged and found.key is None), "S-7 acknowledged")
    return found


def hello_within(data):
    with base.within("S-1"):
        return shape.read(data, HELLO)


def read_initiator(data, owner=None):
    """When it began, its hello and the secret of the exchange."""
    begun, hello, secret = export.read_export(data, "initiator", INITIATOR)
    hello = hello_within(hello)
    require((secret is None) == (hello[8] is None), "S-6 secret")
    require(secret is None or mlkem.xwing_public(secret) == hello[8], "S-6 key")
    require(owner in (None, (hello[3], hello[4])), "S-6 owner")
    return begun, hello, secret


def read_responder(data, owner=None):
    answered, hello, bound_3, key = export.read_export(data, "responder", RESPONDER)
    hello = hello_within(hello)
    require(key is None or hello[8] is not None, "S-6 key")
    require(owner in (None, (hello[5], hello[6])), "S-6 owner")
    return answered, hello, bound_3, key
