"""RSA keys with the faults that real ones had, made as those programs made them."""

import secrets
from collections.abc import Callable, Iterator
from math import gcd, prod

from cryptography.hazmat.primitives.asymmetric import rsa

from pki.x509.weak_keys import SMALL_PRIMES, primorial

#: Of each of the two primes.
BITS = 1024


def is_prime(number: int) -> bool:
    if number < SMALL_PRIMES**2:
        return all(number % divisor for divisor in range(2, min(number, SMALL_PRIMES)))
    # No small factors first: that spares nine of ten powers.
    return gcd(number, primorial()) == 1 and all(
        pow(base, number - 1, number) == 1 for base in (2, 3, 5, 7)
    )


def next_prime(number: int) -> int:
    number |= 1
    while not is_prime(number):
        number += 2
    return number


def random_prime(bits: int = BITS) -> int:
    """With its two highest bits set, as RSA needs it."""
    return next_prime(secrets.randbits(bits) | 3 << (bits - 2))


def key_of(p: int, q: int, e: int = 65537) -> rsa.RSAPrivateKey:
    d = pow(e, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(e, p * q)
    )
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def with_exponent(e: int) -> rsa.RSAPrivateKey:
    while True:
        try:
            return key_of(random_prime(), random_prime(), e)
        except ValueError:
            continue  # The exponent has a factor in common with p - 1 or q - 1.


def with_close_primes() -> rsa.RSAPrivateKey:
    """As the printers of CVE-2022-26320 made them: the second prime is the next one."""
    p = random_prime()
    return key_of(p, next_prime(p + 2))


def with_small_factor() -> rsa.RSAPrivateKey:
    return key_of(65_521, random_prime(2 * BITS - 16))


def with_roca() -> rsa.RSAPrivateKey:
    """k·M + 65537^a mod M, with the M of keys of 2048 bits: the first 126 primes."""
    base = prod(list(primes())[:126])
    return key_of(infineon_prime(base), infineon_prime(base))


def infineon_prime(base: int) -> int:
    while True:
        a, k = secrets.randbits(256), secrets.randbits(BITS - base.bit_length() + 1)
        candidate = k * base + pow(65537, a, base)
        if candidate >> (BITS - 2) == 3 and is_prime(candidate):
            return candidate


def with_pattern() -> rsa.RSAPrivateKey:
    """A modulus with 20 zero bytes in its middle: q makes p·q what was wanted in front."""
    p = random_prime()
    wanted = ((1 << 160) | secrets.randbits(100) << 60) << (2 * BITS - 161)
    wanted |= 1 << (2 * BITS - 1)
    head = (wanted >> (2 * BITS - 160)) << (2 * BITS - 160)
    return key_of(p, next_prime(head // p + 1))


def primes() -> Iterator[int]:
    return (number for number in range(2, 1000) if primorial() % number == 0 and is_prime(number))


FAULTS: dict[str, tuple[Callable[[], rsa.RSAPrivateKey], str]] = {
    "exponent 3": (lambda: with_exponent(3), "key.exponent"),
    "exponent 17": (lambda: with_exponent(17), "key.exponent"),
    "exponent of 64 bits": (lambda: with_exponent((1 << 63) + 29), "key.exponent"),
    "close primes": (with_close_primes, "key.factors"),
    "small factor": (with_small_factor, "key.factors"),
    "ROCA": (with_roca, "key.roca"),
    "pattern": (with_pattern, "key.pattern"),
}
