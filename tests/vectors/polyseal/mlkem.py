"""ML-KEM-768 as FIPS 203 has it, and X-Wing (draft-connolly-cfrg-xwing-kem-06) over it and X25519."""

import functools
import hashlib

from cryptography.hazmat.primitives.asymmetric import x25519

Q = 3329
K = 3
ETA = 2
DU, DV = 10, 4


def bit_reversed(i):
    return int(f"{i:07b}"[::-1], 2)


ZETAS = [pow(17, bit_reversed(i), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * bit_reversed(i) + 1, Q) for i in range(128)]


def ntt(f):
    f, i, length = list(f), 1, 128
    while length >= 2:
        for start in range(0, 256, 2 * length):
            zeta, i = ZETAS[i], i + 1
            for j in range(start, start + length):
                t = zeta * f[j + length] % Q
                f[j + length] = (f[j] - t) % Q
                f[j] = (f[j] + t) % Q
        length //= 2
    return f


def inverse_ntt(f):
    f, i, length = list(f), 127, 2
    while length <= 128:
        for start in range(0, 256, 2 * length):
            zeta, i = ZETAS[i], i - 1
            for j in range(start, start + length):
                t = f[j]
                f[j] = (t + f[j + length]) % Q
                f[j + length] = zeta * (f[j + length] - t) % Q
        length *= 2
    return [x * 3303 % Q for x in f]


def multiply(f, g):
    h = [0] * 256
    for i, gamma in enumerate(GAMMAS):
        a, b, c, d = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
        h[2 * i] = (a * c + b * d % Q * gamma) % Q
        h[2 * i + 1] = (a * d + b * c) % Q
    return h


def add(f, g):
    return [(a + b) % Q for a, b in zip(f, g)]


def dot(fs, gs):
    return functools.reduce(add, map(multiply, fs, gs))


def byte_encode(f, d):
    number = sum(x << (d * i) for i, x in enumerate(f))
    return number.to_bytes(32 * d, "little")


def byte_decode(data, d):
    number, mask = int.from_bytes(data, "little"), (1 << d) - 1
    f = [number >> (d * i) & mask for i in range(256)]
    return [x % Q for x in f] if d == 12 else f


