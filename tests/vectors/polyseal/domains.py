"""Identifiers, domains, points and cohorts."""

from . import base, cbor, shape
from .base import require

P = (1 << 127) - 1
LANES = 2
DST = b"POLYSEAL-V01-with-M127x2_XMD:SHA-256_"


def check_domain(domain):
    """Beyond its CDDL."""
    label, issuers, (number, start, until), cohort, cohorts = domain
    require(shape.ascending(issuers), "B-2 issuers", "issuers do not ascend")
    require(start < until, "B-2 epoch", "an epoch without a second")
    require(cohort is None or cohort < cohorts, "B-2 cohort", "no such cohort")
    require(not (cohort is None and cohorts == 1), "B-2 one cohort", "one cohort is not null")
    return domain


def read_domain(data):
    return check_domain(shape.read(data, shape.DOMAIN))


def check_identifier(identifier):
    require(shape.IDENTIFIER(identifier), "B-2 identifier", "of a wrong length")
    return identifier


def key_id(domain):
    return base.H("domain", domain)[:16]


def attributes_item(pairs):
    return [base.VERSION, "attributes", [list(pair) for pair in pairs]]


def attributes(pairs):
    """The identifier that stands for a combination of attributes."""
    pairs = sorted(pairs, key=lambda pair: pair[0].encode())
    require(pairs, "I-2 none")
    require(shape.ascending([name for name, _ in pairs]), "I-2 twice")
    identifier = cbor.encode(attributes_item(pairs))
    require(len(identifier) <= 512, "I-2 length")
    return identifier


def point_input(domain, identifier):
    label, _, epoch, _, _ = domain
    return cbor.encode([base.VERSION, "point", label, epoch, identifier])


def point(domain, identifier):
    """One field element for each lane."""
    uniform = base.expand_message_xmd(point_input(domain, identifier), DST, 32 * LANES)
    return [int.from_bytes(uniform[32 * i:32 * (i + 1)], "big") % P for i in range(LANES)]


def cohort_hash(label, cohorts, identifier):
    return base.H("cohort", label, cohorts, identifier)


def cohort_of(label, cohorts, identifier):
    return int.from_bytes(cohort_hash(label, cohorts, identifier)[:16], "big") % cohorts


def element(x):
    return x.to_bytes(16, "little")


def element_from(data, must):
    x = int.from_bytes(data, "little")
    require(x < P, f"{must} canonical", "an element is not below p")
    return x


def covers(domain, first, last):
    """Whether the epoch's keys are for any second of these."""
    _, _, (_, start, until), _, _ = domain
    return start <= last and first < until


def cohort_fits(domain, card_holder):
    """`card_holder`: the identifier of the one of two parties that is a card holder; None between two services."""
    label, _, _, cohort, cohorts = domain
    if card_holder is None:
        return services_meet(cohort, cohorts)
    return cohort == cohort_of(label, cohorts, card_holder)


def services_meet(cohort, cohorts):
    return cohort is None or cohorts == 1


def network(domain):
    label, issuers, _, _, cohorts = domain
    return [label, issuers, cohorts]
