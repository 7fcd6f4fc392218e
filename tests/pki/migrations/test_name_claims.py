"""What an installation from before knew of names becomes rows that say as much."""

from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

import pki.migrations
from pki.actions.actor import SYSTEM
from pki.actions.foreign_certificates import import_server_certificate
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.models import Authority, Certificate, Server, ServerName
from pki.x509.material import Material
from tests.pki.actions import made_elsewhere

[PATH] = Path(str(pki.migrations.__file__)).parent.glob("*_name_claims.py")
migration = import_module(f"pki.migrations.{PATH.stem}")


@pytest.fixture
def before(db: None) -> Any:
    """The models as migrations know them."""
    loader = MigrationExecutor(connection).loader
    return loader.project_state([("pki", PATH.stem)]).apps


@pytest.fixture
def server(authority: Authority) -> Server:
    return add_server("cm1.example.com", actor=SYSTEM, additional_names=["cm.example.org"])


def imported(server: Server, *names: str) -> Certificate:
    key = made_elsewhere.new_key()
    made = made_elsewhere.certificate(
        server.fqdn, (server.fqdn, *names), key=key, issuer=None, issuer_key=key
    )
    return import_server_certificate(server, Material(made, key), actor=SYSTEM)


def accepted_key(server: Server, row: Certificate, before: Any, *, hours: int = -1) -> str:
    """Of a name that was accepted so many hours after the certificate came."""
    names = ServerName.objects.filter(server=server, name="cm.example.org")
    names.update(
        accepted_by="root",
        accepted_at=row.created_at + timedelta(hours=hours),
        accepted_key="",
    )
    migration.bind_acceptances(before, None)
    return names.get().accepted_key


def test_an_acceptance_is_for_the_key_of_now(server: Server, before: Any) -> None:
    row = issue_for_server(server, actor=SYSTEM, csr=made_elsewhere.csr())
    assert accepted_key(server, row, before) == row.public_key_sha256


def test_also_for_one_that_was_imported_with_the_name(server: Server, before: Any) -> None:
    row = imported(server, "CM.example.org")
    assert accepted_key(server, row, before) == row.public_key_sha256


def test_not_for_one_that_came_later_without_the_name(server: Server, before: Any) -> None:
    row = imported(server)
    assert accepted_key(server, row, before) == ""
    assert accepted_key(server, row, before, hours=1) == row.public_key_sha256


def test_without_a_certificate_there_is_no_key(server: Server, before: Any) -> None:
    ServerName.objects.filter(server=server).update(accepted_by="root")
    migration.bind_acceptances(before, None)
    assert not ServerName.objects.exclude(accepted_key="").exists()


def test_names_of_certificates_in_force_are_held(server: Server, before: Any) -> None:
    """Given back, or only imported; another server may have taken one since."""
    issue_for_server(server, actor=SYSTEM, csr=made_elsewhere.csr())
    imported(server, "PAYROLL.example.com")
    ServerName.objects.exclude(name=server.fqdn).delete()
    other = add_server("cm.example.org", actor=SYSTEM)
    migration.hold_names(before, None)
    assert set(ServerName.objects.values_list("server", "name", "held", "shared")) == {
        (server.pk, "cm1.example.com", False, False),
        (server.pk, "cm.example.org", True, True),
        (server.pk, "payroll.example.com", True, False),
        (other.pk, "cm.example.org", False, False),
    }
