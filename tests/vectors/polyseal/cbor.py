"""Deterministic CBOR of five kinds: unsigned integers, byte strings, text strings, arrays, null (SPEC.md, Encoding).

They are int, bytes, str, list and None here."""

# No message nests deeper; what does is refused instead of recursed into.
DEEPEST = 16


class Malformed(Exception):
    """Bytes that are not one item in its only form."""


def encode(item):
    if item is None:
        return b"\xf6"
    if type(item) is int:
        return head(0, item)
    if type(item) is bytes:
        return head(2, len(item)) + item
    if type(item) is str:
        text = item.encode("utf-8")
        return head(3, len(text)) + text
    if type(item) in (list, tuple):
        return head(4, len(item)) + b"".join(encode(each) for each in item)
    raise TypeError(f"no item: {item!r}")


def head(major, n):
    if n < 24:
        return bytes([major << 5 | n])
    for size, info in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if n < 1 << (8 * size):
            return bytes([major << 5 | info]) + n.to_bytes(size, "big")
    raise TypeError(f"too large: {n}")


def decode(data):
    """The item that `data` consists of."""
    item, end = item_at(data, 0, 0)
    if end != len(data):
        raise Malformed("bytes after the item")
    return item


def item_at(data, at, depth):
    if depth > DEEPEST:
        raise Malformed("nested too deep")
    if at >= len(data):
        raise Malformed("ends early")
    if data[at] == 0xF6:
        return None, at + 1
    major, n, at = head_at(data, at)
    if major == 0:
        return n, at
    if major in (2, 3):
        if n > len(data) - at:
            raise Malformed("ends early")
        content = data[at:at + n]
        return (content if major == 2 else text(content)), at + n
    if major == 4:
        if n > len(data) - at:
            raise Malformed("ends early")
        items = []
        for _ in range(n):
            item, at = item_at(data, at, depth + 1)
            items.append(item)
        return items, at
    raise Malformed(f"major type {major}")


def head_at(data, at):
    """Major type, number, and where the head ends."""
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if info < 24:
        return major, info, at
    if info > 27:
        raise Malformed("indefinite or reserved")
    size = 1 << (info - 24)
    if size > len(data) - at:
        raise Malformed("ends early")
    n = int.from_bytes(data[at:at + size], "big")
    shortest(n, size)
    return major, n, at + size


def shortest(n, size):
    if n < 24 or (size > 1 and n < 1 << (4 * size)):
        raise Malformed("not the shortest head")


def text(content):
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None
