#!/usr/bin/env python3
"""Checks the reading in polyseal/ by known answers of others, and by messages that it makes and spoils itself.

A sample that is not refused has to agree with itself; one that is spoilt has to be refused by the rule named for it."""

import hashlib
import sys

from check import FILES
from polyseal import cbor, mlkem, samples, samples_encoding
from polyseal.values import jsonable

# Seed and randomness, shared secret, SHA-256 of encapsulation key and ciphertext: draft-connolly-cfrg-xwing-kem-06,
# Appendix C.
XWING = (
    "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
    "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2"
    "35b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2",
    "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384",
    "2e816deebcd76c5c80d0cd2d174478871658e8e2ff42bc9d4a6e486372e856bb",
    "17cd532d657e44c897ca6583e548a5424fc70bf54f99515a4d2bcf99e3469f33",
)


def known_answers():
    seed, randomness, shared, public_hash, ciphertext_hash = map(bytes.fromhex, XWING)
    public = mlkem.xwing_public(seed)
    found, ciphertext = mlkem.xwing_encapsulate(public, randomness)
    yield "X-Wing: shared secret", found == shared
    yield "X-Wing: encapsulation key", hashlib.sha256(public).digest() == public_hash
    yield "X-Wing: ciphertext", hashlib.sha256(ciphertext).digest() == ciphertext_hash
    yield "X-Wing: decapsulation", mlkem.xwing_decapsulate(seed, ciphertext) == shared
    yield from against_installed()


def inverses():
    """What is decoded encodes to the same bytes."""
    for comment, given, rule in samples_encoding.items():
        if rule is None:
            data = bytes.fromhex(given["bytes"])
            yield f"encoding: {comment}", cbor.encode(cbor.decode(data)) == data


def against_installed():
    """Newer releases of `cryptography` have an ML-KEM of their own."""
    try:
        from cryptography.hazmat.primitives.asymmetric import mlkem as other
    except ImportError:
        return
    for i in range(8):
        d, z = [hashlib.sha256(bytes([i, j])).digest() for j in (0, 1)]
        ek, dk = mlkem.key_gen(d, z)
        try:
            private = other.MLKEM768PrivateKey.from_seed_bytes(d + z)
        except Exception:  # The installed backend may lack it.
            return
        yield "ML-KEM: key", private.public_key().public_bytes_raw() == ek
        shared, ciphertext = private.public_key().encapsulate()
        yield "ML-KEM: decapsulation", mlkem.decaps(dk, ciphertext) == shared
        spoilt = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
        yield "ML-KEM: implicit rejection", mlkem.decaps(dk, spoilt) == private.decapsulate(spoilt)


def tests():
    """The samples, and what is wrong with them."""
    return samples.tests(FILES, jsonable)


def main():
    answers = [*known_answers(), *inverses()]
    wrong = [name for name, good in answers if not good]
    made, failed = tests()
    wrong += failed
    count = len(answers) + sum(map(len, made.values()))
    for each in wrong:
        print(each)
    print(f"{count - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
