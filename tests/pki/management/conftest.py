"""An installation of its own, used from a shell as an operator uses it."""

import json
import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.running_product import HOST, RunningProduct

PASSWORD = "correct horse battery"
SETUP = ("setup", "--admin", "alice", "--password-stdin", "--root-key-size", "2048")


class Shell:
    """`certiflow` in one installation; nothing else runs there."""

    def __init__(self, directory: Path, **environment: str) -> None:
        self.directory = directory
        self.product = RunningProduct(directory, **environment)

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return self.product.command(*arguments, stdin=stdin)

    def done(self, *arguments: str, stdin: str = "") -> str:
        """What it prints when it succeeds, which it does without a word on stderr."""
        finished = self.run(*arguments, stdin=stdin)
        assert (finished.returncode, finished.stderr) == (0, ""), finished
        return finished.stdout

    def document(self, *arguments: str, stdin: str = "") -> Any:
        return json.loads(self.done(*arguments, "--json", stdin=stdin))

    def refused(self, *arguments: str, stdin: str = "") -> str:
        """The sentence on stderr of a command that ends with 1 and prints nothing else."""
        finished = self.run(*arguments, stdin=stdin)
        assert (finished.returncode, finished.stdout) == (1, ""), finished
        sentence = finished.stderr.strip()
        assert sentence.endswith("."), sentence
        assert "\n" not in sentence, sentence
        return sentence

    def set_up(self, *arguments: str) -> "Shell":
        self.done(*SETUP, *arguments, stdin=f"{PASSWORD}\n")
        return self


@contextmanager
def empty_database() -> Iterator[dict[str, str]]:
    """The environment of an installation whose database is new, on whichever one is tested."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield {}
        return
    import psycopg

    name = f"commands_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield {"DATABASE_URL": urlsplit(url)._replace(path=f"/{name}").geturl()}
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def new_shell(tmp_path: Path) -> Iterator[Shell]:
    """Nothing is set up yet."""
    with empty_database() as environment:
        yield Shell(tmp_path, **environment)


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Set up once; every test takes a server of its own."""
    with empty_database() as environment:
        yield Shell(tmp_path_factory.mktemp("shell"), **environment).set_up()


@pytest.fixture
def openssl(tmp_path: Path) -> Callable[..., str]:
    """The output of the OpenSSL program, which has to succeed; it judges what we write."""

    def run(*arguments: str | Path, stdin: str = "") -> str:
        finished = subprocess.run(
            ["openssl", *arguments], input=stdin, capture_output=True, text=True, check=False
        )
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    return run


@pytest.fixture
def trusting_only(openssl: Callable[..., str]) -> Callable[..., str]:
    """What OpenSSL says of the certificate in a directory when it trusts only the root there."""

    def verify(directory: Path, *options: str) -> str:
        # Its list of trusted certificates has to be PEM.
        root = directory / "trusted.pem"
        openssl("x509", "-in", directory / "agent_root_ca.cer", "-out", root)
        said = openssl(
            "verify", "-x509_strict", *options, "-CAfile", root, directory / "agent_ssl_cert.cer"
        )
        root.unlink()
        return said.strip()

    return verify


@pytest.fixture
def request_for(tmp_path: Path, openssl: Callable[..., str]) -> Callable[[str], Path]:
    """A certificate request as it is made on a server."""

    def make(fqdn: str) -> Path:
        path = tmp_path / "request.csr"
        openssl(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={fqdn}", "-addext", f"subjectAltName=DNS:{fqdn}",
            "-keyout", tmp_path / "request.key", "-out", path,
        )  # fmt: skip
        return path

    return make


__all__ = ["HOST", "PASSWORD", "SETUP", "Shell"]
