"""Passwords of the PFX and of the root file: where they come from and never appear."""

import contextlib
import getpass
import io
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pki.certgen import passwords
from pki.certgen.options import Options
from pki.errors import InvalidInput
from tests.pki.certgen.running import FAST, PROGRAM, certgen, made, openssl


def test_the_first_line_is_for_the_pfx_and_the_second_for_the_root(tmp_path: Path) -> None:
    done = certgen(
        tmp_path, "/root", *FAST, "/sn", "cm1.example.com", "--root-pwd-stdin", "--pwd-stdin",
        stdin="for the pfx\r\nfür die Wurzel\n",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "for the pfx" not in done.stdout + done.stderr
    openssl("pkcs12", "-in", tmp_path / "agent_ssl_cert.pfx", "-noout", "-passin",
            "pass:for the pfx")  # fmt: skip
    key = tmp_path / "agent_root_ca.key"
    assert key.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    openssl("pkey", "-in", key, "-noout", "-passin", "pass:für die Wurzel")
    content = json.loads((tmp_path / "agent_root_ca.json").read_text())
    assert "privateKey" not in content
    assert "encryptedPrivateKey" in content


def test_pwd_protects_the_pfx_and_nothing_else_and_warns(tmp_path: Path) -> None:
    done = certgen(tmp_path, "/root", *FAST, "/sn", "a.example.com", "/pwd", "abc")
    assert done.returncode == 0
    assert "process list; use --pwd-stdin" in done.stderr
    assert "abc" not in done.stdout + done.stderr
    openssl("pkcs12", "-in", tmp_path / "agent_ssl_cert.pfx", "-noout", "-passin", "pass:abc")
    for name in ("agent_root_ca.key", "agent_ssl_cert.key"):
        assert (tmp_path / name).read_text().startswith("-----BEGIN PRIVATE KEY-----")


@pytest.mark.parametrize(
    ("stdin", "option"),
    [("", "--pwd-stdin"), ("\n", "--pwd-stdin"), ("", "--root-pwd-stdin")],
)
def test_a_password_that_does_not_come_is_not_taken_for_none(
    tmp_path: Path, stdin: str, option: str
) -> None:
    done = certgen(tmp_path, "/root", *FAST, "/sn", "a.example.com", option, stdin=stdin)
    assert (done.returncode, "no password came" in done.stderr) == (1, True)
    assert made(tmp_path) == set()


def test_a_second_password_that_is_missing_is_noticed(tmp_path: Path) -> None:
    both = ("--pwd-stdin", "--root-pwd-stdin")
    done = certgen(tmp_path, "/root", *FAST, "/sn", "a.example.com", *both, stdin="only one\n")
    assert (done.returncode, "root-pwd-stdin: no password" in done.stderr) == (1, True)
    assert made(tmp_path) == set()


def piped(monkeypatch: pytest.MonkeyPatch, content: bytes) -> passwords.Passwords:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    return passwords.read(Options(password_from_stdin=True, server_name="a"))


def test_a_byte_order_mark_is_not_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert piped(monkeypatch, b"\xef\xbb\xbf sesame \r\n").pfx == " sesame "


def test_bytes_that_are_no_text_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match="not UTF-8"):
        piped(monkeypatch, b"\xff\xfe\n")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def typed(monkeypatch: pytest.MonkeyPatch, options: Options, *entries: str) -> passwords.Passwords:
    waiting = list(entries)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: waiting.pop(0))
    given = passwords.read(options)
    assert not waiting
    return given


def test_a_new_password_is_typed_twice_and_one_that_exists_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    new = Options(root=True, root_password_from_stdin=True)
    good = "nine wide purple ladders"
    assert typed(monkeypatch, new, good, good).root == good
    with pytest.raises(InvalidInput, match="differ"):
        typed(monkeypatch, new, "one", "other")
    old = Options(root_key=Path("f"), root_password_from_stdin=True)
    assert typed(monkeypatch, old, "one").root == "one"


def test_a_password_from_standard_input_is_never_in_the_process_list(tmp_path: Path) -> None:
    secret = "seen-by-nobody"
    with subprocess.Popen(
        [PROGRAM, "--root", "--rootKeySize", "3072", "--sn", "a.example.com", "--pwd-stdin"],
        cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin
        process.stdin.write(f"{secret}\n")
        process.stdin.close()
        looked = 0
        while process.poll() is None:
            # It may end between the question and the look.
            with contextlib.suppress(ProcessLookupError):
                for name in ("cmdline", "environ"):
                    assert secret not in Path(f"/proc/{process.pid}/{name}").read_text()
            looked += 1
            time.sleep(0.02)
    assert process.returncode == 0
    assert looked
