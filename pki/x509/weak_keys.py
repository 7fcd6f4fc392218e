"""Public keys from outside whose private half can be computed (RSA, Ed25519).

Integer arithmetic of a few milliseconds; not for keys that were made here.
"""

import re
from functools import cache
from itertools import compress
from math import gcd, isqrt, prod

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from pki.errors import InvalidInput

#: FIPS 186-5, appendix A.1.1: smaller ones make several attacks on padding possible.
SMALLEST_EXPONENT = 65537
#: Larger ones allow small private exponents (Wiener 1990), and Windows reads no more bits.
EXPONENT_BITS = 32
#: No profile takes more, and what follows takes a second for half a million bits.
LARGEST_MODULUS = 8192
#: Primes up to here are tried as factors.
SMALL_PRIMES = 65_536
#: Of Fermat's method: primes of any sound generator are further apart than thousands of these.
FERMAT_ROUNDS = 100
#: Nemec et al. 2017, “The Return of Coppersmith's Attack”: these divide the product M with which
#: the Infineon library makes primes of every size, k·M + 65537^a mod M.
ROCA_PRIMES = tuple(p for p in range(3, 168) if all(p % q for q in range(2, p)))
#: A modulus with the same byte so often in a row comes from a broken generator.
REPEATED_BYTES = re.compile(rb"(.)\1{15}", re.DOTALL)
#: y of the points whose order divides 8 and how else it may be written, the sign's bit left out:
#: anybody can sign for such a key.
SMALL_ORDER = frozenset(
    bytes.fromhex(text)
    for text in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)


def refuse_weak_key(key: object) -> None:
    """Raises InvalidInput ``key.exponent``, ``key.factors``, ``key.roca``, ``key.pattern`` or
    ``key.too_large``.
    """
    if isinstance(key, rsa.RSAPublicKey):
        refuse_weak_rsa(key.public_numbers())
    elif isinstance(key, ed25519.Ed25519PublicKey) and has_small_order(key):
        raise refusal("This Ed25519 key is one for which anybody can sign.", "pattern")


def refuse_weak_rsa(numbers: rsa.RSAPublicNumbers) -> None:
    n, e = numbers.n, numbers.e
    if n.bit_length() > LARGEST_MODULUS:
        raise refusal(
            f"This RSA key has {n.bit_length():,} bits; {LARGEST_MODULUS:,} is the most.",
            "too_large",
        )
    if e < SMALLEST_EXPONENT or e % 2 == 0 or e.bit_length() > EXPONENT_BITS:
        shown = str(e) if e.bit_length() <= EXPONENT_BITS else f"of {e.bit_length()} bits"
        raise refusal(
            f"The public exponent of this RSA key is {shown}; an odd number from "
            f"{SMALLEST_EXPONENT:,} up to {EXPONENT_BITS} bits is needed.",
            "exponent",
        )
    if gcd(n, primorial()) != 1:
        raise refusal(
            "This RSA key has a small prime factor, so its private key can be computed.", "factors"
        )
    if has_close_factors(n):
        raise refusal(
            "The two primes of this RSA key are so close to each other that its private key can "
            "be computed.",
            "factors",
        )
    if has_infineon_fingerprint(n):
        raise refusal(
            "This RSA key was made by a chip or library with the ROCA flaw (CVE-2017-15361), so "
            "its private key can be computed.",
            "roca",
        )
    if has_pattern(n):
        raise refusal(
            "The modulus of this RSA key has a pattern, so it was made by a broken program.",
            "pattern",
        )


def has_close_factors(n: int) -> bool:
    """Fermat's factorisation: n = a² - b² with a little above the root of n."""
    a = isqrt(n - 1) + 1
    for candidate in range(a, a + FERMAT_ROUNDS):
        rest = candidate * candidate - n
        # Squares end in 0, 1, 4 or 9 in base 16: spares most of the roots.
        if rest & 15 in {0, 1, 4, 9} and isqrt(rest) ** 2 == rest:
            return True
    return False


def has_infineon_fingerprint(n: int) -> bool:
    return all(n % prime in powers for prime, powers in infineon_subgroups())


@cache
def infineon_subgroups() -> tuple[tuple[int, frozenset[int]], ...]:
    """What 65537 generates modulo each prime; by chance a key matches once in 2²⁷."""
    return tuple(
        (prime, frozenset(pow(65537, power, prime) for power in range(prime)))
        for prime in ROCA_PRIMES
    )


def has_pattern(n: int) -> bool:
    """Repeated bytes, or far more bits of one kind than of the other in both halves."""
    size = n.bit_length()
    low = n & ((1 << size // 2) - 1)
    uneven = all(
        abs(part.bit_count() / bits - 0.5) > 0.12 for part, bits in ((n, size), (low, size // 2))
    )
    return uneven or REPEATED_BYTES.search(n.to_bytes((size + 7) // 8)) is not None


@cache
def primorial() -> int:
    """The product of all small primes."""
    sieve = bytearray([1]) * SMALL_PRIMES
    for number in range(2, isqrt(SMALL_PRIMES) + 1):
        if sieve[number]:
            multiples = slice(number * number, None, number)
            sieve[multiples] = bytes(len(range(number * number, SMALL_PRIMES, number)))
    return prod(compress(range(2, SMALL_PRIMES), sieve[2:]))


def has_small_order(key: ed25519.Ed25519PublicKey) -> bool:
    point = bytearray(key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))
    point[31] &= 0x7F
    return bytes(point) in SMALL_ORDER


def refusal(what: str, code: str) -> InvalidInput:
    return InvalidInput(
        f"{what} Make a new key with another program, such as OpenSSL or Windows itself.",
        code=f"key.{code}",
        field="key",
    )
