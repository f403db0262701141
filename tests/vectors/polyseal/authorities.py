"""Exports of authorities and of what they issue, as vectors ask for them: with the owner that the reader expects."""

from . import domains, export, polynomial, shape
from .base import require

AUTHORITY = shape.seq(shape.DOMAIN, shape.THRESHOLD, shape.or_null(shape.uint()), shape.bstr(0, 1 << 34),
                      shape.many(0, 1 << 32, shape.IDENTIFIER), shape.name)


def read_share(data, owner):
    _, identifier, _ = polynomial.read_share(data)
    require(owner is None or owner[1] == identifier, "S-1 owner")


def read_contribution(data, owner):
    _, _, identifier, _ = polynomial.read_contribution(data)
    require(owner is None or owner[1] == identifier, "S-1 owner")


def read_root(data, _):
    polynomial.read_root(data)


def read_authority(data, _):
    domain = check(data, "authority")
    require(len(domain[1]) == 1, "S-3 joint")


def read_joint_authority(data, _):
    domain = check(data, "joint authority")
    require(len(domain[1]) > 1, "S-3 alone")


def check(data, kind):
    domain, threshold, capacity, master, register, issuer = export.read_export(data, kind, AUTHORITY)
    polynomial.check_domain(domain)
    require(issuer in domain[1], "S-3 issuer")
    require(len(master) in (32, 16 * (threshold + 1) * (threshold + 2)), "S-4 length")
    if len(master) != 32:
        for i in range(0, len(master), 16):
            domains.element_from(master[i:i + 16], "S-4")
    require(shape.ascending(register), "S-5 order")
    require(len(register) <= (threshold + 2 if capacity is None else capacity), "S-5 capacity")
    points = [domains.point(domain, each) for each in register]
    for lane in range(domains.LANES):
        require(len({point[lane] for point in points}) == len(points), "S-5 points")
    return domain
