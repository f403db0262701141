"""The one way to seal."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from . import base, keys
from .base import require

PURPOSES = ["part", "relay", "dispatch", "request", "authorization", "response", "delivery", "withdrawal", "receipt",
            "handshake"]
BUCKETS = [512, 1024, 2048, 4096]
LONGEST = 327680
NONCE = bytes(12)


class Header:
    """What a sealed message is bound to, besides its keys."""

    def __init__(self, purpose, step, digest, sender_role, receiver_role, token=None):
        self.purpose, self.step, self.digest = purpose, step, digest
        self.sender_role, self.receiver_role, self.token = sender_role, receiver_role, token

    def items(self):
        return [self.purpose, self.step, self.digest, self.sender_role, self.receiver_role, self.token]


def directional_key(key, sender, receiver):
    return base.X(key, "direction", sender, receiver)


def cipher_key(dk, salt, header):
    return base.F(dk, "key", salt, *header.items())


def commitment(dk, salt, header):
    return base.F(dk, "commit", salt, *header.items())


def hedged_salt(dk, fresh, header, content):
    """How this library makes salts; no receiver depends on it."""
    return base.F(dk, "salt", fresh, *header.items(), *content)


def padme(n):
    e = n.bit_length() - 1
    s = e.bit_length()
    unit = 1 << (e - s)
    return -(-n // unit) * unit


def floor_of(purpose):
    return 1024 if purpose == "part" else 512


def padded_length(purpose, n):
    """Of a plaintext of n bytes."""
    marked = n + 1
    for bucket in BUCKETS:
        if marked <= bucket and bucket >= floor_of(purpose):
            return bucket
    return padme(marked)


def pad(purpose, plaintext):
    length = padded_length(purpose, len(plaintext))
    require(length <= LONGEST, "B-3 ciphertext")
    return plaintext + b"\x80" + bytes(length - len(plaintext) - 1)


def unpad(purpose, padded):
    plaintext = padded.rstrip(b"\x00")
    require(plaintext.endswith(b"\x80"), "O-8 marker")
    plaintext = plaintext[:-1]
    require(padded_length(purpose, len(plaintext)) == len(padded), "O-8 length")
    return plaintext


def seal(key, sender, receiver, header, salt, key_id, plaintext, session=None):
    dk = directional_key(key, sender, receiver)
    cipher = ChaCha20Poly1305(cipher_key(dk, salt, header))
    ciphertext = cipher.encrypt(NONCE, pad(header.purpose, plaintext), None)
    sealed = [key_id, salt, commitment(dk, salt, header), ciphertext]
    return sealed if session is None else [*sealed, session]


def open_under(key, sender, receiver, header, sealed):
    """Opens under the key of the pair, common or of a session."""
    _, salt, committed, ciphertext = sealed[:4]
    dk = directional_key(key, sender, receiver)
    require(commitment(dk, salt, header) == committed, "O-6")
    try:
        padded = ChaCha20Poly1305(cipher_key(dk, salt, header)).decrypt(NONCE, ciphertext, None)
    except InvalidTag:
        raise base.Refused("O-7") from None
    return unpad(header.purpose, padded)


def session_of(sealed):
    return sealed[4] if len(sealed) == 5 else None


def open_sealed(party, sender, header, sealed, first, last):
    """Opens what may be under any session (O-1 to O-8). `first` to `last` are the dates that the key has to be for."""
    key_id, transcript = sealed[0], session_of(sealed)
    key = keys.pair_key(party, header.receiver_role, header.sender_role, sender, key_id, first, last)
    if transcript is not None:
        key = keys.session_key(party, transcript, sender, key_id)
    return open_under(key, sender, party.identifier, header, sealed)
