"""Ways to spoil one place of what a sample is made of, and leave the rest."""

import copy


class Holds(str):
    """The requirement that a valid sample is about."""


def change(*path_and_value):
    """A function that changes one place of a nested list. The value may be a function of what was there."""
    *path, last, value = path_and_value

    def apply(item, *_):
        item = copy.deepcopy(item)
        at = item
        for step in path:
            at = at[step]
        at[last] = value(at[last]) if callable(value) else value
        return item
    return apply


def only(where, function):
    """Spoils what is of one role, of one step, or of one kind."""
    return lambda value, place: function(value) if place == where else value


def with_bound(name, value):
    """Another value for one of the inputs of a sealed message."""
    def apply(bound, *_):
        bound = copy.copy(bound)
        setattr(bound, name, value)
        return bound
    return apply


def flip(data):
    """Another first bit."""
    return bytes([data[0] ^ 1]) + data[1:]


def flip_last(data):
    return data[:-1] + bytes([data[-1] ^ 1])
