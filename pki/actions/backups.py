"""Making a backup: one encrypted file with everything that is needed to go on elsewhere."""

import gzip
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.audit_note import newest_seal
from pki.actions.backup_manifest import Manifest, applied_migrations, product_version, this_host
from pki.actions.backup_tables import count, line, lines, tables
from pki.actions.key_ring import current_ring
from pki.actions.sealed_rows import SEALED
from pki.actions.snapshot import snapshot
from pki.errors import Conflict, InvalidInput
from pki.files import PRIVATE, writing
from pki.models import Authority, Backup, PrivateKey, Sealed, User
from pki.password_rule import FILES, check_password
from pki.vault.container import Lock, Sealer
from pki.vault.ring import KeyRing

#: Without one for so long, a week's work may be lost, and somebody should hear of it.
OVERDUE = timedelta(days=8)
#: Half of the content is certificates, which do not get smaller however long one tries.
COMPRESSION = 1


@dataclass(frozen=True)
class Made:
    row: Backup
    manifest: Manifest
    #: Of private keys, that no key of the ring opens: not here and not from the backup either.
    unopenable: int


def last_backup() -> Backup | None:
    return Backup.objects.order_by("-at").first()


def back_up(path: Path, password: str, *, actor: Actor, overwrite: bool = False) -> Made:
    """Write the file, mode 0600, all of it or nothing, while the product goes on working.

    Raises InvalidInput ``backup.password``, Conflict ``files.exist`` and ``backup.nothing``,
    Unavailable ``files.not_written`` and what the key ring raises.
    """
    check_backup_password(password)
    with writing(path, PRIVATE, overwrite=overwrite) as file:
        ring = current_ring()
        with snapshot() as alias:
            # The first question fixes the moment that is read.
            manifest = described(alias, actor)
            # Read on both sides of it: whatever rekeying does then, one of them has it.
            ring = current_ring().followed_by(ring)
            sealer = Sealer(file, Lock.new(password))
            with gzip.GzipFile(
                fileobj=sealer, mode="wb", compresslevel=COMPRESSION, mtime=0
            ) as packed:
                for each in content(alias, manifest, ring):
                    packed.write(each)
            unopenable = unopened_by(ring, alias)
        sealer.finish()
        size = file.tell()
    return Made(noted(manifest, size, actor), manifest, unopenable)


def check_backup_password(password: str) -> None:
    try:
        check_password(password, FILES, known=[settings.HOST])
    except InvalidInput as error:
        raise InvalidInput(
            f"{error.message} Nothing was written. “certiflow backup FILE --generate-password” "
            "makes one and prints it.",
            code="backup.password",
            field="password",
        ) from None


def described(alias: str, actor: Actor) -> Manifest:
    if not User.objects.using(alias).exists() and not Authority.objects.using(alias).exists():
        raise Conflict(
            f"There is nothing to back up in {settings.DATA_DIR}: no user and no root. Name the "
            "right directory in CERTIFLOW_DATA_DIR, or the right database in DATABASE_URL.",
            code="backup.nothing",
        )
    return Manifest(
        version=product_version(),
        made_at=timezone.now(),
        made_by=actor.name,
        host=this_host(),
        database=connection.vendor,
        migrations=applied_migrations(alias),
        rows={label: count(table, alias) for label, table in tables().items()},
        sealed_under=sorted(
            {key for table in SEALED for key in sealing_keys(table, alias)},
        ),
        seal=str(newest_seal(alias) or ""),
    )


def sealing_keys(table: type[Sealed], alias: str) -> Iterator[str]:
    """Identifiers of the ring keys that seal rows of it."""
    rows = table._default_manager.using(alias).order_by("sealed_under")
    yield from rows.values_list("sealed_under", flat=True).distinct()


def content(alias: str, manifest: Manifest, ring: KeyRing) -> Iterator[bytes]:
    """Line by line: the manifest, the secrets that are files, then every table."""
    yield line(asdict(manifest))
    yield line({"master_keys": ring.text(), "secret_key": own_secret_key()})
    for table in tables().values():
        yield from lines(table, alias)


def own_secret_key() -> str | None:
    """Django's signing key where it is our file; one from the environment stays there."""
    path = secret_key_file()
    return settings.SECRET_KEY if is_in_force(path) else None


def secret_key_file() -> Path:
    return Path(settings.DATA_DIR) / "secret_key"


def is_in_force(path: Path) -> bool:
    return path.exists() and path.read_text() == settings.SECRET_KEY


def unopened_by(ring: KeyRing, alias: str) -> int:
    known = [key.id for key in (*ring.keys, *ring.for_responders().keys)]
    return PrivateKey.objects.using(alias).exclude(sealed_under__in=known).count()


def noted(manifest: Manifest, size: int, actor: Actor) -> Backup:
    with transaction.atomic():
        row = Backup.objects.create(
            at=manifest.made_at, made_by=actor.name[:150], size=size, rows=manifest.total
        )
        record(actor, "backup.made", row, size=size, rows=manifest.total)
    return row
