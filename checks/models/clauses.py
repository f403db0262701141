"""Models in Horn clauses: README.md beside this describes their language, and E decides what follows from them."""

import re
import subprocess
import tempfile

# Of the hypotheses of a clause, E resolves those first that are more than `att(X)`, so that it comes to an end.
EPROVER = ["eprover", "--silent", "--term-ordering=KBO6", "--literal-selection-strategy=SelectCQArNT", "--cpu-limit=300"]
ANSWERS = {"Unsatisfiable": True, "Satisfiable": False}


def statements(text):
    """The kind and the text of each: it begins at the margin, and goes on in lines that do not."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for statement in re.split(r"\n(?=\S)", "\n".join(lines)):
        yield " ".join(statement.split()).split(" ", 1)


def between_commas(text):
    """The terms between the commas that are in no parentheses."""
    depth, terms = 0, [""]
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            terms.append("")
        else:
            terms[-1] += letter
    return [term.strip() for term in terms if term.strip()]


class Model:
    def __init__(self, path):
        self.names, self.rules, self.reach, self.queries, self.twins = {}, {}, {}, {}, {}
        for kind, text in statements(path.read_text()):
            getattr(self, f"read_{kind}")(text)
        for name, (broken, changed) in self.twins.items():
            unknown = changed.keys() - self.rules.keys() | set(broken) - self.queries.keys()
            if unknown:
                raise SystemExit(f"twin {name} names what is not there: {', '.join(unknown)}")

    def read_let(self, text):
        name, meaning = text.split(" = ", 1)
        self.names[name] = meaning

    @staticmethod
    def rule(text):
        name, text = text.split(": ", 1)
        head, body = text.split("<-")
        return name, (head.strip(), body)

    def read_rule(self, text):
        name, rule = self.rule(text)
        if name in self.rules:
            raise SystemExit(f"two rules have the name {name}")
        self.rules[name] = rule

    def read_public(self, text):
        for term in text.split():
            self.read_rule(f"public {term}: att({term}) <-")

    def read_data(self, text):
        # What is put together from items, and taken apart. An item in small letters is public, or tells nothing.
        name, items = re.fullmatch(r"(\w+)\((.*)\)", text).groups()
        items = between_commas(items)
        term = f"{name}({', '.join(item.capitalize() for item in items)})"
        told = [item for item in items if item[0].isupper()]
        self.read_rule(f"make {name}: att({term}) <- {', '.join(f'att({item})' for item in told)}")
        for item in told:
            self.read_rule(f"take {item} of {name}: att({item}) <- att({term})")

    def read_reach(self, text):
        name, body = text.split(": ", 1)
        self.reach[name] = ("", body)

    def read_query(self, text):
        name, promise, act, body = re.fullmatch(r'([\w-]+) "([^"]+)"(?: except (\w+))?: (.*)', text).groups()
        self.queries[name] = (act or "", body)

    def read_twin(self, text):
        head, *changes = text.split(" | ")
        name, broken = re.fullmatch(r"([\w-]+) \[([^]]*)\]", head).groups()
        self.twins[name] = (broken.split(), dict(self.rule(change) for change in changes))

    def expand(self, text):
        while "$" in text:
            text = re.sub(r"\$([a-z0-9-]+)", lambda found: self.names[found[1]], text)
        return text

    def clause(self, head, body):
        """The literals of a rule. `X == term` among the hypotheses puts the term in X's place."""
        hypotheses = between_commas(self.expand(body))
        literals = [self.expand(head)] * bool(head) + [f"~{it}" for it in hypotheses if " == " not in it]
        equations = [tuple(it.split(" == ")) for it in hypotheses if " == " in it]
        # A term may have the variables of the equations before it.
        while equations:
            (variable, term), *equations = equations
            put = lambda text: re.sub(rf"\b{variable}\b", lambda _: term, text)
            literals, equations = [put(literal) for literal in literals], [(other, put(it)) for other, it in equations]
        return " | ".join(literals)

    def clauses(self, changed, act, query):
        """The model with changed rules, and what it would be to derive the query, whose parts are joined by `or`."""
        for name, (head, body) in {**self.rules, **changed}.items():
            if name.startswith("does-") and not act:
                continue
            # All other acts are done by everybody, without a condition.
            body = re.sub(rf"\bdoes\((?!{act or '-'},)[^$()]*(\$\w+)?\),? ?", "", body)
            yield f"cnf('{name}', axiom, {self.clause(head.replace('(Act,', f'({act},'), body)})."
        for goal in query.split(" or "):
            yield f"cnf(query, negated_conjecture, {self.clause('', goal)})."

    def derives(self, query, changed={}):
        """Whether the query follows: E finds a proof, or has drawn all conclusions without one. None: neither."""
        with tempfile.NamedTemporaryFile("w", suffix=".p") as file:
            print(*self.clauses(changed, *query), sep="\n", file=file, flush=True)
            output = subprocess.run([*EPROVER, file.name], capture_output=True, text=True).stdout
        found = re.search(r"SZS status (\w+)", output)
        return ANSWERS.get(found[1]) if found else None


def results(path):
    """Each question about a model: its name, the answer that is expected, and that of E."""
    model = Model(path)
    for name, query in model.reach.items():
        yield f"{name} is possible", True, model.derives(query)
    for act in dict.fromkeys(act for act, _ in model.queries.values()):
        queries = {name: query for name, query in model.queries.items() if query[0] == act}
        # No attack on any of them is one saturation.
        together = model.derives((act, " or ".join(body for _, body in queries.values())))
        for name, query in queries.items():
            yield f"{name}: no attack", False, False if together is False else model.derives(query)
    for twin, (broken, changed) in model.twins.items():
        for name in broken:
            yield f"twin {twin}: {name} is attacked", True, model.derives(model.queries[name], changed)
    for name in model.queries.keys() - {name for broken, _ in model.twins.values() for name in broken}:
        yield f"{name} has a twin that breaks it", True, False
