"""The public site answers strangers without anything that opens the root's key."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from django.test import Client

from pki.actions.actor import SYSTEM
from pki.actions.authorities import create_authority
from pki.actions.certificate_row import parsed
from pki.actions.ocsp_responder import renew_responder
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.models import Authority, Certificate, PrivateKey
from pki.publication import ocsp_answers
from pki.x509.keys import KeySpec
from tests.interop.published import Published
from tests.running_product import RunningProduct, free_port

P256 = KeySpec.parse("ec-p256")
ASKS = {"content_type": "application/ocsp-request"}


@pytest.fixture
def issued(db: None) -> Certificate:
    ocsp_answers.answers.cache_clear()
    create_authority(actor=SYSTEM, key_spec=P256)
    server = add_server("cm1.example.com", actor=SYSTEM)
    return issue_for_server(server, actor=SYSTEM, key_spec=P256)


def ask(client: Client, issued: Certificate) -> ocsp.OCSPResponse:
    issuer = parsed(Authority.objects.get().certificate)
    built = ocsp.OCSPRequestBuilder().add_certificate(parsed(issued), issuer, hashes.SHA1())
    der = built.build().public_bytes(Encoding.DER)
    return ocsp.load_der_ocsp_response(client.post("/ocsp/", der, **ASKS).content)


def test_a_strangers_question_makes_no_responder(client: Client, issued: Certificate) -> None:
    before = PrivateKey.objects.count()
    assert ask(client, issued).response_status is ocsp.OCSPResponseStatus.TRY_LATER
    assert PrivateKey.objects.count() == before


def test_a_strangers_question_needs_no_key_of_the_root(client: Client, issued: Certificate) -> None:
    root = Authority.objects.get()
    renew_responder(root.pk)
    PrivateKey.objects.filter(pk=root.private_key_id).update(sealed=b"cannot be opened")
    assert ask(client, issued).certificate_status is ocsp.OCSPCertStatus.GOOD


@contextlib.contextmanager
def public_site(directory: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """As somebody runs it apart from the rest, with no master key anywhere near."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CERTIFLOW_")},
        "CERTIFLOW_DATA_DIR": str(directory),
        "CERTIFLOW_HOST": "localhost",
        "CERTIFLOW_PUBLIC_BIND": f"127.0.0.1:{port}",
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    environment.pop("CACHE_URL", None)
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "--workers=1"),
                *("--config=python:certiflow_admin.public_gunicorn_conf",),
                *("certiflow_admin.public_wsgi:application",),
            ],
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", process, directory / "log")
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text())


def openssl(site: Published, port: int, *names: str) -> str:
    asked = [part for name in names for part in ("-cert", str(site.pem(f"{name}.pem")))]
    done = subprocess.run(
        [
            *("openssl", "ocsp", "-issuer", str(site.root), "-CAfile", str(site.root)),
            *("-url", f"http://127.0.0.1:{port}/ocsp/", *asked),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.started
def test_the_public_site_answers_without_the_key_ring(tmp_path: Path) -> None:
    product = RunningProduct(tmp_path, CERTIFLOW_HOST="localhost")
    done = product.command(
        *("setup", "--admin", "root", "--password-stdin", "--root-key-size", "2048"),
        stdin="correct horse battery\n",
    )
    assert done.returncode == 0, done.stderr
    site = Published(product, tmp_path, "")
    site.issue("good.example.com")
    site.revoke(site.issue("bad.example.com"), "keyCompromise")
    apart, port = tmp_path / "apart", free_port()
    apart.mkdir(mode=0o700)

    def copy() -> None:
        """What the public site is given: the database and the keys of responders."""
        for name in ("certiflow.sqlite3", "responder_keys"):
            shutil.copy(tmp_path / "var" / name, apart / name)

    copy()
    with public_site(apart, port):
        assert "trylater" in openssl(site, port, "good.example.com")
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(list_address(site, port), timeout=10)
    site.publish()
    copy()
    with public_site(apart, port):
        said = openssl(site, port, "good.example.com", "bad.example.com")
        assert "Response verify OK" in said, said
        assert "good.example.com.pem: good" in said
        assert "bad.example.com.pem: revoked" in said
        with urllib.request.urlopen(list_address(site, port), timeout=10) as answer:
            assert len(x509.load_der_x509_crl(answer.read())) == 1
    assert not (apart / "master_keys").exists()
    assert not (apart / "secret_key").exists()


def list_address(site: Published, port: int) -> str:
    done = site.product.command(
        "shell", "--no-imports", "-c",
        "from pki.models import Authority; print(Authority.objects.get().pk)",
    )  # fmt: skip
    return f"http://127.0.0.1:{port}/pki/{done.stdout.strip()}.crl"


@pytest.mark.started
def test_its_process_is_not_given_the_master_keys(tmp_path: Path) -> None:
    port = free_port()
    key = "dGVzdHMgdXNlIHRoaXMga2V5LCBub2JvZHkgZWxzZSE="
    product = RunningProduct(
        tmp_path, CERTIFLOW_MASTER_KEYS=key, CERTIFLOW_PUBLIC_BIND=f"127.0.0.1:{port}"
    ).start()
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", product.process, product.log)  # type: ignore[arg-type]
        found = environments(b"public_wsgi", f"CERTIFLOW_PUBLIC_BIND=127.0.0.1:{port}".encode())
        assert found
        assert not [each for each in found if key.encode() in each]
        assert not [each for each in found if b"SECRET_KEY=" in each]
    finally:
        product.stop()


def environments(argument: bytes, variable: bytes) -> list[bytes]:
    """Of the processes with both, as whoever takes one over finds it."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if argument in (entry / "cmdline").read_bytes():
                content = (entry / "environ").read_bytes()
                found += [content] if variable in content.split(b"\0") else []
    return found
