"""The vector files from names to exports: each test's input, worked out."""

from . import cbor, domains, export, forms, handshake, handshake_form, mlkem, names, orders, polynomial, shape, states
from .base import require
from .receive import receive
from .values import receiver, unhex


def names_file(given):
    op = given["op"]
    if op == "name":
        require(shape.name(given["name"]), "name")
        return {}
    if op == "field-name":
        require(names.is_field_name(given["name"]), "field-name")
        return {}
    if op == "selector":
        require(names.is_selector(given["selector"]), "header-selectors")
        return {}
    if op == "form-selector":
        require(names.is_form_selector(given["selector"]), "form-selectors")
        selector, optional = names.optional_split(given["selector"])
        return {"selector": selector, "optional": optional}
    if op == "matches":
        return {"matches": names.matches(given["selector"], given["name"])}
    if op == "conflict":
        return {"conflict": not names.free_of_conflicts(given["names"])}
    units, decimals, currency = names.amount(given["amount"])
    return {"units": units, "decimals": decimals, "currency": currency}


def forms_file(given):
    entries = forms.read_form(unhex(given["form"]))
    op = given["op"]
    if op == "confine":
        forms.confine(entries)
        return {}
    groups = forms.groups_of(entries)
    shown = [{"selectors": selectors, "readers": [entries[i][0] for i in readers]} for selectors, readers in groups]
    if op == "split":
        for group, fields in zip(shown, forms.split(entries, given["fields"])):
            group["fields"] = fields
    return {"groups": shown}


def headers(given):
    if given["op"] == "make":
        recipients = [shape.read(unhex(each), shape.RECIPIENT) for each in given["recipients"]]
        groups = [(group["selectors"], group["fields"]) for group in given["groups"]]
        data, token, salts, group_salts = orders.make_header(
            unhex(given["sender"]), given["times"], recipients, groups, unhex(given["fresh"]),
            [unhex(each) for each in given["directional_keys"]])
        return {"header": data, "token": token, "recipient_salts": salts, "group_salts": group_salts}
    header = orders.Header(unhex(given["header"]))
    return {"digest": header.digest, "roles": header.roles, "groups": [selectors for selectors, _ in header.groups]}


def parts(given):
    header = orders.Header(unhex(given["header"]))
    opening = orders.read_opening(unhex(given["opening"]))
    role = given["role"]
    orders.check_reader(header, opening, role, unhex(given["identifier"]), given["way"])
    if role == "seller":
        orders.check_seller(header, opening, shape.read(unhex(given["others"]), shape.many(0, 15, shape.PART)))
    if given.get("form") is not None:
        orders.check_form(header, opening, forms.read_form(unhex(given["form"])))
    if role in ("seller", "card-manager"):
        orders.check_amount(header, opening, role)
    return {"fields": opening.fields(), "revision": opening.revision, "token": opening.token}


def messages(given):
    return receive(receiver(given["receiver"]), unhex(given["message"]))


def handshakes(given):
    op = given["op"]
    if op == "x-wing":
        return x_wing(given)
    party = receiver(given["party"])
    if op == "make hello":
        domain = domains.read_domain(unhex(given["domain"]))
        return {"hello": handshake.make_hello(party, domain, given["to_role"], unhex(given["to"]),
                                              unhex(given["challenge"]), unhex(given["secret"]))}
    if op == "hello":
        hello, _ = handshake.receive_hello(party, unhex(given["hello"]))
        return {"from_role": hello[3], "from": hello[4], "exchange": hello[8] is not None}
    if op == "answer":
        state = unhex(given["initiator"])
        payload, third, session = handshake.receive_answer(party, state, unhex(given["answer"]))
        kept = handshake.finish_initiator(state, third, session, unhex(given["confirmation"]))
        return {"payload": payload, "bound_3": third, "session_key": session, "authenticated": kept.export()}
    if op == "confirmation":
        payload, kept = handshake.receive_confirmation(party, unhex(given["responder"]), unhex(given["confirmation"]))
        return {"payload": payload, "authenticated": kept.export()}
    kept = handshake.receive_acknowledgement(party, unhex(given["authenticated"]), unhex(given["acknowledgement"]))
    return {"authenticated": kept.export()}


def x_wing(given):
    """All that follows from a seed and the randomness of an encapsulation."""
    seed = unhex(given["seed"])
    public = mlkem.xwing_public(seed)
    shared, ciphertext = mlkem.xwing_encapsulate(public, unhex(given["randomness"]))
    require(mlkem.xwing_decapsulate(seed, ciphertext) == shared, "x-wing")
    return {"encapsulation_key": public, "ciphertext": ciphertext, "shared": shared}


def authority(data, kind):
    form = shape.seq(shape.DOMAIN, shape.THRESHOLD, shape.or_null(shape.uint()), shape.bstr(),
                     shape.many(0, 1 << 32, shape.IDENTIFIER), shape.name)
    domain, threshold, capacity, master, register, issuer = export.read_export(data, kind, form)
    domains.check_domain(domain)
    require(issuer in domain[1] if kind == "joint authority" else [issuer] == domain[1], "authority", "issuer")
    require(kind == "authority" or len(domain[1]) > 1, "authority", "an issuer alone is no joint one")
    require(len(master) in (32, 16 * (threshold + 1) * (threshold + 2)), "authority", "master")
    if len(master) != 32:
        for i in range(0, len(master), 16):
            domains.element_from(master[i:i + 16])
    require(shape.ascending(register), "authority", "register")
    check_register(domain, threshold, capacity, register)


def check_register(domain, threshold, capacity, register):
    require(len(register) <= (threshold + 2 if capacity is None else capacity), "authority", "capacity")
    points = [domains.point(domain, each) for each in register]
    for lane in range(domains.LANES):
        require(len({point[lane] for point in points}) == len(points), "authority", "points coincide")


def root(data, kind):
    export.read_export(data, kind, shape.seq(shape.name, shape.name, shape.uint(), shape.HASH))


READ = {
    "share": lambda data, _: polynomial.read_share(data),
    "authority": authority,
    "joint authority": authority,
    "contribution": lambda data, _: polynomial.read_contribution(data),
    "root": root,
    "placed order": lambda data, _: states.read_placed(data),
    "initiator": lambda data, _: handshake_form.read_initiator(data),
    "responder": lambda data, _: handshake_form.read_responder(data),
    "authenticated": lambda data, _: handshake_form.read_authenticated(data),
    "state": lambda data, _: states.read_state(data),
}


def exports(given):
    data, kind = unhex(given["export"]), given["kind"]
    READ[kind](data, kind)
    return {"body": cbor.decode(data)[2]}


FILES = {
    "names": names_file,
    "forms": forms_file,
    "headers": headers,
    "parts": parts,
    "messages": messages,
    "handshakes": handshakes,
    "sessions": messages,
    "exports": exports,
}
