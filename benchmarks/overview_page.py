"""The overview, and the list of workstations, with 100,000 of them against 1,000."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.test import Client
from django.utils import timezone

from benchmarks.bare_signature import bare_signature
from benchmarks.installation import data_directory, switch_database
from benchmarks.measurement import Contestant, Row, large_against_small
from pki.actions.accounts import add_user
from pki.actions.actor import SYSTEM
from pki.actions.authorities import create_authority
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.actions.stored_keys import open_key
from pki.models import Authority, Certificate, User, Workstation
from pki.x509.keys import KeySpec
from pki.x509.profiles import WORKSTATION, renewal_due

SMALL, LARGE = 1_000, 100_000
SERVERS = 30
MOST = 1.5
ROUNDS, VISITS = 9, 5
AT_ONCE = 1_000
#: As large as the certificates that the product issues.
DER = bytes(700)
STATES = ["trusted"] * 17 + ["approved", "pending", "denied"]

PAGES = {
    "Overview": "/",
    "Workstation list": "/workstations/",
    "Workstation list, due and not renewed": "/workstations/?certificate=due&sort=expires",
}


def rows() -> Iterator[Row]:
    small, large = Fleet(SMALL), Fleet(LARGE)
    for name, path in PAGES.items():
        yield large_against_small(
            f"{name}, {LARGE:,} workstations",
            ROUNDS,
            bare=Contestant(bare_signature(large.key), 20),
            small=small.visits(path),
            large=large.visits(path),
            of_small=f"{SMALL:,}",
            most=MOST,
        )


class Fleet:
    """A database of its own with so many workstations, and a browser signed in to it."""

    def __init__(self, workstations: int) -> None:
        self.path: Path = data_directory() / f"fleet-{workstations}.sqlite3"
        switch_database(self.path)
        root = create_authority(actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
        self.key = open_key(root.private_key)
        add_user("olga", "a-long-enough-password", "administrator", actor=SYSTEM)
        for number in range(SERVERS):
            server = add_server(f"cm{number}.example.com", actor=SYSTEM)
            issue_for_server(server, actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
        for start in range(0, workstations, AT_ONCE):
            made = [machine(number, root) for number in range(start, start + AT_ONCE)]
            Certificate.objects.bulk_create(row.certificate for row in made if row.certificate)
            Workstation.objects.bulk_create(made)
        self.client = Client()
        self.client.force_login(
            User.objects.get(), "allauth.account.auth_backends.AuthenticationBackend"
        )

    def visits(self, path: str) -> Contestant:
        """So many requests for one page, after one that opens the database and warms it."""

        def before() -> None:
            switch_database(self.path)
            self.get(path)

        return Contestant(lambda: self.get(path), VISITS, before)

    def get(self, path: str) -> None:
        answer = self.client.get(path, secure=True)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}.")


def machine(number: int, root: Authority) -> Workstation:
    """Nearly all of them renew in time and come every day, as in a fleet that is well."""
    now = timezone.now()
    state = STATES[number % len(STATES)]
    late = number % 50 == 0
    days = number % 150 - 30 if late else 122 + number % 243
    start, end = now + timedelta(days=days) - WORKSTATION.lifetime, now + timedelta(days=days)
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    row = Workstation(
        agent_id=digest[:32], public_key_sha256=digest, state=state,
        name=f"pc-{number:06}", hostname=f"pc-{number:06}.example.com", os="Windows 11 Pro",
        agent_version="1.0", address="10.0.0.5", registered_at=start,
        last_seen_at=now - timedelta(days=number % 60 if late else number % 3),
    )  # fmt: skip
    if state in {"trusted", "approved"}:
        row.certificate = certificate(row, digest, root)
        row.certificate.not_before, row.certificate.not_after = start, end
        row.expires_at, row.renewal_due_at = end, renewal_due(start, end)
        row.renewed_at = start if number % 3 else None
    return row


def certificate(row: Workstation, digest: str, root: Authority) -> Certificate:
    return Certificate(
        serial_number=digest[:40], profile="workstation", state="issued", source="request",
        authority=root, common_name=row.agent_id, subject=f"CN={row.agent_id}",
        issuer=root.certificate.subject, names=[], key_algorithm="ec-p256",
        public_key_sha256=digest, sha1=digest[:40], sha256=digest, der=DER,
        issued_at=row.registered_at,
    )  # fmt: skip
