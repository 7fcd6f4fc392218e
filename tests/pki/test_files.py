"""Either all files are there afterwards or none, and nothing that was there is lost."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pki import files
from pki.errors import CertiflowError, Conflict, Unavailable
from pki.files import PRIVATE, PUBLIC, write_all, writing
from tests.pki.x509.refusals import refused

SET = {"root.cer": (b"certificate", PUBLIC), "root.key": (b"secret key", PRIVATE)}


def content(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o022, 0o000, 0o077])
def test_all_files_are_written_with_their_modes(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        written = write_all(tmp_path, SET)
    finally:
        os.umask(before)
    assert written == [tmp_path / "root.cer", tmp_path / "root.key"]
    assert content(tmp_path) == {"root.cer": b"certificate", "root.key": b"secret key"}
    assert mode(tmp_path / "root.key") == 0o600
    assert mode(tmp_path / "root.cer") == 0o644


def test_missing_directories_are_made(tmp_path: Path) -> None:
    write_all(tmp_path / "a" / "b", SET)
    assert len(content(tmp_path / "a" / "b")) == 2


def test_what_exists_is_not_replaced_unasked(tmp_path: Path) -> None:
    (tmp_path / "root.key").write_bytes(b"the old key")
    with refused("files.exist", "out", "root.key already exists", "--force", by=Conflict):
        write_all(tmp_path, SET)
    assert content(tmp_path) == {"root.key": b"the old key"}
    (tmp_path / "root.cer").write_bytes(b"the old certificate")
    with refused("files.exist", "out", "root.cer, root.key already exist ", by=Conflict):
        write_all(tmp_path, SET)


def test_what_exists_is_replaced_when_asked_and_gets_the_new_mode(tmp_path: Path) -> None:
    (tmp_path / "root.key").write_bytes(b"the old key, longer than the new one")
    (tmp_path / "root.key").chmod(0o644)
    write_all(tmp_path, SET, overwrite=True)
    assert content(tmp_path) == {"root.cer": b"certificate", "root.key": b"secret key"}
    assert mode(tmp_path / "root.key") == 0o600


def test_a_name_taken_meanwhile_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_the_name(targets: list[Path]) -> None:
        (tmp_path / "root.key").write_bytes(b"of someone else")

    monkeypatch.setattr(files, "refuse_existing", take_the_name)
    with refused("files.not_written", "out", str(tmp_path), by=Unavailable):
        write_all(tmp_path, SET)
    assert content(tmp_path) == {"root.key": b"of someone else"}


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "file").write_bytes(b"x")
    for directory in (tmp_path / "file", tmp_path / "file" / "below"):
        with refused("files.not_written", "out", str(directory), by=Unavailable):
            write_all(directory, SET, overwrite=overwrite)
    assert content(tmp_path) == {"file": b"x"}


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="needs /proc, which nobody writes to"
)
def test_a_directory_that_cannot_be_written_is_told(overwrite: bool) -> None:
    with refused("files.not_written", "out", "/proc", "another directory", by=Unavailable):
        write_all(Path("/proc"), SET, overwrite=overwrite)


def test_a_failure_half_way_restores_what_was_replaced(tmp_path: Path) -> None:
    """The second name is a directory, which no file can replace."""
    (tmp_path / "a.cer").write_bytes(b"the old certificate")
    (tmp_path / "c.pfx").mkdir()
    wanted = {
        "a.cer": (b"new", PUBLIC),
        "b.key": (b"new", PRIVATE),
        "c.pfx": (b"new", PRIVATE),
    }
    with refused("files.not_written", "out", "Nothing was changed", by=Unavailable):
        write_all(tmp_path, wanted, overwrite=True)
    assert content(tmp_path) == {"a.cer": b"the old certificate"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.cer", "c.pfx"]


def test_a_failure_half_way_removes_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace

    def fail_at_the_second(self: Path, target: Path) -> Path:
        if target.name == "root.key":
            raise OSError(5, "Input/output error")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail_at_the_second)
    with refused("files.not_written", "out", "Input/output error", by=Unavailable):
        write_all(tmp_path, SET)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_no_half_written_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_all(tmp_path, SET)
    assert list(tmp_path.iterdir()) == []


FULL_DISK = """
import resource, sys
from pathlib import Path
from pki.errors import Unavailable
from pki.files import PRIVATE, PUBLIC, write_all, writing

resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_all(
        Path(sys.argv[1]),
        {"small.cer": (b"x" * 1000, PUBLIC), "large.key": (b"y" * 10_000, PRIVATE)},
        overwrite=sys.argv[2] == "True",
    )
except Unavailable as error:
    print(error.code, error.message, sep="\\n")
"""


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_disk_without_room_for_all_gets_none(tmp_path: Path, overwrite: bool) -> None:
    if overwrite:
        (tmp_path / "small.cer").write_bytes(b"old")
    before = content(tmp_path)
    child = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path), str(overwrite)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    code, message = child.stdout.splitlines()
    assert code == "files.not_written"
    assert str(tmp_path) in message
    assert "make room" in message
    assert content(tmp_path) == before


def test_no_secret_is_in_the_message(tmp_path: Path) -> None:
    (tmp_path / "root.key").mkdir()
    with pytest.raises(CertiflowError) as refusal:
        write_all(tmp_path, SET, overwrite=True)
    assert "secret key" not in str(refusal.value)


def test_a_large_file_has_its_name_once_it_is_whole(tmp_path: Path) -> None:
    with writing(tmp_path / "large", PRIVATE) as file:
        file.write(b"the first half ")
        assert not (tmp_path / "large").exists()
        file.write(b"and the second")
    assert content(tmp_path) == {"large": b"the first half and the second"}
    assert mode(tmp_path / "large") == 0o600


def interrupted(path: Path) -> None:
    with writing(path, PRIVATE, overwrite=True) as file:
        file.write(b"half")
        raise KeyboardInterrupt


def test_a_large_file_that_is_not_finished_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"the one before")
    with pytest.raises(KeyboardInterrupt):
        interrupted(tmp_path / "large")
    assert content(tmp_path) == {"large": b"the one before"}


def test_a_large_file_replaces_what_is_there_only_when_asked(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"the one before")
    with (
        refused("files.exist", "out", "--force", by=Conflict),
        writing(tmp_path / "large", PRIVATE),
    ):
        pytest.fail("It must not come so far.")
    with writing(tmp_path / "large", PRIVATE, overwrite=True) as file:
        file.write(b"the new one")
    assert content(tmp_path) == {"large": b"the new one"}


def test_a_large_file_without_room_is_told(tmp_path: Path) -> None:
    with (
        refused("files.not_written", "out", "make room", by=Unavailable),
        writing(tmp_path / "large", PRIVATE),
    ):
        raise OSError(28, "No space left on device")
    assert content(tmp_path) == {}
