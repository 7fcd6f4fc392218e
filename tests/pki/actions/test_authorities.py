"""Roots: created, imported, refused, and taken out again."""

import json
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import IntegrityError, transaction

from pki.actions import authorities
from pki.actions.actor import Actor
from pki.actions.authorities import create_authority, export_root_file, import_authority
from pki.actions.certificate_row import parsed
from pki.actions.stored_keys import open_key
from pki.models import Authority, Certificate, PrivateKey
from pki.x509 import keys
from pki.x509.keys import KeySpec
from pki.x509.material import Material, read_material
from tests.pki.actions import made_elsewhere
from tests.pki.actions.conftest import P256
from tests.pki.actions.evidence import PASSWORD, audited, refused


def test_a_new_root_is_stored_with_its_key_sealed(actor: Actor) -> None:
    with audited("authority.created") as events:
        root = create_authority(actor=actor, common_name="Our Root", key_spec=P256)
    row = root.certificate
    assert (root.common_name, root.active, root.imported) == ("Our Root", True, False)
    assert (row.profile, row.state, row.authority) == ("root", "issued", root)
    assert keys.matches(open_key(root.private_key), parsed(row).public_key())
    assert bytes(root.private_key.sealed).find(keys.to_der(open_key(root.private_key))) == -1
    assert (events[0].actor, events[0].door, events[0].address) == (
        "anna", "dashboard", "192.0.2.7",
    )  # fmt: skip
    assert events[0].detail == {"sha256": row.sha256, "key_algorithm": "ec-p256"}


def test_without_wishes_it_is_the_root_that_the_agents_know(actor: Actor) -> None:
    root = create_authority(actor=actor)
    assert root.common_name == "CM Agent CA"
    assert root.private_key.algorithm == "rsa-4096"
    assert (root.certificate.not_after - root.certificate.not_before).days == pytest.approx(
        20 * 365.25, abs=2
    )


def test_a_second_root_is_refused(root: Authority, actor: Actor) -> None:
    key = made_elsewhere.new_key()
    with refused("authority.exists"):
        create_authority(actor=actor, key_spec=P256)
    with refused("authority.exists"):
        import_authority(Material(made_elsewhere.root(key=key), key), actor=actor)


def test_of_two_set_up_at_once_the_second_is_refused_and_leaves_no_key(
    root: Authority, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked before either has written."""
    monkeypatch.setattr(authorities, "refuse_second_root", lambda: None)
    with refused("authority.exists"):
        create_authority(actor=actor, key_spec=P256)


def test_the_database_itself_takes_one_active_root_only(root: Authority) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Authority.objects.create(
            common_name="Second",
            certificate=Certificate.objects.create(
                subject="x", issuer="x", serial_number="1",
                not_before=root.created_at, not_after=root.created_at,
            ),
            private_key=PrivateKey.objects.bulk_create([PrivateKey(sealed=b"")])[0],
        )  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ("rsa-512", "key.too_small"),
        ("rsa-1024", "key.too_small"),
        ("rsa-2047", "key.too_small"),
        ("rsa-8200", "key.too_large"),
        ("rsa-2050", "key.odd_size"),
        ("ed25519", "key.not_for_profile"),
    ],
)
def test_a_key_out_of_range_is_refused(spec: str, code: str, actor: Actor) -> None:
    with refused(code, field="key"):
        create_authority(actor=actor, key_spec=KeySpec.parse(spec))


@pytest.mark.parametrize("common_name", ["", "   ", "x" * 65, "line\nfeed", "nul\0"])
def test_a_common_name_that_cannot_be_is_refused(common_name: str, actor: Actor) -> None:
    with refused("name.common_name", field="common_name"):
        create_authority(actor=actor, common_name=common_name, key_spec=P256)


@pytest.mark.parametrize(
    ("days", "code"), [(0, "lifetime.too_short"), (30 * 365 + 1, "lifetime.too_long")]
)
def test_a_lifetime_out_of_range_is_refused(days: int, code: str, actor: Actor) -> None:
    with refused(code, field="days"):
        create_authority(actor=actor, key_spec=P256, lifetime=timedelta(days=days))


def test_a_root_made_elsewhere_is_imported_as_it_is(actor: Actor) -> None:
    key = made_elsewhere.new_key()
    certificate = made_elsewhere.root("Corporate Root", key=key)
    with audited("authority.imported"):
        root = import_authority(Material(certificate, key), actor=actor)
    assert parsed(root.certificate) == certificate
    assert (root.imported, root.certificate.source) == (True, "imported")
    assert keys.matches(open_key(root.private_key), key.public_key())


def imported(certificate: x509.Certificate, key: made_elsewhere.Key | None, actor: Actor) -> None:
    import_authority(Material(certificate, key), actor=actor)


def test_a_root_without_its_key_is_refused(actor: Actor) -> None:
    certificate = made_elsewhere.root(key=made_elsewhere.new_key())
    with refused("material.no_key", field="files"):
        imported(certificate, None, actor)


@pytest.mark.parametrize(
    ("days", "code"),
    [((-400, -1), "authority.expired"), ((2, 400), "authority.not_yet_valid")],
)
def test_a_root_that_is_not_valid_now_is_refused(
    days: tuple[int, int], code: str, actor: Actor
) -> None:
    key = made_elsewhere.new_key()
    with refused(code, field="files"):
        imported(made_elsewhere.root(key=key, days=days), key, actor)


def test_a_certificate_that_is_no_authority_is_refused(actor: Actor) -> None:
    key = made_elsewhere.new_key()
    with refused("authority.not_a_ca", field="files"):
        imported(made_elsewhere.root(key=key, ca=False), key, actor)


def test_an_authority_that_may_not_sign_certificates_is_refused(actor: Actor) -> None:
    key = made_elsewhere.new_key()
    with refused("authority.cannot_sign", field="files"):
        imported(made_elsewhere.root(key=key, cert_sign=False), key, actor)


def test_an_authority_below_another_is_refused(actor: Actor) -> None:
    above, key = made_elsewhere.new_key(), made_elsewhere.new_key()
    issuing = made_elsewhere.certificate(
        "Issuing", (), key=key, issuer=made_elsewhere.root(key=above), issuer_key=above, ca=True
    )
    with refused("authority.not_a_root", field="files"):
        imported(issuing, key, actor)


def test_a_root_with_a_small_key_is_refused(actor: Actor) -> None:
    key = rsa.generate_private_key(65537, 1024)
    with refused("key.too_small", field="files"):
        imported(made_elsewhere.root(key=key), key, actor)


def test_the_root_file_brings_the_whole_authority_to_another_installation(
    root: Authority, actor: Actor
) -> None:
    with audited("authority.exported") as events:
        content = export_root_file(root, actor=actor, password=PASSWORD)
    assert events[0].detail == {"encrypted": True}
    assert "privateKey" not in json.loads(content)
    read = read_material([content], PASSWORD)
    assert read.certificate == parsed(root.certificate)
    assert read.key is not None
    assert keys.matches(read.key, read.certificate.public_key())


def test_without_a_password_the_trail_says_so(root: Authority, actor: Actor) -> None:
    with audited("authority.exported") as events:
        content = export_root_file(root, actor=actor, password="")
    assert events[0].detail == {"encrypted": False}
    assert "privateKey" in json.loads(content)


def test_a_root_file_whose_password_is_refused_is_not_written_down(
    root: Authority, actor: Actor
) -> None:
    with refused("password.too_long", field="password"):
        export_root_file(root, actor=actor, password="x" * 129)
