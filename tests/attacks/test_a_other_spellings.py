"""Who knows a private key knows it in every spelling: none of them is certified again."""

from importlib import import_module
from math import gcd

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.apps import apps

from pki.actions.actor import SYSTEM
from pki.actions.revocation import revoke
from pki.actions.server_certificates import issue_for_server, renew
from pki.actions.servers import add_server
from pki.actions.trust import revoke_workstation
from pki.errors import CertiflowError
from pki.models import Certificate, Server
from pki.x509 import keys
from tests.pki.actions import made_elsewhere
from tests.pki.actions.evidence import refused
from tests.pki.conftest import Agent, certificate_request
from tests.pki.x509.broken_rsa import key_of

#: Of the group of P-256 (FIPS 186-4, D.1.2.3).
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def negated(key: ec.EllipticCurvePrivateKey) -> ec.EllipticCurvePrivateKey:
    value = key.private_numbers().private_value
    return ec.derive_private_key(ORDER - value, ec.SECP256R1())


def other_exponent(key: rsa.RSAPrivateKey) -> rsa.RSAPrivateKey:
    numbers, e = key.private_numbers(), 65539
    while gcd(e, (numbers.p - 1) * (numbers.q - 1)) != 1:
        e += 2
    return key_of(numbers.p, numbers.q, e)


def pair(kind: str) -> tuple[made_elsewhere.Key, made_elsewhere.Key]:
    if kind == "ec":
        key = ec.generate_private_key(ec.SECP256R1())
        return key, negated(key)
    modulus = rsa.generate_private_key(65537, 2048)
    return modulus, other_exponent(modulus)


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_a_compromised_key_does_not_come_back_in_another_spelling(
    server: Server, kind: str
) -> None:
    key, other = pair(kind)
    first = issue_for_server(server, actor=SYSTEM, csr=made_elsewhere.csr(key=key))
    revoke(first, "keyCompromise", actor=SYSTEM)
    with refused("key.compromised", field="csr"):
        renew(server, actor=SYSTEM, expected=first, csr=made_elsewhere.csr(key=other))


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_what_is_in_force_for_another_spelling_goes_with_it(server: Server, kind: str) -> None:
    key, other = pair(kind)
    first = issue_for_server(server, actor=SYSTEM, csr=made_elsewhere.csr(key=key))
    newer = renew(server, actor=SYSTEM, expected=first, csr=made_elsewhere.csr(key=other))
    assert newer.public_key_sha256 != first.public_key_sha256
    revoke(first, "keyCompromise", actor=SYSTEM)
    assert Certificate.objects.get(pk=newer.pk).state == "revoked"


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_nobody_else_is_certified_for_another_spelling(server: Server, kind: str) -> None:
    key, other = pair(kind)
    issue_for_server(server, actor=SYSTEM, csr=made_elsewhere.csr(key=key))
    another = add_server("cm7.example.com", actor=SYSTEM)
    with refused("key.in_use", field="csr"):
        issue_for_server(another, actor=SYSTEM, csr=made_elsewhere.csr(key=other))


def test_a_revoked_workstation_does_not_register_with_its_key_negated(
    automatic_registration: None,
) -> None:
    agent = Agent("pc-1")
    revoke_workstation(agent.register().workstation, actor=SYSTEM, reason="Stolen")
    again = Agent("pc-2")
    again.key, again.request = certificate_request("pc-2", negated(agent.key))
    with pytest.raises(CertiflowError) as caught:
        again.register()
    assert caught.value.code == "key.used_before"


def test_different_keys_have_different_identities() -> None:
    made = [keys.generate(keys.KeySpec.parse(kind)) for kind in ("ec-p256", "ec-p384", "rsa-2048")]
    made += [ec.generate_private_key(ec.SECP256R1()) for _ in range(20)]
    assert len({keys.key_identity(key.public_key()) for key in made}) == len(made)


def test_the_upgrade_computes_them_for_what_was_certified_before(server: Server) -> None:
    key, _ = pair("ec")
    issue_for_server(server, actor=SYSTEM, csr=made_elsewhere.csr(key=key))
    before = dict(Certificate.objects.values_list("pk", "key_identity"))
    assert all(before.values())
    Certificate.objects.update(key_identity="")
    import_module("pki.migrations.0023_key_identity").compute(apps, None)
    assert dict(Certificate.objects.values_list("pk", "key_identity")) == before
