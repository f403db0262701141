"""Values of the vector files: hex into bytes, and the descriptions of parties."""

import re

from . import domains, forms, keys, receive


def unhex(value):
    return None if value is None else bytes.fromhex(value)


def tohex(value):
    return None if value is None else value.hex()


def expand(value):
    """JSON with its patterns as the strings that they stand for."""
    if isinstance(value, list):
        return [expand(each) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"repeat", "times"}:
        return value["repeat"] * value["times"]
    if set(value) == {"join"}:
        return "".join(expand(value["join"]))
    return {name: expand(each) for name, each in value.items()}


RUN = re.compile(r"(..)\1{63,}", re.DOTALL)


def shorten(value):
    """The other way round: runs in long strings as patterns."""
    if isinstance(value, list):
        return [shorten(each) for each in value]
    if isinstance(value, dict):
        return {name: shorten(each) for name, each in value.items()}
    if not isinstance(value, str) or len(value) < 1024:
        return value
    pieces, end = [], 0
    for run in RUN.finditer(value):
        pieces += [value[end:run.start()], {"repeat": run[1], "times": len(run[0]) // 2}]
        end = run.end()
    pieces = [each for each in [*pieces, value[end:]] if each]
    return pieces[0] if len(pieces) == 1 else {"join": pieces}


def jsonable(value):
    """A result, with its bytes as hex."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (list, tuple)):
        return [jsonable(each) for each in value]
    if isinstance(value, dict):
        return {name: jsonable(each) for name, each in value.items()}
    return value


def key(given, own):
    if "share" in given:
        return keys.share_key(unhex(given["share"]), own)
    agreed = given["preshared"]
    return keys.preshared_key(domains.read_domain(unhex(agreed["domain"])), own, unhex(agreed["peer"]),
                              unhex(agreed["secret"]))


def receiver(given):
    """A party as a vector describes it."""
    own = unhex(given["identifier"])
    form = given.get("form")
    serves = given.get("serves")
    return receive.Receiver(
        given["role"], own, [key(each, own) for each in given["keys"]],
        sessions=[keys.read_session(unhex(each)) for each in given.get("sessions", [])],
        revoked=[unhex(each) for each in given.get("revoked", [])],
        networks=given.get("networks"), rules=given.get("rules"), now=given["now"],
        ledger=[unhex(each) for each in given.get("ledger", [])],
        placed=[unhex(each) for each in given.get("placed", [])],
        form=None if form is None else forms.read_form(unhex(form)),
        serves=None if serves is None else [unhex(each) for each in serves], floor=given.get("floor", 0),
    )
