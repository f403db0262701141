"""Models for Verifpal: their first lines say what is expected, and which lines a twin has in place of others."""

import re
import subprocess
import tempfile
from pathlib import Path


def code(text, sessions):
    """Verifpal's letter and digit for each query: 1 is an attack."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.vp")
        file.write_text(text)
        command = ["verifpal", "verify", "--quiet", "--result-code", "--sessions", sessions, str(file)]
        done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() or done.stderr.strip()


def twin(text, changes):
    """The model with another line in place of each that is tagged `// @tag`, or without them."""
    for change in changes:
        tag, _, line = change.strip().partition(" ")
        text, found = re.subn(rf"^.*// {tag}$", lambda _: f"\t{line}", text, flags=re.M)
        if not found:
            raise SystemExit(f"no line has the tag {tag}")
    return text


def results(path):
    """Each question about a model: its name, the answer that is expected, and that of Verifpal."""
    text = path.read_text()
    broken = set()
    lines = re.findall(r"^// (expect|twin)( [\w-]+)? (\d): (\w+)(.*)$", text, re.M)
    yield "lines of expectations that are read", len(re.findall(r"^//.*\d: [caf]\d", text, re.M)), len(lines)
    for kind, name, sessions, expected, rest in lines:
        changes = rest.split(" | ")[1:]
        yield f"{kind}{name}, {sessions} sessions", expected, code(twin(text, changes), sessions)
        if kind == "twin":
            broken |= {place for place in range(1, len(expected), 2) if expected[place] == "1"}
    count = len(re.findall(r"^\t(?:confidentiality|authentication|freshness)\? ", text, re.M))
    yield "queries that a twin breaks", count, len(broken)
