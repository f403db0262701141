#!/usr/bin/env python3
"""Writes the vector files that need a forger, from the samples of the self-test. The others are the Rust generator's.

    generate.py            writes them
    generate.py --check    writes nothing, and fails if a file would change
"""

import json
import sys

import selftest
from check import HERE
from polyseal.values import shorten

# What a file is about, and what its flags mean.
FILES = {
    "encoding": ("Deterministic CBOR of five types, and the form of each thing that is read without a key.", {
        "item": "what is an item", "form": "one of each kind, and one place of it changed",
        "limit": "both sides of a limit"}),
    "names": ("Names, selectors, and the amount of an order.", {
        "name": "roles, labels, issuers and field names", "selector": "those of headers and of forms",
        "match": "which names a selector selects", "conflict": "which names exclude each other",
        "amount": "the value of amount.due"}),
    "forms": ("Forms: who sees what. What they refuse, and how they cut an order into groups.", {
        "rule": "what a reader refuses", "limit": "both sides of a limit", "split": "an order cut by a form",
        "policy": "a form checked against the recommended disclosure policy"}),
    "headers": ("Headers: what a reader takes, and how this library makes them.", {
        "read": "what a reader refuses", "make": "secrets and commitments from fresh bytes (informative)"}),
    "parts": ("Opened parts, checked against their header.", {
        "way": "by which message a part came", "opening": "an opening that does not agree with its header",
        "order": "a header that is made wrongly", "amount": "where the amount has to be", "form": "checked against a form",
        "limit": "both sides of a limit"}),
    "messages": ("Messages of an order, as their receivers take them.", {
        "way": "every message, as it should be", "address": "for whom a message is",
        "known": "what is in the ledger already",
        "time": "both sides of each deadline", "order": "an order that its receiver does not take",
        "content": "what a statement or a verdict says", "bound": "sealed with one input changed",
        "consignment": "dispatches of an order that has consignments", "request": "requests, and of which order they are",
        "demand": "what a card manager is asked for, and has answered before",
        "response": "what a card manager answers to a request", "outcome": "delivery reports",
        "withdrawal": "the card holder's withdrawal", "receipt": "what receipts say", "revoked": "revoked parties", "key": "which domain a key may be of", "preshared": "keys agreed before"}),
    "sessions": ("Messages that were sealed under sessions.", {"session": "whose session, and under which key-id"}),
    "handshakes": ("Handshakes, with an exchange and without.", {
        "hello": "what a responder checks first", "start": "what an initiator sends first",
        "x-wing": "the key encapsulation",
        "time": "both sides of 600 s", "answer": "the later messages, and their ciphertexts",
        "sealed": "what is sealed in them, and under what", "party": "whose states are used"}),
    "exports": ("What parties keep.", {
        "frame": "version, kind and check of any export", "share": "shares, contributions and roots",
        "authority": "authorities and their registers", "placed": "orders that a card holder placed",
        "state": "filed orders",
        "forgotten": "filed orders without some values", "stage": "how far a filed order is, and its times",
        "consignment": "consignments of filed orders", "request": "requests of filed orders, and their resolutions",
        "owner": "whose export it is", "handshake": "both sides of a handshake, and its result"}),
}


def text_of(name, tests):
    """A test a line, so that a change of one shows as one."""
    description, flags = FILES[name]
    found = {flag for test in tests for flag in test["flags"]}
    if found != set(flags):
        raise SystemExit(f"{name}: flags {found ^ set(flags)}")
    explained = "; ".join(f"{flag}: {meaning}" for flag, meaning in flags.items())
    lines = [json.dumps(shorten(test), ensure_ascii=False, separators=(",", ":")) for test in tests]
    description = json.dumps(f"{description} Flags: {explained}.", ensure_ascii=False)
    return f'{{\n  "description": {description},\n  "tests": [\n    ' + ",\n    ".join(lines) + "\n  ]\n}\n"


def main(arguments):
    if arguments not in ([], ["--check"]):
        raise SystemExit(__doc__)
    made, wrong = selftest.tests()
    if wrong:
        raise SystemExit("\n".join(wrong))
    stale = []
    for name in FILES:
        path, text = HERE / f"{name}.json", text_of(name, made[name])
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if arguments:
            stale.append(path.name)
        else:
            path.write_text(text, encoding="utf-8")
            print(path)
    if stale:
        raise SystemExit(f"these files are not what the generator writes: {', '.join(stale)}")


if __name__ == "__main__":
    main(sys.argv[1:])
