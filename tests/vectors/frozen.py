#!/usr/bin/env python3
"""The vectors that stay for good: the bytes of polyseal/1 do not change any more.

    frozen.py          fails if a vector of frozen.txt is not in its file, as it was
    frozen.py --add    adds those that are new

A line of frozen.txt is a file's name and the first 16 digits of the SHA-256 of what a vector says: its result, its input
and its output. Its number, comment, flags and the requirement that it names may change.
"""

import hashlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
FROZEN = HERE / "frozen.txt"


def line(file, test):
    says = [test["result"], test["input"], test.get("output")]
    text = json.dumps(says, sort_keys=True, separators=(",", ":"))
    return f"{file} {hashlib.sha256(text.encode()).hexdigest()[:16]}"


def main(arguments):
    if arguments not in ([], ["--add"]):
        sys.exit(__doc__)
    found = [
        line(path.stem, test)
        for path in sorted(HERE.glob("*.json"))
        for test in json.loads(path.read_text())["tests"]
    ]
    frozen = FROZEN.read_text().splitlines() if FROZEN.exists() else []
    gone = sorted(set(frozen) - set(found))
    if gone:
        sys.exit("these vectors are gone, or say something else:\n" + "\n".join(gone))
    if arguments:
        FROZEN.write_text("".join(f"{each}\n" for each in sorted(set(found))))
    print(f"{len(frozen)} vectors are as they were, {len(set(found) - set(frozen))} are new")


main(sys.argv[1:])
