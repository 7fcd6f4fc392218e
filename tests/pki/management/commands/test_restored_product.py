"""The running product on another machine, from a backup that was made while it worked."""

import http.cookiejar
import re
import ssl
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from tests.pki.agent_site.conftest import AgentSite, Client
from tests.pki.management.conftest import PASSWORD, SETUP, empty_database
from tests.running_product import RunningProduct

BACKUP_PASSWORD = "what opens the backup\n"


def product(directory: Path) -> Iterator[RunningProduct]:
    directory.mkdir()
    with empty_database() as environment:
        made = RunningProduct(directory, CERTIFLOW_HOST="localhost", **environment)
        yield made
        if made.process is not None and made.process.poll() is None:
            made.stop()


@pytest.fixture
def first(tmp_path: Path) -> Iterator[RunningProduct]:
    yield from product(tmp_path / "first")


@pytest.fixture
def second(tmp_path: Path) -> Iterator[RunningProduct]:
    yield from product(tmp_path / "second")


def done(product: RunningProduct, *arguments: str, stdin: str = "") -> str:
    finished = product.command(*arguments, stdin=stdin)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def signs_in(product: RunningProduct) -> bool:
    trusting = urllib.request.HTTPSHandler(context=ssl._create_unverified_context())
    cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(trusting, cookies)
    address = f"https://localhost:{product.port}/accounts/login/"
    token = re.search(
        r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.open(address).read().decode()
    )
    assert token
    form = {"csrfmiddlewaretoken": token[1], "login": "alice", "password": PASSWORD}
    request = urllib.request.Request(
        address, urllib.parse.urlencode(form).encode(), {"Referer": address}
    )
    answer = browser.open(request)
    return urllib.parse.urlsplit(answer.url).path == "/" and "alice" in answer.read().decode()


def list_of(site: AgentSite) -> x509.CertificateRevocationList:
    path = site.do("print(f'/pki/{Authority.objects.get().pk}.crl')")
    return x509.load_der_x509_crl(Client(site, "anyone").call("GET", path).content)


def number(revocations: x509.CertificateRevocationList) -> int:
    return revocations.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


@pytest.mark.timeout(300)
def test_agents_people_and_lists_go_on(
    first: RunningProduct, second: RunningProduct, tmp_path: Path
) -> None:
    done(first, *SETUP, stdin=f"{PASSWORD}\n")
    first.start()
    site = AgentSite(first, tmp_path)
    client, gone = Client(site, "pc-1"), Client(site, "pc-2")
    for joining in (client, gone):
        assert joining.register(site.token(automatic=True)).status == 200
        assert joining.hello().document["state"] == "trusted"
    site.revoke("pc-2")
    assert len(list_of(site)) == 1
    file = str(tmp_path / "certiflow.backup")
    done(first, "backup", file, "--password-stdin", stdin=BACKUP_PASSWORD)
    # After the backup, and therefore lost; but whoever fetched the list has seen its number.
    site.revoke("pc-1")
    newest = list_of(site)
    assert len(newest) == 2
    first.stop()

    done(second, "restore", file, "--password-stdin", stdin=BACKUP_PASSWORD)
    second.start()
    restored = AgentSite(second, tmp_path)
    for joining in (client, gone):
        joining.site = restored
        joining.reconnect()
    assert client.hello().document["state"] == "trusted"
    body = {"csr": client.csr().decode()}
    assert client.call("POST", "/agent/v1/renew", body).status == 200
    assert gone.hello().code == "workstation.revoked"
    assert signs_in(second)
    again = list_of(restored)
    assert number(again) > number(newest)
    assert len(again) == 1
    restored.revoke("pc-1")
    assert client.hello().code == "workstation.revoked"
    assert number(list_of(restored)) > number(again)
