#!/usr/bin/env python3
"""Writes the table into benches/README.md, and the picture, from results/latest.json.

    table.py            writes both
    table.py --check    changes nothing, and fails unless both are what the results give
"""

import json
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import picture  # noqa: E402

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "latest.json"
PICTURE = HERE / "results" / "derive.svg"
README = HERE.parent / "README.md"
# Cycles for one X25519 secret of a batch of 16 on Zen 3: doc/speed.md of lib25519 20230630. Not measured here.
PUBLISHED, CYCLES = "lib25519 X25519, batches, as published", 47_795
BEGIN, END = "<!-- peers:begin -->", "<!-- peers:end -->"


def main(arguments):
    if arguments == ["--check"]:
        return check()
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    write()
    return 0


def write():
    for path, text in outputs().items():
        path.write_text(text)


def check():
    stale = [path.name for path, text in outputs().items() if not path.exists() or path.read_text() != text]
    if stale:
        print(f"not what results/latest.json gives: {', '.join(stale)}; run benches/peers/table.py", file=sys.stderr)
    return 1 if stale else 0


def outputs():
    """Every file that follows from the results, with its text."""
    results = json.loads(RESULTS.read_text())
    readme = README.read_text()
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"benches/README.md lacks the markers {BEGIN} and {END}")
    return {
        README: f"{before}{BEGIN}\n{markdown(results)}{END}{after}",
        PICTURE: picture.draw(*derivations(results)),
    }


def derivations(results):
    """What the picture shows, in ns: our time by threshold for each backend, theirs, and where the two are equal."""
    rows, fastest = results["rows"], results["parity"]["with"]
    of = [row for row in rows if row["group"] == "derivation"]
    peers = distinct(row["theirs"] for row in of)
    curves = {
        name: [(t, middle(row["ours_ns"] for row in of if row["backend"] == name and row["t"] == t)) for t in thresholds(of)]
        for name in backends(rows)
    }
    lines = {peer: middle(row["theirs_ns"] for row in of if row["theirs"] == peer) for peer in peers}
    lines |= {PUBLISHED: CYCLES / ghz for ghz in list(clocks(results).values())[:1]}
    crossings = [(name, peer, crossing(rows, name, peer)) for name in curves for peer in peers]
    return curves, lines, [(name, peer, t, peer == fastest) for name, peer, t in crossings if t is not None]


def crossing(rows, backend, peer):
    """The threshold at which our derivation takes as long as theirs, or None if none of those measured is on its other side.

    Our time is a constant and a term linear in t: so it is interpolated, in units of theirs.
    """
    of = [row for row in rows if (row["group"], row["backend"], row["theirs"]) == ("derivation", backend, peer)]
    points = sorted((row["t"], 1 / row["ratio_median"]) for row in of)
    for (t, ours), (next_t, next_ours) in zip(points, points[1:]):
        if ours <= 1 < next_ours:
            return round(t + (next_t - t) * (1 - ours) / (next_ours - ours))
    return None


def markdown(results):
    rows = results["rows"]
    text = f"{results['machine']}; {results['flags']}; {results['date']}.\n\n"
    derived = ("derivation", "evaluation")
    for name in backends(rows):
        fastest, parity = results["parity"]["with"], results["parity"]["at"][name]
        says = f"as fast as {fastest} at t = {parity}" if parity else f"no parity with {fastest} among these t"
        of = [row for row in rows if row["backend"] == name]
        text += f"Derivation, backend `{name}`, {says}:\n\n{by_threshold(of, derived)}\n"
    for name in backends(row for row in rows if row["group"] == "batch"):
        ghz = clocks(results).get(name)
        clock = f"cycles at {figure(ghz)} GHz, as measured" if ghz else "cycles unknown"
        of = [row for row in rows if row["backend"] == name]
        text += f"A key of a batch of 64, backend `{name}`, {clock}:\n\n{by_threshold(of, ('batch',), ghz)}\n"
    return text + f"Orders of three parts, t = 256 where keys are derived:\n\n{by_operation(rows)}"


def by_threshold(rows, groups, ghz=None):
    """Their time over ours at each threshold, and with a clock the cycles of ours beside those published of others."""
    of = [row for row in rows if row["group"] in groups]
    columns = thresholds(of)
    ours = [middle(row["ours_ns"] for row in of if row["t"] == t) for t in columns]
    lines = [["theirs"] + [f"t = {t}" for t in columns], ["*ours takes*"] + [f"*{time(ns)}*" for ns in ours]]
    for peer in distinct(row["theirs"] for row in of):
        cells = {row["t"]: ratio(row) for row in of if row["theirs"] == peer}
        lines.append([marked(peer)] + [cells[t] for t in columns])
    if ghz:
        lines.append([f"{PUBLISHED}: {grouped(CYCLES)} cycles"] + [figure(CYCLES / (ns * ghz)) for ns in ours])
        lines.insert(2, ["*cycles*"] + [f"*{grouped(ns * ghz)}*" for ns in ours])
    return grid(lines)


def by_operation(rows):
    of = [row for row in rows if row["group"] == "order"]
    lines = [["ours", "theirs"] + [f"`{name}`" for name in backends(rows)]]
    for ours, theirs in distinct((row["ours"], row["theirs"]) for row in of):
        pair = [row for row in of if (row["ours"], row["theirs"]) == (ours, theirs)]
        cells = {row["backend"]: f"{ratio(row)}, ours {time(row['ours_ns'])}" for row in pair}
        lines.append([ours, marked(theirs)] + [cells[name] for name in backends(rows)])
    return grid(lines)


def grid(lines):
    head, *body = lines
    return "".join(f"| {' | '.join(line)} |\n" for line in [head, ["---"] * len(head), *body])


def marked(name):
    """With what looks like an identifier marked as one: the README is rustdoc, too, and its lints insist."""
    return re.sub(r"\w*_\w+|[A-Z][a-z]+[A-Z]\w*", r"`\g<0>`", name)


def ratio(row):
    median, low, high = (figure(row[f"ratio_{which}"]) for which in ("median", "min", "max"))
    return f"{median} ({low}–{high})"


def time(ns):
    return f"{figure(ns / 1000)} µs"


def figure(value):
    return f"{value:.0f}" if value >= 99.95 else f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def grouped(count):
    """With the digits in groups of three."""
    return f"{count:,.0f}".replace(",", " ")


def thresholds(rows):
    return sorted({row["t"] for row in rows})


def clocks(results):
    """Cycles in a nanosecond by backend, where they are known."""
    return {name: ghz for name, ghz in results.get("ghz", {}).items() if ghz}


def backends(rows):
    return distinct(row["backend"] for row in rows)


def distinct(values):
    return list(dict.fromkeys(values))


def middle(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
