"""Keys whose private half can be computed are recognised, and sound ones never refused."""

from collections.abc import Callable

import pytest
from badkeys.checks import allchecks, checkrsa
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from pki.x509.weak_keys import SMALL_ORDER, refuse_weak_key, refuse_weak_rsa
from tests.pki.x509.broken_rsa import FAULTS
from tests.pki.x509.refusals import refused

#: Its list of known keys is a download; the others compute.
CHECKS = [name for name in allchecks if name != "blocklist"]


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_another_program_agrees(fault: str) -> None:
    make, code = FAULTS[fault]
    key = make().public_key()
    with refused(code, "key", "Make a new key"):
        refuse_weak_key(key)
    numbers = key.public_numbers()
    assert checkrsa(numbers.n, numbers.e, checks=CHECKS)


@pytest.mark.parametrize("bits", [1024, 2048, 3072, 4096])
def test_sound_keys_pass_and_another_program_agrees(bits: int) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
    refuse_weak_key(key)
    numbers = key.public_numbers()
    assert not {*checkrsa(numbers.n, numbers.e, checks=CHECKS)} - {"rsawarnings"}


@pytest.mark.parametrize(
    "make", [lambda: ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate]
)
def test_other_kinds_pass(
    make: Callable[[], ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey],
) -> None:
    refuse_weak_key(make().public_key())


@pytest.mark.parametrize("point", sorted(SMALL_ORDER))
@pytest.mark.parametrize("sign", [0, 0x80])
def test_a_key_for_which_anybody_can_sign_is_refused(point: bytes, sign: int) -> None:
    key = ed25519.Ed25519PublicKey.from_public_bytes(point[:31] + bytes([point[31] | sign]))
    with refused("key.pattern", "key"):
        refuse_weak_key(key)


def test_an_even_modulus_and_an_even_exponent_are_refused() -> None:
    """As numbers: the library makes no key of them."""

    sound = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    n = sound.public_numbers().n
    with refused("key.factors", "key"):
        refuse_weak_rsa(rsa.RSAPublicNumbers(65537, n + 1))
    with refused("key.exponent", "key"):
        refuse_weak_rsa(rsa.RSAPublicNumbers(65538, n))
