"""The list of certificates with 100,000 rows against the one with 1,000."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.db import connection
from django.test import Client
from django.urls import Resolver404, resolve
from django.utils import timezone

from benchmarks.bare_signature import bare_signature
from benchmarks.installation import data_directory, switch_database
from benchmarks.measurement import Contestant, Row, large_against_small
from pki.actions.accounts import add_user
from pki.actions.actor import SYSTEM
from pki.actions.authorities import create_authority
from pki.actions.stored_keys import open_key
from pki.models import Authority, Certificate, User
from pki.x509.keys import KeySpec

SMALL, LARGE = 1_000, 100_000
MOST = 1.5
ROUNDS, VISITS = 9, 5
#: As large as the certificates that the product issues.
DER = bytes(900)
STATES = ["issued"] * 17 + ["revoked", "revoked", "abandoned"]

#: A database walks to where a page begins: shown, so that it stays bearable, and not promised.
FARTHEST = "last page"

PAGES = {
    "first page": "/certificates/",
    FARTHEST: "/certificates/?page={last}",
    "search for one": "/certificates/?q=cm777.",
    "search that finds nothing": "/certificates/?q=nowhere",
    "revoked only": "/certificates/?state=revoked",
    "by name": "/certificates/?sort=common_name",
    "by expiry": "/certificates/?sort=not_after",
}


def rows() -> Iterator[Row]:
    try:
        resolve("/certificates/")
    except Resolver404:
        yield Row("Certificate list", "—", "—", "there is no such page yet", f"≤ {MOST}", None)
        return
    small, large = Installation(SMALL), Installation(LARGE)
    for name, path in PAGES.items():
        yield list_row(name, path, small, large)


def list_row(name: str, path: str, small: "Installation", large: "Installation") -> Row:
    return large_against_small(
        f"Certificate list, {LARGE:,} rows: {name}",
        ROUNDS,
        bare=Contestant(bare_signature(large.key), 20),
        small=small.visits(path),
        large=large.visits(path),
        of_small=f"{SMALL:,} rows",
        most=MOST,
        promised=name != FARTHEST,
    )


class Installation:
    """A database of its own with so many certificates, and a browser signed in to it."""

    def __init__(self, certificates: int) -> None:
        self.certificates = certificates
        self.path: Path = data_directory() / f"list-{certificates}.sqlite3"
        switch_database(self.path)
        root = create_authority(actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
        self.key = open_key(root.private_key)
        add_user("olga", "a-long-enough-password", "administrator", actor=SYSTEM)
        Certificate.objects.bulk_create(
            (certificate(number, root) for number in range(certificates - 1)), batch_size=1000
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        self.client = Client()
        self.client.force_login(
            User.objects.get(), "allauth.account.auth_backends.AuthenticationBackend"
        )

    def visits(self, path: str) -> Contestant:
        """So many requests for one page, after one that opens the database and warms it."""
        address = path.format(last=self.certificates // 25)

        def before() -> None:
            switch_database(self.path)
            self.get(address)

        return Contestant(lambda: self.get(address), VISITS, before)

    def get(self, address: str) -> None:
        answer = self.client.get(address, secure=True)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}.")


def certificate(number: int, root: Authority) -> Certificate:
    now = timezone.now()
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    state = STATES[number % len(STATES)]
    return Certificate(
        serial_number=digest[:40], profile="server", state=state, source="request",
        authority=root, common_name=f"cm{number}.example.com",
        subject=f"CN=cm{number}.example.com", issuer=root.certificate.subject,
        names=[f"cm{number}.example.com"], key_algorithm="rsa-2048", public_key_sha256=digest,
        not_before=now - timedelta(days=200), not_after=now + timedelta(hours=number % 8000 - 500),
        sha1=digest[:40] if state != "abandoned" else "",
        sha256=digest if state != "abandoned" else "",
        der=DER, issued_at=now,
    )  # fmt: skip