def compress(f, d):
    return [((x << d) + Q // 2) // Q % (1 << d) for x in f]


def decompress(f, d):
    return [(x * Q + (1 << (d - 1))) >> d for x in f]


def sample_ntt(seed):
    out, length = [], 672
    while len(out) < 256:
        stream = hashlib.shake_128(seed).digest(length)
        out, length = [], 2 * length
        for i in range(0, len(stream), 3):
            a, b, c = stream[i:i + 3]
            out += [x for x in (a + 256 * (b % 16), b // 16 + 16 * c) if x < Q]
    return out[:256]


def sample_cbd(seed, n):
    number = int.from_bytes(hashlib.shake_256(seed + bytes([n])).digest(64 * ETA), "little")
    bits = [number >> i & 1 for i in range(512 * ETA)]
    return [(sum(bits[4 * i:4 * i + 2]) - sum(bits[4 * i + 2:4 * i + 4])) % Q for i in range(256)]


def matrix(rho):
    return [[sample_ntt(rho + bytes([j, i])) for j in range(K)] for i in range(K)]


@functools.lru_cache(maxsize=None)
def key_gen(d, z):
    """Encapsulation key and decapsulation key."""
    g = hashlib.sha3_512(d + bytes([K])).digest()
    rho, sigma = g[:32], g[32:]
    a = matrix(rho)
    s = [ntt(sample_cbd(sigma, i)) for i in range(K)]
    e = [ntt(sample_cbd(sigma, K + i)) for i in range(K)]
    t = [add(dot(row, s), each) for row, each in zip(a, e)]
    ek = b"".join(byte_encode(f, 12) for f in t) + rho
    dk = b"".join(byte_encode(f, 12) for f in s)
    return ek, dk + ek + hashlib.sha3_256(ek).digest() + z


@functools.lru_cache(maxsize=None)
def encrypt(ek, m, r):
    t = [byte_decode(ek[384 * i:384 * (i + 1)], 12) for i in range(K)]
    a = matrix(ek[384 * K:])
    y = [ntt(sample_cbd(r, i)) for i in range(K)]
    e_1 = [sample_cbd(r, K + i) for i in range(K)]
    e_2 = sample_cbd(r, 2 * K)
    u = [add(inverse_ntt(dot([a[j][i] for j in range(K)], y)), e_1[i]) for i in range(K)]
    mu = decompress(byte_decode(m, 1), 1)
    v = add(add(inverse_ntt(dot(t, y)), e_2), mu)
    return b"".join(byte_encode(compress(f, DU), DU) for f in u) + byte_encode(compress(v, DV), DV)


def is_encapsulation_key(ek):
    """The check of FIPS 203, section 7.2: length, and every coefficient below q."""
    if len(ek) != 384 * K + 32:
        return False
    parts = [ek[384 * i:384 * (i + 1)] for i in range(K)]
    return all(byte_encode(byte_decode(part, 12), 12) == part for part in parts)


def encaps(ek, m):
    g = hashlib.sha3_512(m + hashlib.sha3_256(ek).digest()).digest()
    return g[:32], encrypt(ek, m, g[32:])


@functools.lru_cache(maxsize=None)
def decaps(dk, ciphertext):
    s, ek = dk[:384 * K], dk[384 * K:768 * K + 32]
    h, z = dk[768 * K + 32:768 * K + 64], dk[768 * K + 64:]
    us, v = ciphertext[:32 * DU * K], ciphertext[32 * DU * K:]
    u = [decompress(byte_decode(us[32 * DU * i:32 * DU * (i + 1)], DU), DU) for i in range(K)]
    s = [byte_decode(s[384 * i:384 * (i + 1)], 12) for i in range(K)]
    product = inverse_ntt(dot(s, [ntt(f) for f in u]))
    w = [(a - b) % Q for a, b in zip(decompress(byte_decode(v, DV), DV), product)]
    m = byte_encode(compress(w, 1), 1)
    g = hashlib.sha3_512(m + h).digest()
    if encrypt(ek, m, g[32:]) == ciphertext:
        return g[:32]
    return hashlib.shake_256(z + ciphertext).digest(32)


XWING_LABEL = bytes.fromhex("5c2e2f2f5e5c")
XWING_KEY = 1216
XWING_CIPHERTEXT = 1120


def x25519_shared(secret, public):
    """RFC 7748. X-Wing does not look for the result of a point of low order, which is zero."""
    try:
        own = x25519.X25519PrivateKey.from_private_bytes(secret)
        return own.exchange(x25519.X25519PublicKey.from_public_bytes(public))
    except ValueError:
        return bytes(32)


def x25519_public(secret):
    return x25519_shared(secret, b"\x09" + bytes(31))


def combine(shared_m, shared_x, ciphertext_x, public_x):
    return hashlib.sha3_256(shared_m + shared_x + ciphertext_x + public_x + XWING_LABEL).digest()


def xwing_expand(seed):
    """ML-KEM's two keys and X25519's two."""
    expanded = hashlib.shake_256(seed).digest(96)
    ek, dk = key_gen(expanded[:32], expanded[32:64])
    return ek, dk, x25519_public(expanded[64:]), expanded[64:]


def xwing_public(seed):
    ek, _, public_x, _ = xwing_expand(seed)
    return ek + public_x


def xwing_key_is_sound(key):
    return len(key) == XWING_KEY and is_encapsulation_key(key[:1184])


def xwing_encapsulate(key, randomness):
    """The shared secret and the ciphertext; `randomness` is 64 bytes, ML-KEM's first."""
    shared_m, ciphertext_m = encaps(key[:1184], randomness[:32])
    ciphertext_x = x25519_public(randomness[32:])
    shared_x = x25519_shared(randomness[32:], key[1184:])
    return combine(shared_m, shared_x, ciphertext_x, key[1184:]), ciphertext_m + ciphertext_x


def xwing_decapsulate(seed, ciphertext):
    _, dk, public_x, secret_x = xwing_expand(seed)
    shared_m = decaps(dk, ciphertext[:1088])
    shared_x = x25519_shared(secret_x, ciphertext[1088:])
    return combine(shared_m, shared_x, ciphertext[1088:], public_x)
