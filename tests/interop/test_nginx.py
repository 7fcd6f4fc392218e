"""nginx with our certificates, our revocation list and our OCSP."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.est import Est
from tests.interop.nginx import nginx
from tests.interop.programs import accepted, attempt, path_of
from tests.interop.published import Published, published
from tests.running_product import free_port

pytestmark = pytest.mark.interop

FQDN = "good.example.com"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    for program in ("nginx", "openssl", "curl"):
        path_of(program)
    directory = tmp_path_factory.mktemp("nginx")
    with published(directory) as running:
        running.issue(FQDN, "--san", "localhost", "--shared")
        running.publish()
        yield running


@pytest.fixture
def est(site: Published, tmp_path: Path) -> Est:
    return Est(tmp_path, site.agent_port, site.root)


def test_nginx_staples_our_answer(site: Published, tmp_path: Path) -> None:
    port = free_port()
    stapling = f"""
        ssl_certificate {site.pem(f"{FQDN}.pem")};
        ssl_certificate_key {site.pem(f"{FQDN}.key")};
        ssl_stapling on;
        ssl_stapling_verify on;
        ssl_trusted_certificate {site.root};
        return 200 "stapled";
    """
    ask = ("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", FQDN, "-status")
    with nginx(tmp_path, port, stapling):
        # nginx asks us when the first client comes, and staples for those after it.
        deadline = time.monotonic() + 30
        said = ""
        while "OCSP Response Status: successful" not in said and time.monotonic() < deadline:
            _, said = attempt(*ask, "-CAfile", str(site.root), given=b"Q\n")
            time.sleep(0.2)
    assert "OCSP Response Status: successful" in said, (tmp_path / "error.log").read_text()
    assert "Cert Status: good" in said
    assert "Verify return code: 0 (ok)" in said


def test_nginx_refuses_who_stands_on_our_list(site: Published, est: Est, tmp_path: Path) -> None:
    est.join("pc-nginx-1", site.token("--automatic"))
    call = ("curl", "-sSk", *est.shown())

    def answer() -> str:
        port = free_port()
        server = f"""
        ssl_certificate {site.pem(f"{FQDN}.pem")};
        ssl_certificate_key {site.pem(f"{FQDN}.key")};
        ssl_client_certificate {site.root};
        ssl_verify_client on;
        ssl_crl {site.list_file()};
        return 200 "welcome";
        """
        with nginx(tmp_path, port, server):
            return accepted(*call, f"https://127.0.0.1:{port}/", cwd=est.directory)

    assert answer() == "welcome"
    serial = accepted(
        "openssl", "x509", "-noout", "-serial", "-in", est.directory / "cert.pem"
    ).strip()
    site.revoke(serial.removeprefix("serial=").lower(), "cessationOfOperation")
    site.publish()
    assert "The SSL certificate error" in answer()
