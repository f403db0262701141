"""Which MUST of SPEC.md each refusal here stands for. Where several are listed, one refusal covers all of them."""

MUSTS = {
}


def ids(rule):
    return MUSTS.get(rule, ())
