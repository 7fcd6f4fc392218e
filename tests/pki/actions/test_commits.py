"""A reservation is ordered before the certificate, without a wait of its own for the disk."""

import pytest
from django.db import connection

from pki.actions.commits import not_waiting_for_the_disk
from pki.models import Server


def durability() -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous")
        else:
            cursor.execute("SHOW synchronous_commit")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_only_the_one_transaction_is_hurried_also_after_an_error() -> None:
    full = "2" if connection.vendor == "sqlite" else "on"
    with not_waiting_for_the_disk():
        assert durability() != full
        Server.objects.create(fqdn="a.example.com")
    assert durability() == full
    with pytest.raises(ZeroDivisionError), not_waiting_for_the_disk():  # noqa: PT012
        Server.objects.create(fqdn="b.example.com")
        1 / 0  # noqa: B018
    assert durability() == full
    assert [server.fqdn for server in Server.objects.all()] == ["a.example.com"]
