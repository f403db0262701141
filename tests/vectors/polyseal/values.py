"""Values of the vector files: hex into bytes, and the descriptions of parties."""

from . import domains, forms, keys, receive


def unhex(value):
    """Bytes are hex, or a pattern that repeats."""
    if value is None:
        return None
    if isinstance(value, dict):
        return bytes.fromhex(value["repeat"]) * value["times"]
    return bytes.fromhex(value)


def tohex(value):
    return None if value is None else value.hex()


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
        serves=None if serves is None else [unhex(each) for each in serves],
    )
