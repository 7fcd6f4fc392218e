"""A look for what there is to remind of: with 100,000 workstations against 1,000."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from benchmarks.bare_signature import bare_signature
from benchmarks.installation import data_directory, switch_database
from benchmarks.measurement import Contestant, Row, large_against_small
from pki.actions.actor import SYSTEM
from pki.actions.authorities import create_authority
from pki.actions.reminding import remind
from pki.actions.stored_keys import open_key
from pki.models import Authority, Certificate, Reminder, Workstation
from pki.x509.keys import KeySpec

SMALL, LARGE = 1_000, 100_000
#: In both: so many are silent, and the certificates of so many end within a month.
SILENT, ENDING = 50, 50
MOST = 1.5
ROUNDS, LOOKS = 7, 3
BATCH = 5_000


def rows() -> Iterator[Row]:
    small, large = Fleet(SMALL), Fleet(LARGE)
    yield large_against_small(
        f"Look for reminders, {LARGE:,} workstations, {SILENT + ENDING} matters, nothing new",
        ROUNDS,
        bare=Contestant(bare_signature(large.key), 20),
        small=small.looks(),
        large=large.looks(),
        of_small=f"{SMALL:,}",
        most=MOST,
    )


class Fleet:
    """A database of its own with so many trusted workstations, looked at once already."""

    def __init__(self, size: int) -> None:
        self.path = data_directory() / f"reminded-{size}.sqlite3"
        switch_database(self.path)
        root = create_authority(actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
        self.key = open_key(root.private_key)
        for start in range(0, size, BATCH):
            add(range(start, min(start + BATCH, size)), root)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        remind(timezone.now(), actor=SYSTEM)
        found = Reminder.objects.count()
        if found != SILENT + ENDING:
            raise RuntimeError(f"{found} reminders instead of {SILENT + ENDING}.")

    def looks(self) -> Contestant:
        def before() -> None:
            switch_database(self.path)
            look()

        return Contestant(look, LOOKS, before)


def look() -> None:
    remind(timezone.now(), actor=SYSTEM)


def add(numbers: range, root: Authority) -> None:
    now = timezone.now()
    workstations = Workstation.objects.bulk_create(
        Workstation(
            agent_id=f"pc-{number}",
            name=f"pc-{number}",
            state="trusted",
            last_seen_at=now - timedelta(days=40 if number < SILENT else 1),
        )
        for number in numbers
    )
    certificates = Certificate.objects.bulk_create(
        certificate(row, ends_soon=SILENT <= number < SILENT + ENDING, root=root)
        for number, row in zip(numbers, workstations, strict=True)
    )
    for row, issued in zip(workstations, certificates, strict=True):
        row.certificate = issued
    Workstation.objects.bulk_update(workstations, ["certificate"], batch_size=500)


def certificate(row: Workstation, *, ends_soon: bool, root: Authority) -> Certificate:
    now = timezone.now()
    digest = hashlib.sha256(row.agent_id.encode()).hexdigest()
    return Certificate(
        serial_number=digest[:40], profile="workstation", state="issued", source="request",
        authority=root, workstation=row, common_name=row.agent_id, subject=f"CN={row.agent_id}",
        issuer=root.certificate.subject, names=[], key_algorithm="ec-p256",
        public_key_sha256=digest, not_before=now - timedelta(days=100),
        not_after=now + timedelta(days=20 if ends_soon else 265), sha1=digest[:40],
        sha256=digest, der=bytes(700), issued_at=now,
    )  # fmt: skip
