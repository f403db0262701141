"""The vector files from names to exports: each test's input, worked out."""

from . import authorities, domains, forms, handshake, handshake_form, mlkem, names, orders, shape, states
from .base import require, within
from .receive import receive
from .values import receiver, unhex


def names_file(given):
    op = given["op"]
    if op == "name":
        require(shape.name(given["name"]), "B-2 name")
        return {}
    if op == "field-name":
        require(names.is_field_name(given["name"]), "B-2 field-name")
        return {}
    if op == "selector":
        require(names.is_selector(given["selector"]), "B-2 selector")
        return {}
    if op == "form-selector":
        require(names.is_form_selector(given["selector"]), "B-2 form-selector")
        selector, optional = names.optional_split(given["selector"])
        return {"selector": selector, "optional": optional}
    if op == "matches":
        return {"matches": names.matches(given["selector"], given["name"])}
    if op == "conflict":
        return {"conflict": not names.free_of_conflicts(given["names"])}
    with within("W-1"):
        units, decimals, currency = names.amount(given["amount"])
    return {"units": units, "decimals": decimals, "currency": currency}


def forms_file(given):
    entries = forms.read_form(unhex(given["form"]))
    op = given["op"]
    if op == "confine":
        forms.confine(entries)
        if given.get("card_holder") is not None:
            chosen = {role: unhex(identifier) for role, identifier in given.get("chosen", {}).items()}
            forms.check_different(entries, unhex(given["card_holder"]), chosen)
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
        others = shape.read(unhex(given["others"]), shape.many(0, 15, shape.PART))
        orders.check_seller(header, opening, others, states.own_place(opening))
    if role in ("seller", "card-manager"):
        orders.check_amount(header, opening)
    if given.get("form") is not None:
        orders.check_form(header, opening, forms.read_form(unhex(given["form"])))
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
        hello = handshake.receive_hello(party, unhex(given["hello"]))
        return {"from_role": hello[3], "from": hello[4], "exchange": hello[8] is not None}
    if op == "answer":
        state = unhex(given["initiator"])
        payload, third, session = handshake.receive_answer(party, state, unhex(given["answer"]))
        kept = handshake.finish_initiator(state, third, session, unhex(given["confirmation"]))
        return {"payload": payload, "bound_3": third, "session_key": session, "authenticated": kept.told()}
    if op == "confirmation":
        payload, kept = handshake.receive_confirmation(party, unhex(given["responder"]), unhex(given["confirmation"]))
        return {"payload": payload, "authenticated": kept.told()}
    kept = handshake.receive_acknowledgement(party, unhex(given["authenticated"]), unhex(given["acknowledgement"]))
    return {"authenticated": kept.told()}


def x_wing(given):
    """All that follows from a seed and the randomness of an encapsulation."""
    seed = unhex(given["seed"])
    public = mlkem.xwing_public(seed)
    shared, ciphertext = mlkem.xwing_encapsulate(public, unhex(given["randomness"]))
    assert mlkem.xwing_decapsulate(seed, ciphertext) == shared, "what is encapsulated comes out differently"
    return {"encapsulation_key": public, "ciphertext": ciphertext, "shared": shared}


READ = {
    "share": authorities.read_share,
    "authority": authorities.read_authority,
    "joint authority": authorities.read_joint_authority,
    "contribution": authorities.read_contribution,
    "root": authorities.read_root,
    "placed order": states.read_placed,
    "initiator": handshake_form.read_initiator,
    "responder": handshake_form.read_responder,
    "authenticated": handshake_form.read_authenticated,
    "state": states.read_state,
}


def exports(given):
    data, owner = unhex(given["export"]), given.get("owner")
    if owner is not None:
        owner = (owner["role"], unhex(owner["identifier"]))
    READ[given["kind"]](data, owner)
    return {}


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
