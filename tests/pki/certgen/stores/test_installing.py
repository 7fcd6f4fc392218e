"""installToStore without the rights for it, as an ordinary user meets it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pki.certgen.stores import linux
from tests.pki.certgen.running import (
    FAST,
    PROGRAM,
    SIX,
    certgen,
    command,
    made,
    openssl,
    with_own_mounts,
)

NOBODY = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")


@pytest.fixture
def ordinary_user() -> tuple[str, ...]:
    """The generator run by someone who is not root."""
    if os.geteuid():
        return (PROGRAM,)
    program = (*NOBODY, PROGRAM)
    try:
        tried = subprocess.run([*program, "--help"], capture_output=True, check=False)
    except OSError:
        pytest.skip("There is no setpriv to become an ordinary user by.")
    if tried.returncode:
        pytest.skip("Ordinary users cannot read this checkout.")
    return program


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every user may write to; pytest's own are closed."""
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o777)
    yield directory
    shutil.rmtree(directory)


@pytest.mark.skipif(not linux.DEBIAN.anchors.is_dir(), reason="Needs the directory of a Debian.")
def test_without_the_rights_the_files_are_made_and_what_it_says_to_run_works(
    ordinary_user: tuple[str, ...], shared: Path, tmp_path: Path
) -> None:
    before = made(linux.DEBIAN.anchors)
    done = certgen(shared, "/root", *FAST, "/csn", "/installToStore", program=ordinary_user)
    assert done.returncode == 1
    assert made(shared) == SIX
    assert made(linux.DEBIAN.anchors) == before
    told, _, commands = done.stderr[done.stderr.index("certgen: ") :].partition("\n")
    assert "nothing was put into this computer's stores" in told
    assert told.endswith("run as root:")
    # A person pastes them into a shell; update-ca-certificates itself is not on trial here.
    pasted, _, last = commands.rstrip().rpartition("\n")
    assert last == "update-ca-certificates"
    ran = with_own_mounts(f"mount --bind {tmp_path} {linux.DEBIAN.anchors}\n{pasted}\n")
    assert ran.returncode == 0, ran.stderr
    (anchor,) = tmp_path.iterdir()
    assert openssl("x509", "-in", anchor) == openssl("x509", "-in", shared / "agent_root_ca.cer")


def test_a_system_whose_store_is_not_known_gets_its_files(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    making = command("/root", *FAST, "/csn", "/installToStore", "/out", tmp_path / "out")
    done = with_own_mounts(f"mount --bind {empty} /usr/local/share; {making} || echo exit $?")
    if linux.RED_HAT.anchors.is_dir():
        pytest.skip("The store of Red Hat is known.")
    assert done.stdout.endswith("exit 1\n")
    assert "trust store is not known here" in done.stderr
    assert made(tmp_path / "out") == SIX


def test_an_ordinary_user_cannot_write_into_a_foreign_folder_and_reads_why(
    ordinary_user: tuple[str, ...], shared: Path
) -> None:
    closed = shared / "closed"
    closed.mkdir(mode=0o700)
    if os.geteuid():
        closed.chmod(0)
    for out in (closed, closed / "new"):
        done = certgen(shared, "/root", *FAST, "/out", str(out), program=ordinary_user)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert "Permission denied" in done.stderr
    closed.chmod(0o700)
    assert made(closed) == set()
