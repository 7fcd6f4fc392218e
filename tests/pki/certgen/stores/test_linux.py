"""The trust stores of Linux: the real commands, on directories that vanish afterwards."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pki.certgen.stores import linux
from pki.certgen.stores.linux import TrustStore
from pki.errors import Unavailable
from pki.x509 import issuing, keys
from pki.x509.keys import KeySpec
from tests.pki.certgen.running import FAST, SIX, Done, command, made, openssl, with_own_mounts

DEBIAN = linux.DEBIAN.anchors
needs_debian = pytest.mark.skipif(
    not shutil.which("update-ca-certificates", path="/usr/sbin:/usr/bin") or not DEBIAN.is_dir(),
    reason="Only Debian and its relatives have update-ca-certificates.",
)


def on_a_debian(directory: Path, *script: str, stdin: str = "") -> Done:
    """Run in ``directory/work`` with a trust store that is empty and nobody else's."""
    for name in ("anchors", "certs", "work"):
        (directory / name).mkdir(exist_ok=True)
    mounts = (
        f"mount --bind {directory}/anchors {DEBIAN}",
        f"mount --bind {directory}/certs /etc/ssl/certs",
        f"cd {directory}/work",
    )
    return with_own_mounts("\n".join((*mounts, *script)), stdin=stdin)


@needs_debian
def test_the_seed_sentence_makes_six_files_and_a_root_that_debian_trusts(tmp_path: Path) -> None:
    done = on_a_debian(
        tmp_path,
        command("/root", *FAST, "/csn", "/installToStore"),
        "openssl verify -x509_strict -CApath /etc/ssl/certs agent_ssl_cert.cer",
    )
    assert done.returncode == 0, done.stderr
    assert made(tmp_path / "work") == SIX
    assert "> update-ca-certificates\n" in done.stdout
    assert "> install -m 644 /dev/stdin /usr/local/share/ca-certificates/certiflow-" in done.stdout
    assert "agent_ssl_cert.cer: OK" in done.stdout
    (anchor,) = (tmp_path / "anchors").iterdir()
    assert anchor.stat().st_mode & 0o777 == 0o644
    assert openssl("x509", "-in", anchor) == openssl(
        "x509", "-in", tmp_path / "work/agent_root_ca.cer"
    )


@needs_debian
def test_a_second_root_does_not_take_away_the_trust_in_the_first(tmp_path: Path) -> None:
    done = on_a_debian(
        tmp_path,
        *(command("/root", *FAST, "/csn", "/installToStore", "/out", out) for out in "ab"),
        *(f"openssl verify -CApath /etc/ssl/certs {out}/agent_ssl_cert.cer" for out in "ab"),
    )
    assert done.returncode == 0, done.stderr
    assert "a/agent_ssl_cert.cer: OK\nb/agent_ssl_cert.cer: OK\n" in done.stdout


@needs_debian
def test_the_root_of_a_root_file_is_put_into_the_store_too(
    tmp_path: Path, elliptic_root: Path
) -> None:
    arguments = ("/rootKey", elliptic_root, "/ssl", "/sn", "a.example.com", "/installToStore")
    done = on_a_debian(
        tmp_path,
        *(command(*arguments), command(*arguments, "--force")),
        "openssl verify -CApath /etc/ssl/certs agent_ssl_cert.cer",
    )
    assert done.returncode == 0, done.stderr
    assert len(made(tmp_path / "anchors")) == 1


@needs_debian
def test_the_store_commands_get_no_password_in_arguments_or_environment(tmp_path: Path) -> None:
    spy = tmp_path / "bin/update-ca-certificates"
    spy.parent.mkdir()
    spy.write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\ncat /proc/[0-9]*/cmdline >> {tmp_path}/seen")
    spy.chmod(0o755)
    done = on_a_debian(
        tmp_path,
        f"export PATH={spy.parent}:$PATH",
        command("/root", *FAST, "/csn", "/installToStore", "--pwd-stdin", "--root-pwd-stdin"),
        stdin="seen-by-nobody\nnor-this-one\n",
    )
    assert done.returncode == 0, done.stderr
    seen = (tmp_path / "seen").read_text(errors="replace")
    assert "certiflow-certgen" in seen
    assert "seen-by-nobody" not in seen
    assert "nor-this-one" not in seen


@needs_debian
def test_a_command_that_fails_is_told_and_the_files_stay(tmp_path: Path) -> None:
    broken = tmp_path / "bin/update-ca-certificates"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho the store >&2; echo is locked. >&2\nexit 3")
    broken.chmod(0o755)
    making = command("/root", *FAST, "/sn", "a.example.com", "/installToStore")
    done = on_a_debian(tmp_path, f"export PATH={broken.parent}:$PATH", f"{making} || echo exit $?")
    assert done.stdout.endswith("exit 1\n")
    assert done.stderr == (
        "certgen: update-ca-certificates failed: the store is locked. The files are made; the "
        "store may lack them.\n"
    )
    assert made(tmp_path / "work") == SIX


def test_red_hat_and_debian_are_told_apart_by_their_directories(tmp_path: Path) -> None:
    root = issuing.root(
        "CM Agent CA", keys.generate(KeySpec.parse("ec-p256")), now=datetime.now(UTC)
    )
    stores = tuple(
        TrustStore(tmp_path / store.anchors.relative_to("/"), store.update)
        for store in (linux.RED_HAT, linux.DEBIAN)
    )
    with pytest.raises(Unavailable, match="The files are made"):
        linux.steps(root, stores)
    for store in reversed(stores):
        store.anchors.mkdir(parents=True)
        copy, update = linux.steps(root, stores)
        assert update.command == store.update
        assert copy.command[-1].startswith(f"{store.anchors}/certiflow-")
        assert copy.stdin.startswith(b"-----BEGIN CERTIFICATE-----")
