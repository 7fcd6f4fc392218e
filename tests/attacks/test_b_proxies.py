"""A program on the proxy's machine writes the header that a proxy writes."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.http import HttpRequest
from django.test import RequestFactory
from gunicorn.config import Config
from gunicorn.http.wsgi import create
from pytest_django.fixtures import Settings

from certiflow_admin.environment import PROXY_CERTIFICATES
from certiflow_admin.incoming import Incoming
from pki.agent_site.peer_certificate import peer_certificate
from pki.agent_site.proxy_headers import FORMATS
from pki.client_address import client_address
from pki.errors import Forbidden
from tests.pki.actions.made_elsewhere import certificate, new_key

SECRET = "the-proxys-own-secret-of-many-characters"
PROXY = "127.0.0.1"

KEY = new_key()
CERTIFICATE = certificate("ws-1", (), key=KEY, issuer=None, issuer_key=KEY)
DER = CERTIFICATE.public_bytes(Encoding.DER)
PEM = quote(CERTIFICATE.public_bytes(Encoding.PEM).decode())
BASE64 = base64.b64encode(DER).decode()

#: What each kind of proxy writes for a client whose certificate it accepted.
WRITTEN = {
    "nginx": {"X-Client-Certificate": PEM, "X-Client-Verify": "SUCCESS"},
    "rfc9440": {"Client-Cert": f":{BASE64}:"},
    "haproxy": {"X-SSL-Client-Cert": BASE64, "X-SSL-Client-Verify": "0"},
    "envoy": {
        "X-Forwarded-Client-Cert": f'Hash={"ab" * 32};Cert="{PEM}";Subject="CN=a,O=\\"b;c\\""'
    },
    "iis-arr": {"X-ARR-ClientCert": BASE64},
}


@pytest.fixture(autouse=True)
def proxy(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = [PROXY]
    settings.PROXY_SECRET = SECRET
    settings.PROXY_CERTIFICATE = "nginx"


def request(headers: dict[str, str], address: str = PROXY) -> HttpRequest:
    return RequestFactory().get("/agent/v1/tasks", headers=headers, REMOTE_ADDR=address)


def proven(kind: str, **others: str) -> dict[str, str]:
    return {"X-Proxy-Secret": SECRET, **WRITTEN[kind], **others}


def refused(headers: dict[str, str], address: str = PROXY) -> str:
    with pytest.raises(Forbidden) as caught:
        peer_certificate(request(headers, address))
    assert SECRET not in caught.value.message
    return caught.value.code


def test_every_format_has_a_case() -> None:
    assert set(WRITTEN) == set(FORMATS) == set(PROXY_CERTIFICATES)


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_proxy_that_proves_itself_is_believed(settings: Settings, kind: str) -> None:
    settings.PROXY_CERTIFICATE = kind
    assert peer_certificate(request(proven(kind))) == DER


@pytest.mark.parametrize("kind", WRITTEN)
@pytest.mark.parametrize("secret", [{}, {"X-Proxy-Secret": ""}, {"X-Proxy-Secret": "a guess"}])
def test_an_account_on_the_same_machine_is_no_proxy(
    settings: Settings, kind: str, secret: dict[str, str]
) -> None:
    settings.PROXY_CERTIFICATE = kind
    assert refused(WRITTEN[kind] | secret) == "proxy.untrusted"


@pytest.mark.parametrize("kind", WRITTEN)
def test_the_secret_from_another_machine_is_not_enough(settings: Settings, kind: str) -> None:
    settings.PROXY_CERTIFICATE = kind
    assert refused(proven(kind), "192.0.2.9") == "proxy.untrusted"


@pytest.mark.parametrize("kind", WRITTEN)
@pytest.mark.parametrize("secret", ["", "X-Proxy-Secret"])
def test_without_a_configured_secret_no_proxy_is_believed(
    settings: Settings, kind: str, secret: str
) -> None:
    settings.PROXY_CERTIFICATE, settings.PROXY_SECRET = kind, ""
    assert refused(WRITTEN[kind] | ({secret: ""} if secret else {})) == "proxy.untrusted"


@pytest.mark.parametrize("kind", WRITTEN)
@pytest.mark.parametrize("other", WRITTEN)
def test_a_header_of_another_kind_of_proxy_says_nothing(
    settings: Settings, kind: str, other: str
) -> None:
    """The proxy overwrites its own header only: a caller may send the others through it."""
    if kind == other:
        return
    settings.PROXY_CERTIFICATE = kind
    assert peer_certificate(request({"X-Proxy-Secret": SECRET, **WRITTEN[other]})) == b""


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("nginx", {"X-Client-Certificate": PEM}),
        ("nginx", {"X-Client-Certificate": PEM, "X-Client-Verify": "FAILED:expired"}),
        ("nginx", {"X-Client-Certificate": "%ff%00", "X-Client-Verify": "SUCCESS"}),
        ("nginx", {"X-Client-Certificate": f"{PEM},{PEM}x", "X-Client-Verify": "SUCCESS"}),
        ("rfc9440", {"Client-Cert": BASE64}),
        ("rfc9440", {"Client-Cert": f":{BASE64}:, :{BASE64}:"}),
        ("haproxy", {"X-SSL-Client-Cert": BASE64}),
        ("haproxy", {"X-SSL-Client-Cert": BASE64, "X-SSL-Client-Verify": "10"}),
        ("haproxy", {"X-SSL-Client-Cert": BASE64[:-8], "X-SSL-Client-Verify": "0"}),
        ("envoy", {"X-Forwarded-Client-Cert": f'Cert="{PEM}",Cert="{PEM}"'}),
        ("envoy", {"X-Forwarded-Client-Cert": f'Cert="{PEM}";Cert="{PEM}"'}),
        ("envoy", {"X-Forwarded-Client-Cert": 'By=spiffe://a;Subject="CN=ws-1"'}),
        ("iis-arr", {"X-ARR-ClientCert": "é"}),
        ("iis-arr", {"X-ARR-ClientCert": f"{BASE64}{BASE64}"}),
    ],
)
def test_what_a_proxy_did_not_accept_or_write_is_refused(
    settings: Settings, kind: str, written: dict[str, str]
) -> None:
    settings.PROXY_CERTIFICATE = kind
    assert refused({"X-Proxy-Secret": SECRET} | written) == "certificate.not_accepted"


def test_a_proxy_that_shows_a_certificate_of_its_own_lends_it_to_nobody(
    settings: Settings,
) -> None:
    asked = request({"X-Proxy-Secret": SECRET})
    asked.META["gunicorn.socket"] = ShowingSocket()
    assert peer_certificate(asked) == b""


class ShowingSocket:
    def getpeercert(self, _binary: bool) -> bytes:
        return DER


def test_an_account_on_the_same_machine_cannot_name_another_address() -> None:
    """Neither the audit trail nor a limit takes its word for where it comes from."""
    forged = {"X-Forwarded-For": "192.0.2.7"}
    assert client_address(request(forged)) == PROXY
    assert client_address(request(forged | {"X-Proxy-Secret": SECRET})) == "192.0.2.7"


@pytest.mark.parametrize("trusted", ["127.0.0.1", "127.0.0.0/8", "0.0.0.0/0"])
def test_nor_does_it_where_no_secret_is_configured(settings: Settings, trusted: str) -> None:
    """Limits and known addresses go by it; on another machine only the proxy has the address."""
    settings.PROXY_SECRET, settings.TRUSTED_PROXIES = "", [trusted]
    assert client_address(request({"X-Forwarded-For": "192.0.2.7"})) == PROXY
    settings.TRUSTED_PROXIES = ["198.51.100.1", trusted]
    written = {"X-Forwarded-For": "203.0.113.7, 127.0.0.1"}
    assert client_address(request(written, "198.51.100.1")) != "203.0.113.7"
    settings.TRUSTED_PROXIES = ["198.51.100.1"]
    assert client_address(request({"X-Forwarded-For": "203.0.113.7"}, "198.51.100.1")) == (
        "203.0.113.7"
    )


@pytest.mark.parametrize("site", ["gunicorn_conf", "agent_gunicorn_conf", "public_gunicorn_conf"])
@pytest.mark.parametrize("header", ["SCRIPT_NAME", "PATH_INFO", "SCRIPT-NAME"])
def test_no_client_of_a_proxy_chooses_how_the_address_is_divided(
    site: str, header: str, tmp_path: Path
) -> None:
    """Proxies pass on what they do not know, and no proxy needs to say this to us."""
    chosen = ["forwarder_headers", "header_map"]
    written = f"import json, certiflow_admin.{site} as conf; " + (
        f"print(json.dumps({{n: getattr(conf, n) for n in {chosen} if hasattr(conf, n)}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", written],
        env={**os.environ, "CERTIFLOW_DATA_DIR": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    config = Config()
    for name, value in json.loads(done.stdout).items():
        config.set(name, value)
    config.set("forwarded_allow_ips", PROXY)
    incoming = Incoming(config, (PROXY, 1), 1000)
    incoming.received += f"GET /a/b HTTP/1.1\r\nHost: a\r\n{header}: /a\r\n\r\n".encode()
    assert incoming.is_complete()
    sent = incoming.take()
    environ = create(sent, ShowingSocket(), (PROXY, 1), (PROXY, 2), config)[1]
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("", "/a/b")
