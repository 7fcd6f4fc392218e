"""What anyone may read, before and after setting up, without signing in."""

from uuid import uuid4

import pytest
from cryptography import x509
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from pki.models import Authority

HTTPS = {"secure": True}


def test_healthz_asks_nothing_of_the_database(client: Client) -> None:
    """No fixture gives this test a database: any question to it would fail."""
    for scheme in ({}, HTTPS):
        answer = client.get("/healthz", **scheme)
        assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_says_yes_when_everything_is_there(client: Client) -> None:
    answer = client.get("/readyz", **HTTPS)
    assert (answer.status_code, answer.content) == (200, b"ready\n")


@pytest.mark.django_db
def test_readyz_says_what_is_wrong_with_the_key_ring(client: Client, settings: Settings) -> None:
    settings.MASTER_KEYS = "not a key"
    answer = client.get("/readyz", **HTTPS)
    assert answer.status_code == 503
    assert "CERTIFLOW_MASTER_KEYS" in answer.content.decode()


@pytest.mark.django_db
def test_readyz_says_that_tables_are_old(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'pki'")
    answer = client.get("/readyz", **HTTPS)
    assert (answer.status_code, b"certiflow migrate" in answer.content) == (503, True)


def test_readyz_says_that_the_database_does_not_answer(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    def refuse(*_: object) -> None:
        raise OperationalError("connection refused, password=open-sesame")

    monkeypatch.setattr("pki.publication.views.MigrationExecutor", refuse)
    answer = client.get("/readyz", **HTTPS)
    assert (answer.status_code, answer.content) == (503, b"The database does not answer.\n")


@pytest.mark.django_db
def test_an_authoritys_certificate_is_there_in_der_also_by_plain_http(
    client: Client, authority: Authority
) -> None:
    for scheme in ({}, HTTPS):
        answer = client.get(f"/pki/{authority.pk}.cer", **scheme)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/pkix-cert"
        assert "max-age" in answer["Cache-Control"]
        found = x509.load_der_x509_certificate(answer.content)
        assert found.subject.rfc4514_string() == f"CN={authority.common_name}"


@pytest.mark.django_db
def test_an_authority_that_does_not_exist_is_not_found(
    client: Client, authority: Authority
) -> None:
    assert client.get(f"/pki/{uuid4()}.cer", **HTTPS).status_code == 404
    assert client.post(f"/pki/{authority.pk}.cer", **HTTPS).status_code == 405
