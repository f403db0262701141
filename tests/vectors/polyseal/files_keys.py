"""The vector files from points to sealing: each test's input, worked out."""

import hashlib

from . import cbor, domains, handshake_form, messages, orders, forms, polynomial, sealing, shape
from .base import require
from .values import unhex


def points(given):
    domain = domains.read_domain(unhex(given["domain"]))
    identifier = domains.check_identifier(unhex(given["identifier"]))
    return {"point": [domains.element(x) for x in domains.point(domain, identifier)],
            "key_id": domains.key_id(domain)}


def shares(given):
    domain = domains.read_domain(unhex(given["domain"]))
    issuer, threshold = given["issuer"], given["threshold"]
    require(domain[1] == [issuer], "S-3 issuer")
    require(shape.THRESHOLD(threshold), "B-2 threshold")
    lanes = polynomial.master(unhex(given["seed"]), domain, issuer, threshold)
    a, b = [domains.check_identifier(unhex(each)) for each in given["identifiers"]]
    of_a, of_b = [polynomial.issue(lanes, domain, each) for each in (a, b)]
    raw = polynomial.raw_key(domain, of_a, b)
    assert raw == polynomial.raw_key(domain, of_b, a), "the two ends differ"
    return {"shares": [polynomial.write_share(domain, a, of_a), polynomial.write_share(domain, b, of_b)],
            "raw": raw, "common_key": polynomial.common_key(domain, raw, a, b)}


def joint(given):
    return {"issue": joint_issue, "combine": joint_combine}[given["op"]](given)


def joint_issue(given):
    domain = domains.read_domain(unhex(given["domain"]))
    a, b = [domains.check_identifier(unhex(each)) for each in given["identifiers"]]
    challenge, threshold = unhex(given["challenge"]), given["threshold"]
    written, probes = [], []
    for authority in given["authorities"]:
        issuer = authority["issuer"]
        require(issuer in domain[1], "S-3 issuer")
        lanes = polynomial.master(unhex(authority["seed"]), domain, issuer, threshold)
        of_a = polynomial.issue(lanes, domain, a)
        written.append([polynomial.write_contribution(domain, issuer, each, polynomial.issue(lanes, domain, each))
                        for each in (a, b)])
        probes.append(polynomial.probe(polynomial.raw_key(domain, of_a, b), domain, issuer, challenge))
    both = [polynomial.combine([polynomial.read_contribution(pair[i]) for pair in written]) for i in (0, 1)]
    raw = polynomial.raw_key(domain, both[0][2], b)
    return {"contributions": written, "probes": probes, "shares": [polynomial.write_share(*each) for each in both],
            "common_key": polynomial.common_key(domain, raw, a, b)}


def joint_combine(given):
    found = [polynomial.read_contribution(unhex(each)) for each in given["contributions"]]
    return {"share": polynomial.write_share(*polynomial.combine(found))}


def roots(given):
    if given["op"] == "cohort":
        label, cohorts, identifier = given["label"], given["cohorts"], unhex(given["identifier"])
        return {"hash": domains.cohort_hash(label, cohorts, identifier),
                "cohort": domains.cohort_of(label, cohorts, identifier)}
    root = polynomial.read_root(unhex(given["root"]))
    if given["op"] == "next":
        return {"root": polynomial.next_root(root)}
    return {"seed": polynomial.cohort_seed(root, domains.read_domain(unhex(given["domain"])))}


def identifiers(given):
    return {"identifier": domains.attributes(given["attributes"])}


def whole(module, name):
    """A reader of nothing but the form of this name."""
    return lambda data: shape.read(data, getattr(module, name))


TYPES = {
    "item": whole(shape, "ANY"),
    "domain": domains.read_domain,
    "form": forms.read_form,
    "header": orders.Header,
    "opening": whole(orders, "OPENING"),
    "statement": whole(messages, "STATEMENT"),
    "claim": whole(messages, "CLAIM"),
    "verdict": whole(messages, "VERDICT"),
    "resolution": whole(messages, "RESOLUTION"),
    "outcome": whole(messages, "OUTCOME"),
    "notice": whole(messages, "NOTICE"),
    "report": whole(messages, "REPORT"),
    "hello": whole(handshake_form, "HELLO"),
    "answer": whole(handshake_form, "ANSWER"),
    "confirmation": whole(handshake_form, "CONFIRMATION"),
    "acknowledgement": whole(handshake_form, "ACKNOWLEDGEMENT"),
}


def encoding(given):
    data, kind = unhex(given["bytes"]), given["as"]
    if kind in messages.FORMS:
        require(messages.read_message(data)[0] == kind, "B-2 kind")
    else:
        TYPES[kind](data)
    return {"item": tree(cbor.decode(data))} if kind == "item" else {}


def tree(item):
    """An item as JSON: integers, text, arrays and null as they are, bytes in an object."""
    if isinstance(item, bytes):
        return {"bytes": item.hex()}
    return [tree(each) for each in item] if isinstance(item, list) else item


def bound(given):
    return sealing.Header(given["purpose"], given["step"], unhex(given["digest"]), given["sender_role"],
                          given["receiver_role"], unhex(given["token"]))


def sealed_or_hash(sealed):
    """Long ones are told by their hash."""
    data = cbor.encode(sealed)
    return {"sealed": data} if len(data) <= 8192 else {"sealed_sha256": hashlib.sha256(data).digest()}


def seal(given):
    header, key = bound(given), unhex(given["key"])
    sender, to, salt = unhex(given["sender"]), unhex(given["receiver"]), unhex(given["salt"])
    plaintext = unhex(given["plaintext"])
    dk = sealing.directional_key(key, sender, to)
    if given.get("fresh") is not None:
        content = [plaintext]
        if header.purpose == "part":
            content = [unhex(given["companions"]), given["revision"]]
        require(sealing.hedged_salt(dk, unhex(given["fresh"]), header, content) == salt, "T-1")
    sealed = sealing.seal(key, sender, to, header, salt, unhex(given["key_id"]), plaintext,
                          unhex(given.get("session")))
    assert sealing.open_under(key, sender, to, header, sealed) == plaintext, "what is sealed does not open"
    return {"directional_key": dk, "cipher_key": sealing.cipher_key(dk, salt, header),
            "commitment": sealing.commitment(dk, salt, header), **sealed_or_hash(sealed)}


def unseal(given):
    sealed = shape.read(unhex(given["sealed"]), shape.SEALED)
    return {"plaintext": sealing.open_under(unhex(given["key"]), unhex(given["sender"]), unhex(given["receiver"]),
                                            bound(given), sealed)}


def padding(given):
    length = sealing.padded_length(given["purpose"], given["length"])
    require(length <= sealing.LONGEST, "B-3 ciphertext")
    return {"padded": length}


def sealing_file(given):
    return {"seal": seal, "open": unseal, "padding": padding}[given["op"]](given)


FILES = {
    "points": points,
    "shares": shares,
    "joint": joint,
    "roots": roots,
    "identifiers": identifiers,
    "encoding": encoding,
    "sealing": sealing_file,
}
