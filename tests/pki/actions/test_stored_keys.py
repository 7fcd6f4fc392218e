"""Private keys in the database: sealed, bound to their row, quick to open."""

import pytest

from pki.actions.sealed_rows import keep
from pki.actions.stored_keys import open_key, sealed_row
from pki.models import PrivateKey
from pki.x509 import keys
from pki.x509.keys import KeySpec
from tests.pki.actions.evidence import refused


@pytest.mark.parametrize("spec", ["rsa-2048", "rsa-3072", "ec-p256", "ec-p384", "ed25519"])
def test_every_kind_of_key_comes_back_as_it_went_in(spec: str) -> None:
    key = keys.generate(KeySpec.parse(spec))
    row = sealed_row(key)
    keep(row)
    stored = PrivateKey.objects.get()
    assert keys.to_der(open_key(stored)) == keys.to_der(key)
    assert stored.algorithm == spec
    assert keys.to_der(key) not in bytes(stored.sealed)


def test_a_key_put_into_another_row_does_not_open() -> None:
    one, two = (sealed_row(keys.generate(KeySpec.parse("ec-p256"))) for _ in range(2))
    one.sealed, two.sealed = two.sealed, one.sealed
    for row in (one, two):
        keep(row)
        with refused("vault.damaged"):
            open_key(row)


def test_a_row_that_claims_another_public_key_does_not_open() -> None:
    row = sealed_row(keys.generate(KeySpec.parse("ec-p256")))
    row.public_key_sha256 = "0" * 64
    with refused("vault.damaged"):
        open_key(row)
