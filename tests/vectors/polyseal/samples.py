"""All samples: file, flag, comment, input, and None or the rule that refuses, or that holds (`Holds`)."""

from . import samples_answers, samples_encoding, samples_exports, samples_forms, samples_handshakes, samples_keys
from . import samples_life, samples_messages, samples_parts, samples_rules, samples_stages
from .base import Refused
from .spoiling import Holds

MODULES = [samples_keys, samples_encoding, samples_forms, samples_parts, samples_messages, samples_life,
           samples_answers, samples_rules, samples_handshakes, samples_exports, samples_stages]


def samples():
    for module in MODULES:
        for file, flag, group in module.GROUPS:
            for comment, given, rule in group():
                yield file, flag, comment, given, rule


def tests(files, jsonable):
    """The samples as the tests of vector files, with outputs of this reading; and what is wrong with them. `files`: how
    to work out an input."""
    made, wrong = {}, []
    for name, flag, comment, given, rule in samples():
        holds = rule is None or isinstance(rule, Holds)
        test = {"id": len(made.setdefault(name, [])) + 1, "comment": comment, "result": "valid" if holds else "invalid",
                "flags": [flag], **({} if rule is None else {"must": str(rule)}), "input": given}
        made[name].append(test)
        try:
            output = jsonable(files[name](given))
            if holds:
                test["output"] = output
            found = None
        except Refused as refusal:
            found = refusal
        if found is None and not holds or found is not None and (holds or rule not in found.musts()):
            wrong.append(f"{name}: {comment}: {found}, not {rule}")
    return made, wrong
