"""What everything else uses: how a reading refuses, hashes and derives."""

import contextlib
import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from . import cbor

VERSION = "polyseal/1"
EXTRACT_SALT = b"polyseal/1"


class Refused(Exception):
    """What is refused. A rule is named by its id in SPEC.md, and a word where an id has several sides: "P-6 order".
    `within` are the ids of rules that ask for this one."""

    def __init__(self, rule, why=""):
        super().__init__(f"{rule}: {why}" if why else rule)
        self.rule, self.within = rule, set()

    def musts(self):
        must = self.rule.split()[0]
        return {must, *self.within, *ALSO.get(must, ())}


# CDDL repeats most limits, so that what is too long meets neither B-2 nor B-3; a count beyond the end neither B-1.
ALSO = {"B-1": ["B-3"], "B-2": ["B-3"], "V-1": ["B-2"]}


@contextlib.contextmanager
def within(must):
    """What is refused inside is also refused by this rule, which asks for the others."""
    try:
        yield
    except Refused as refusal:
        refusal.within.add(must)
        raise


# For misreadings.py only: rules that are not looked at, and those that were.
IGNORED, LOOKED_AT = set(), set()


def require(condition, rule, why=""):
    LOOKED_AT.add(rule)
    if not condition and rule not in IGNORED:
        raise Refused(rule, why)


def H(label, *items):
    return hashlib.sha256(cbor.encode([VERSION, label, *items])).digest()


def F(key, label, *items):
    return hmac.new(key, cbor.encode([VERSION, label, *items]), hashlib.sha256).digest()


def extract(ikm):
    """HKDF-Extract with the salt of every extraction here."""
    return hmac.new(EXTRACT_SALT, ikm, hashlib.sha256).digest()


def X(prk, label, *items):
    """HKDF-Expand to 32 bytes: one block of HMAC."""
    info = cbor.encode([VERSION, label, *items])
    return hmac.new(prk, info + b"\x01", hashlib.sha256).digest()


def expand_message_xmd(message, dst, length):
    """RFC 9380, section 5.3.1, with SHA-256."""
    blocks = -(-length // 32)
    dst_prime = dst + bytes([len(dst)])
    b_0 = hashlib.sha256(bytes(64) + message + length.to_bytes(2, "big") + b"\x00" + dst_prime).digest()
    block = hashlib.sha256(b_0 + b"\x01" + dst_prime).digest()
    out = block
    for i in range(2, blocks + 1):
        mixed = bytes(a ^ b for a, b in zip(b_0, block))
        block = hashlib.sha256(mixed + bytes([i]) + dst_prime).digest()
        out += block
    return out[:length]


def keystream(key):
    """ChaCha20 of RFC 8439, nonce and counter 0: a function that gives the next n bytes."""
    stream = Cipher(algorithms.ChaCha20(key, bytes(16)), mode=None).encryptor()
    return lambda n: stream.update(bytes(n))
