#!/usr/bin/env python3
"""Plants misreadings of SPEC.md in the reading, one at a time. Each has to be caught by a vector; the first is named.

    misreadings.py          against the vector files
    misreadings.py --own    against the samples of the self-test
"""

import sys
import time

import check
import selftest
from polyseal import base, changes, musts

# Rules that no vector can show to be missing: without them there is nothing to go on with, so that any reader stops, or
# they hold of the vectors themselves.
UNSEEN = {
    "encoding", "form", "tag", "key", "key-unknown", "session-unknown", "order-unknown", "parts-own", "receipt-from",
    "answer-no-exchange", "acknowledgement-exchange", "salt", "x-wing",
}


def vectors(own):
    """All tests, the file's name with each."""
    if own:
        made, _ = selftest.tests()
        return [(name, test) for name, tests in made.items() for test in tests]
    return [(name, test) for name in check.FILES for test in check.load(name)]


def caught(tests):
    """The first test that notices."""
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
        return caught(tests)
    finally:
        setattr(module, attribute, was)


def unchecked(rule, tests):
    base.IGNORED.add(rule)
    try:
        return caught(tests)
    finally:
        base.IGNORED.discard(rule)


def main(arguments):
    tests = vectors("--own" in arguments)
    begun = time.monotonic()
    if caught(tests) is not None:
        raise SystemExit(f"already without a misreading: {caught(tests)}")
    found = [(name, changed(module, attribute, make, tests)) for name, module, attribute, make in changes.CHANGES]
    found += [(f"not checked: {rule}", unchecked(rule, tests)) for rule in musts.RULES if rule not in UNSEEN]
    for name, by in found:
        print(f"{name}: {by or 'NOT CAUGHT'}")
    missed = [name for name, by in found if by is None]
    print(f"{len(found)} misreadings in {time.monotonic() - begun:.0f} s")
    print(f"{len(found) - len(missed)} passed, {len(missed)} failed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
