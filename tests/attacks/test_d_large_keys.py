"""A key that is large beyond use costs nothing: nobody has to show a token before it is read."""

import base64
import secrets
from math import gcd

import pytest
from django.test import RequestFactory
from django.urls import resolve

from pki.errors import InvalidInput
from pki.x509 import requests
from pki.x509.weak_keys import primorial

RSA = bytes.fromhex("300d06092a864886f70d0101010500")
SHA256_WITH_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")
#: As much as a request of 64 KiB can hold.
BITS = 500_000


def der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(size)]) + size + content


def number(value: int) -> bytes:
    return der(2, value.to_bytes(value.bit_length() // 8 + 1))


@pytest.fixture(scope="module")
def request_der() -> bytes:
    """Without small factors, so that the first test of the modulus lets it pass."""
    modulus = secrets.randbits(BITS) | 1 << (BITS - 1) | 1
    rest = modulus % primorial()
    while gcd(rest, primorial()) != 1:
        modulus, rest = modulus + 2, rest + 2
    key = der(3, b"\0", der(0x30, number(modulus), number(65537)))
    body = der(0x30, number(0), der(0x30), der(0x30, RSA, key), der(0xA0))
    return der(0x30, body, SHA256_WITH_RSA, der(3, b"\0", bytes(256)))


@pytest.fixture(autouse=True)
def no_arithmetic(request_der: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of these takes seconds for such a number."""

    def computed(*_: int) -> int:
        raise AssertionError("The modulus was computed with.")

    monkeypatch.setattr("pki.x509.weak_keys.isqrt", computed)
    monkeypatch.setattr("pki.x509.weak_keys.gcd", computed)


def test_a_huge_modulus_is_refused_before_any_arithmetic(request_der: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        requests.parse(request_der)
    assert (caught.value.code, caught.value.field) == ("key.too_large", "csr")
    assert "8,192" in caught.value.message


def test_nor_does_est_compute_with_it_for_a_stranger(db: None, request_der: bytes) -> None:
    address = "/.well-known/est/simpleenroll"
    request = RequestFactory().post(
        address, base64.b64encode(request_der), content_type="application/pkcs10"
    )
    view = resolve(address, urlconf="pki.agent_site.urls").func
    answer = view(request)
    assert answer.status_code == 400
