"""Authorities, shares and contributions: symmetric polynomials over GF(2^127 - 1), two lanes."""

from . import base, domains, shape
from .base import require
from .domains import LANES, P
from .export import read_export, write_export

SHARE = shape.seq(shape.DOMAIN, shape.IDENTIFIER, shape.THRESHOLD, shape.COEFFICIENTS)
CONTRIBUTION = shape.seq(shape.DOMAIN, shape.name, shape.IDENTIFIER, shape.THRESHOLD, shape.COEFFICIENTS)


def words(key):
    """The elements that a key stream gives: 16 bytes each, top bit cleared, p itself skipped."""
    take = base.keystream(key)
    while True:
        x = int.from_bytes(take(16), "little") & ((1 << 127) - 1)
        if x != P:
            yield x


def stream_key(seed, domain, issuer, threshold, lane):
    return base.X(base.extract(seed), "master", domain, issuer, threshold, lane)


def master(seed, domain, issuer, threshold):
    """For each lane the symmetric matrix."""
    lanes = []
    for lane in range(LANES):
        drawn = words(stream_key(seed, domain, issuer, threshold, lane))
        lanes.append(fill(drawn, threshold + 1))
    return lanes


def fill(drawn, size):
    """The lower triangle, row by row."""
    a = [[0] * size for _ in range(size)]
    for k in range(size):
        for j in range(k + 1):
            a[k][j] = a[j][k] = next(drawn)
    return a


def horner(coefficients, x):
    value = 0
    for c in reversed(coefficients):
        value = (value * x + c) % P
    return value


def issue(lanes, domain, identifier):
    """The coefficients g_k of an identity, for each lane."""
    point = domains.point(domain, identifier)
    return [[horner(row, x) for row in a] for a, x in zip(lanes, point)]


def pack(coefficients):
    return b"".join(domains.element(g) for lane in coefficients for g in lane)


def unpack(data, threshold):
    require(len(data) == 32 * (threshold + 1), "S-2 length", "not as many coefficients as the threshold asks")
    flat = [domains.element_from(data[i:i + 16], "S-2") for i in range(0, len(data), 16)]
    return [flat[:threshold + 1], flat[threshold + 1:]]


def raw_key(domain, coefficients, peer):
    """k_0 and k_1, one after the other."""
    point = domains.point(domain, peer)
    return b"".join(domains.element(horner(lane, y)) for lane, y in zip(coefficients, point))


def common_key(domain, ikm, a, b):
    """From the raw key of a pair, or from the secret that it agreed on."""
    require(a != b, "O-1 oneself", "no key with oneself")
    low, high = sorted([a, b])
    return base.X(base.extract(ikm), "common key", domain, low, high)


def write_share(domain, identifier, coefficients):
    threshold = len(coefficients[0]) - 1
    return write_export("share", [domain, identifier, threshold, pack(coefficients)])


def read_share(data):
    """Domain, identifier, coefficients."""
    domain, identifier, threshold, packed = read_export(data, "share", SHARE)
    check_domain(domain)
    return domain, identifier, unpack(packed, threshold)


def check_domain(domain):
    """Of an export."""
    with base.within("S-1"):
        return domains.check_domain(domain)


def write_contribution(domain, issuer, identifier, coefficients):
    threshold = len(coefficients[0]) - 1
    return write_export("contribution", [domain, issuer, identifier, threshold, pack(coefficients)])


def read_contribution(data):
    """Domain, issuer, identifier, coefficients."""
    domain, issuer, identifier, threshold, packed = read_export(data, "contribution", CONTRIBUTION)
    check_domain(domain)
    require(issuer in domain[1], "S-3 contribution", "not an issuer of its domain")
    return domain, issuer, identifier, unpack(packed, threshold)


def combine(contributions):
    """One contribution from each issuer gives a share: domain, identifier, coefficients."""
    require(contributions, "N-5 none")
    domain, _, identifier, first = contributions[0]
    for each in contributions:
        require(each[0] == domain and each[2] == identifier, "N-5 share")
        require(len(each[3][0]) == len(first[0]), "N-5 threshold")
    require(sorted(each[1] for each in contributions) == domain[1], "N-5 issuers")
    total = [[sum(column) % P for column in zip(*(each[3][lane] for each in contributions))] for lane in range(LANES)]
    return domain, identifier, total


def probe(raw, domain, issuer, challenge):
    return base.F(base.X(base.extract(raw), "probe", domain, issuer), "probe", challenge)


ROOT = shape.seq(shape.name, shape.name, shape.uint(), shape.HASH)


def read_root(data):
    """Label, issuer, epoch number, secret."""
    return read_export(data, "root", ROOT)


def cohort_seed(root, domain):
    """The seed of a domain that this root serves."""
    label, issuer, number, secret = root
    require((domain[0], domain[1], domain[2][0]) == (label, [issuer], number), "N-4 domain")
    return base.X(base.extract(secret), "cohort", domain)


def next_secret(secret, label, issuer, number):
    return base.X(base.extract(secret), "ratchet", label, issuer, number)


def next_root(root):
    label, issuer, number, secret = root
    require(number < (1 << 64) - 1, "N-4 last")
    return write_export("root", [label, issuer, number + 1, next_secret(secret, label, issuer, number)])
