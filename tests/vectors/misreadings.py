#!/usr/bin/env python3
"""Plants misreadings of SPEC.md in the reading, one at a time. Each has to be caught by a vector; the first is named.

    misreadings.py          against the vector files
    misreadings.py --own    against the samples of the self-test
"""

import sys
import time

import check
import selftest
from polyseal import answers, base, changes, domains, export, forms, handshake, keys, life, messages, mlkem, names
from polyseal import orders, polynomial, receive, sealing, states

# Rules that no vector can show to be missing. Without most of them there is nothing to go on with, so that any reader
# stops. Otherwise another rule refuses the same, or there is no such input.
UNSEEN = {
    "A-1 manager", "A-1 order", "B-2 part role", "B-3 length", "C-1 order", "C-2", "D-1 token", "E-7 amount",
    "E-7 missing", "F-2 one", "H-14 payload", "J-1 manager", "J-1 order", "J-4", "M-2 part", "N-4 last", "N-5 none",
    "O-5 unknown", "P-2 role", "Q-4 part", "S-5 points", "S-9 salt", "S-11 stage", "T-1", "Y-1 order", "Y-5", "Z-1 order",
}


# Where a change of a module is likely to be noticed.
LIKELY = {
    domains: ["points", "roots", "identifiers"], polynomial: ["shares", "joint", "roots"], sealing: ["sealing"],
    names: ["names"], forms: ["forms"], orders: ["headers", "parts"], messages: ["messages"], receive: ["messages"],
    life: ["messages"], answers: ["messages"], states: ["exports"], keys: ["sessions", "messages"], handshake: ["handshakes"], mlkem: ["handshakes"], export: ["exports"],
}


def vectors(own):
    """All tests, the file's name with each."""
    if own:
        made, _ = selftest.tests()
        return [(name, test) for name, tests in made.items() for test in tests]
    return [(name, test) for name in check.FILES for test in check.load(name)]


def caught(tests, first=lambda name, test: False):
    """A test that notices. Those that are likely to come `first`."""
    tests = sorted(tests, key=lambda each: not first(*each))
    for name, test in tests:
        try:
            wrong = check.disagreement(name, test)
        except Exception as crash:  # A misreading may stumble over anything. Only of what is valid is that a notice.
            wrong = f"crashed: {crash!r}" if test["result"] == "valid" else None
        if wrong is not None:
            return f"{name}.json {test['id']} ({test['comment']})"
    return None


def changed(module, attribute, make, tests):
    was = getattr(module, attribute)
    setattr(module, attribute, make(was))
    try:
        return caught(tests, lambda name, _: name in LIKELY.get(module, ()))
    finally:
        setattr(module, attribute, was)


def unchecked(rule, tests):
    base.IGNORED.add(rule)
    try:
        return caught(tests, lambda _, test: test.get("must") == rule.split()[0])
    finally:
        base.IGNORED.discard(rule)


def main(arguments):
    selftest.tests()  # Looks at every rule once.
    tests = vectors("--own" in arguments)
    begun = time.monotonic()
    if caught(tests) is not None:
        raise SystemExit(f"already without a misreading: {caught(tests)}")
    looked_at = sorted(base.LOOKED_AT)
    found = [(name, changed(module, attribute, make, tests)) for name, module, attribute, make in changes.CHANGES]
    found += [(f"not checked: {rule}", unchecked(rule, tests)) for rule in looked_at if rule not in UNSEEN]
    for name, by in found:
        print(f"{name}: {by or 'NOT CAUGHT'}")
    missed = [name for name, by in found if by is None]
    print(f"{len(found)} misreadings in {time.monotonic() - begun:.0f} s")
    print(f"{len(found) - len(missed)} passed, {len(missed)} failed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
