"""Writing several files so that either all of them are there afterwards or none.

At the bottom of the house, beside `pki.errors`: the generator on an isolated machine
and the dashboard's shell commands write their files the same way.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from pki.errors import Conflict, Unavailable

PRIVATE = 0o600
PUBLIC = 0o644


def write_all(
    directory: Path, files: Mapping[str, tuple[bytes, int]], *, overwrite: bool = False
) -> list[Path]:
    """Write ``{name: (content, mode)}`` into ``directory``, made if it is missing.

    Everything is written and synced under temporary names first, so that a full disk
    or a missing right changes nothing. Raises Conflict ``files.exist`` when one
    exists and ``overwrite`` is off, and Unavailable ``files.not_written``.
    """
    targets = [directory / name for name in files]
    if not overwrite:
        refuse_existing(targets)
    written: list[tuple[Path, Path]] = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for target, (content, mode) in zip(targets, files.values(), strict=True):
            written.append((write_beside(target, content, mode), target))
        put_in_place(written, overwrite=overwrite)
    except OSError as error:
        raise Unavailable(
            f"The files could not be written to {directory}: {error.strerror or error}. Nothing "
            "was changed there; make room or choose another directory, and try again.",
            code="files.not_written",
            field="out",
        ) from None
    finally:
        for temporary, _ in written:
            temporary.unlink(missing_ok=True)
    return targets


@contextlib.contextmanager
def writing(target: Path, mode: int, *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """A file to write what does not fit into memory; it has its name once the block is done.

    Raises what `write_all` raises; whatever ends the block early leaves nothing behind.
    """
    if not overwrite:
        refuse_existing([target])
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        temporary = Path(name)
        with open(descriptor, "wb") as file:
            yield file
            file.flush()
            set_mode(file, temporary, mode)
            os.fsync(file.fileno())
        put_in_place([(temporary, target)], overwrite=overwrite)
    except OSError as error:
        raise Unavailable(
            f"{target} could not be written: {error.strerror or error}. Nothing was changed there; "
            "make room or choose another directory, and try again.",
            code="files.not_written",
            field="out",
        ) from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def refuse_existing(targets: list[Path]) -> None:
    existing = [target.name for target in targets if target.exists()]
    if existing:
        raise Conflict(
            f"{', '.join(existing)} already exist{'s' if len(existing) == 1 else ''} in "
            f"{targets[0].parent}. Nothing was written; choose another directory, or say --force "
            "to replace what is there.",
            code="files.exist",
            field="out",
        )


def write_beside(target: Path, content: bytes, mode: int) -> Path:
    """A synced temporary file in the target's directory, which nobody else can read."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            set_mode(file, Path(name), mode)
            os.fsync(file.fileno())
    except BaseException:  # An interrupt as well: it may be half a private key.
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def set_mode(file: BinaryIO, path: Path, mode: int) -> None:
    os.fchmod(file.fileno(), mode) if hasattr(os, "fchmod") else path.chmod(mode)


def put_in_place(written: list[tuple[Path, Path]], *, overwrite: bool) -> None:
    """Give the files their names; if one fails, all names are again as they were."""
    undo = contextlib.ExitStack()
    with contextlib.ExitStack() as afterwards:
        try:
            for temporary, target in written:
                if overwrite and target.exists():
                    previous = set_aside(target)
                    afterwards.callback(previous.unlink, missing_ok=True)
                    undo.callback(previous.replace, target)
                else:
                    # Fails where the name was taken meanwhile; a rename alone would replace it.
                    os.close(os.open(target, os.O_CREAT | os.O_EXCL, PRIVATE))
                    undo.callback(target.unlink)
                temporary.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                undo.close()
            raise


def set_aside(target: Path) -> Path:
    """A second name for what is there, under which it outlives a replacement."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(descriptor)
    try:
        shutil.copy2(target, name)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)
