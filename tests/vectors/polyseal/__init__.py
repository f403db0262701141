"""A second reading of SPEC.md, in plain Python. It shares nothing with the library; its only outside help is the ciphers
of PyCA `cryptography` and the hashes of the standard library. It is slow, not in constant time, and for tests only."""
