"""`certiflow up`, as a user meets it: what it prints, what it serves, how it ends."""

import signal
import socket
import ssl
import stat
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from tests.running_product import HOST, SETUP_CODE, RunningProduct


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProduct]:
    running = RunningProduct(tmp_path_factory.mktemp("product")).start()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.stop()


def certificate(product: RunningProduct) -> x509.Certificate:
    pem = ssl.get_server_certificate(("127.0.0.1", product.port))
    return x509.load_pem_x509_certificate(pem.encode())


def test_it_prints_where_it_is_and_the_code_once(product: RunningProduct) -> None:
    printed = product.log.read_text()
    assert f"{product.url}/setup/" in printed
    assert f"https://localhost:{product.port}/" in printed
    assert len(SETUP_CODE.findall(printed)) == 1


def test_it_prints_the_fingerprint_of_what_it_answers_with(product: RunningProduct) -> None:
    digest = certificate(product).fingerprint(hashes.SHA256()).hex(":").upper()
    assert digest in product.log.read_text()


def test_everything_it_made_is_its_owners_only(product: RunningProduct) -> None:
    directory = product.directory / "var"
    # What everybody may fetch stands in static/, behind the same closed door.
    made = [directory, *(p for p in directory.rglob("*") if "static" not in p.parts)]
    assert {path.name for path in made} >= {"certiflow.sqlite3", "master_keys", "secret_key"}
    assert [path for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_it_does_not_say_what_serves_it(product: RunningProduct) -> None:
    trusting = ssl._create_unverified_context()
    address = f"https://127.0.0.1:{product.port}/healthz"
    with urllib.request.urlopen(address, context=trusting) as answer:
        assert answer.read() == b"ok\n"
        assert "gunicorn" not in str(answer.headers).lower()


def test_a_forwarded_scheme_from_a_stranger_is_not_believed(product: RunningProduct) -> None:
    trusting = ssl._create_unverified_context()
    request = urllib.request.Request(
        f"https://127.0.0.1:{product.port}/setup/administrator/",
        headers={"X-Forwarded-Proto": "http", "X-Forwarded-Ssl": "off"},
    )
    with urllib.request.urlopen(request, context=trusting) as answer:
        assert answer.status == 200


def test_a_second_one_is_told_that_the_port_is_taken(product: RunningProduct) -> None:
    second = product.command("up")
    assert second.returncode == 1
    assert "CERTIFLOW_DASHBOARD_BIND" in second.stderr
    assert "another program listens" in second.stderr
    assert second.stderr.count("\n") == 1
    assert not SETUP_CODE.search(second.stdout)


def test_clients_that_fail_leave_the_log_as_it_was(product: RunningProduct) -> None:
    before = product.log.read_text()
    for sent in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b"\x00", b""):
        with socket.create_connection(("127.0.0.1", product.port)) as client:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            while client_receives(client):
                pass
    assert product.log.read_text() == before


def client_receives(client: socket.socket) -> bytes:
    try:
        return client.recv(4096)
    except ConnectionResetError:
        return b""


def test_this_hosts_certificate_is_taken_without_a_restart(product: RunningProduct) -> None:
    issued = product.command(
        "setup", "--admin", "anna", "--password-stdin", "--root-key-size", "2048",
        "--server", HOST, stdin="correct horse battery\n",
    )  # fmt: skip
    assert issued.returncode == 0, issued.stderr
    while "CM Agent CA" not in certificate(product).issuer.rfc4514_string():
        pass  # A second at most, and the test's own time limit.


def test_ctrl_c_stops_it_and_a_new_start_asks_for_no_code(product: RunningProduct) -> None:
    """Nothing is left to set up, so there is nothing a code could be for."""
    assert product.stop() == 0
    product.log.write_text("")
    product.start()
    assert not SETUP_CODE.search(product.log.read_text())
    assert "/setup/" not in product.log.read_text()
    assert product.process is not None
    product.process.send_signal(signal.SIGTERM)
    assert product.process.wait(timeout=30) == 0


def test_reservations_of_a_crash_are_closed_and_told(tmp_path: Path) -> None:
    product = RunningProduct(tmp_path)
    made = product.command("migrate")
    assert made.returncode == 0, made.stderr
    left = product.command(
        "shell",
        "-c",
        "from pki.models import Certificate as C; from django.utils import timezone as t;"
        "C.objects.create(serial_number='1f', not_before=t.now(), not_after=t.now())",
    )
    assert left.returncode == 0, left.stderr
    product.start()
    assert "1 certificate that was being issued" in product.log.read_text()
    assert product.stop() == 0


@pytest.mark.parametrize(
    ("bind", "reason"),
    [
        ("192.0.2.1:8443", "this machine does not have that address"),
        ("no-such-host.invalid:8443", "CERTIFLOW_DASHBOARD_BIND"),
    ],
)
def test_where_nothing_can_listen_nothing_is_started(
    tmp_path: Path, bind: str, reason: str
) -> None:
    refused = RunningProduct(tmp_path, CERTIFLOW_DASHBOARD_BIND=bind).command("up")
    assert refused.returncode == 1
    assert reason in refused.stderr
    assert not (tmp_path / "var" / "certiflow.sqlite3").exists()
