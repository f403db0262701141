#!/usr/bin/env python3
"""Checks every test of the vector files beside it against the reading of SPEC.md in polyseal/. See README.md.

    check.py [file …]         all files without arguments
"""

import json
import pathlib
import re
import sys

from polyseal import files_keys, files_orders
from polyseal.base import Refused
from polyseal.values import expand, jsonable

HERE = pathlib.Path(__file__).parent
FILES = {**files_keys.FILES, **files_orders.FILES}
# Whole purchases: each test is of another file.
FILES["purchases"] = lambda given: FILES[given["of"]](given)


def load(name, folder=HERE):
    with open(folder / f"{name}.json", encoding="utf-8") as file:
        return expand(json.load(file)["tests"])


def disagreement(name, test):
    """What is wrong with a test, or None."""
    try:
        output = jsonable(FILES[name](test["input"]))
    except Refused as refusal:
        if test["result"] == "valid":
            return f"refused: {refusal}"
        expected = test.get("must")
        if expected is not None and expected not in refusal.musts():
            return f"refused by {refusal.rule}, not by {expected}"
        return None
    if test["result"] == "invalid":
        return f"accepted, in spite of {test.get('must')}"
    return None if output == test["output"] else difference(output, test["output"])


def difference(output, expected):
    names = [name for name in {**output, **expected} if output.get(name) != expected.get(name)]
    return "; ".join(f"{name} is {output.get(name)!r:.200}, not {expected.get(name)!r:.200}" for name in names)


def requirements():
    """The ids of SPEC.md, and of the page on exports that belongs to it."""
    pages = [(HERE.parent.parent / page).read_text(encoding="utf-8") for page in ("SPEC.md", "docs/exports.md")]
    return set(re.findall(r"\*\*([A-Z]-[0-9]+)\*\*", "\n".join(pages)))


def listed():
    """The ids of which README.md says that no vector is refused by them."""
    _, table = (HERE / "README.md").read_text(encoding="utf-8").split("## Requirements without an invalid vector")
    return set(re.findall(r"^\| ([A-Z]-[0-9]+) \|", table, re.MULTILINE))


def main(names):
    passed = failed = 0
    known, refusing = requirements(), set()
    for name in names or FILES:
        tests = load(name)
        if not tests or len({test["id"] for test in tests}) != len(tests):
            raise SystemExit(f"{name}.json: no tests, or two of one id")
        for test in tests:
            wrong = disagreement(name, test)
            if test["result"] == "invalid":
                refusing.add(test["must"])
            if wrong is None and test.get("must") not in {None, *known}:
                wrong = f"SPEC.md has no {test['must']}"
            passed, failed = passed + (wrong is None), failed + (wrong is not None)
            if wrong is not None:
                print(f"{name}.json {test['id']} ({test['comment']}): {wrong}")
        print(f"{name}: {len(tests)} tests")
    for must in () if names else sorted((known - refusing) ^ listed()):
        failed += 1
        print(f"{must}: README.md is to list it if and only if it is in SPEC.md and no invalid test names it")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
