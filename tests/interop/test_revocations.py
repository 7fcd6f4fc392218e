"""Revocation lists and OCSP of a running product, as openssl, GnuTLS and pkilint see them."""

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from pkilint.bin import lint_crl, lint_ocsp_response

from tests.interop.programs import accepted, attempt, path_of, rejected
from tests.interop.published import Published, published

pytestmark = pytest.mark.interop

GOOD, REVOKED = "good.example.com", "revoked.example.com"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    path_of("openssl")
    path_of("curl")
    with published(tmp_path_factory.mktemp("published")) as running:
        running.issue(GOOD)
        running.revoke(running.issue(REVOKED), "keyCompromise")
        running.publish()
        yield running


def ocsp(site: Published, *arguments: str | Path) -> str:
    return accepted("openssl", "ocsp", "-issuer", site.root, "-CAfile", site.root, *arguments)


def test_openssl_accepts_the_list(site: Published) -> None:
    said = accepted(
        *("openssl", "crl", "-in", site.list_file(), "-CAfile", site.root, "-noout", "-text")
    )
    assert "verify OK" in said
    assert "X509v3 CRL Number" in said
    assert "Key Compromise" in said
    assert said.count("Serial Number:") == 1


def test_openssl_fetches_the_list_the_certificate_names(site: Published) -> None:
    check = ("openssl", "verify", "-crl_check", "-crl_download", "-x509_strict", "-CAfile")
    accepted(*check, site.root, site.pem(f"{GOOD}.pem"))
    assert "certificate revoked" in rejected(*check, site.root, site.pem(f"{REVOKED}.pem"))


def test_openssl_checks_with_a_list_on_disk(site: Published) -> None:
    check = ("openssl", "verify", "-crl_check", "-CAfile", site.root, "-CRLfile", site.list_file())
    accepted(*check, site.pem(f"{GOOD}.pem"))
    assert "certificate revoked" in rejected(*check, site.pem(f"{REVOKED}.pem"))


def test_gnutls_accepts_the_list(site: Published) -> None:
    said = accepted(
        "certtool", "--verify-crl", "--load-ca-certificate", site.root, "--infile", site.list_file()
    )
    assert "Verified" in said


def test_openssl_asks_by_post(site: Published) -> None:
    said = ocsp(site, "-url", f"{site.url}/ocsp/", "-cert", site.pem(f"{GOOD}.pem"))
    assert "Response verify OK" in said
    assert f"{GOOD}.pem: good" in said
    # With a nonce, which comes back.
    assert "WARNING" not in said


def test_openssl_asks_several_at_once(site: Published) -> None:
    certificates = ("-cert", site.pem(f"{GOOD}.pem"), "-cert", site.pem(f"{REVOKED}.pem"))
    said = ocsp(site, "-url", f"{site.url}/ocsp/", *certificates, "-serial", "0x1234")
    assert "Response verify OK" in said
    assert f"{GOOD}.pem: good" in said
    assert f"{REVOKED}.pem: revoked" in said
    assert "Reason: keyCompromise" in said
    assert "0x1234: unknown" in said


@pytest.mark.parametrize("algorithm", ["-sha1", "-sha256", "-sha384", "-sha512"])
def test_an_answer_to_get_is_the_same(site: Published, tmp_path: Path, algorithm: str) -> None:
    """RFC 6960, appendix A.1: the request in the address."""
    request, answer = tmp_path / "request.der", tmp_path / "answer.der"
    certificate = site.pem(f"{REVOKED}.pem")
    asked = (algorithm, "-cert", certificate, "-no_nonce")
    accepted(*("openssl", "ocsp", "-issuer", site.root, *asked, "-reqout", request))
    encoded = quote(base64.b64encode(request.read_bytes()).decode(), safe="")
    accepted("curl", "-sSf", "-o", answer, f"{site.url}/ocsp/{encoded}")
    assert f"{REVOKED}.pem: revoked" in ocsp(site, "-respin", answer, *asked)


def test_gnutls_asks(site: Published) -> None:
    def ask(fqdn: str) -> str:
        return attempt(
            *("ocsptool", f"--ask={site.url}/ocsp/", "--nonce", "--load-issuer", site.root),
            *("--load-cert", site.pem(f"{fqdn}.pem")),
        )[1]

    said = ask(GOOD)
    assert "Certificate Status: good" in said
    assert "Verifying OCSP Response: Success." in said
    assert "Certificate Status: revoked" in ask(REVOKED)


def test_an_answer_of_another_authority_is_not_believed(site: Published, tmp_path: Path) -> None:
    """The judge does look: below a root with the same name and another key nothing verifies."""
    other = tmp_path / "other.pem"
    accepted(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=CM Agent CA"),
        *("-keyout", tmp_path / "other.key", "-out", other),
    )
    _, said = attempt(
        *("openssl", "ocsp", "-issuer", site.root, "-CAfile", other, "-url", f"{site.url}/ocsp/"),
        *("-cert", site.pem(f"{GOOD}.pem")),
    )
    assert "Response Verify Failure" in said


def test_pkilint_finds_nothing_in_the_list(
    site: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(site.list_file())
    found = lint_crl.main(["lint", "-t", "CRL", "-p", "PKIX", "-s", "WARNING", path])
    assert found == 0, capsys.readouterr().out


def test_pkilint_finds_nothing_in_an_answer(
    site: Published, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = tmp_path / "answer.der"
    certificates = ("-cert", site.pem(f"{GOOD}.pem"), "-cert", site.pem(f"{REVOKED}.pem"))
    ocsp(site, "-url", f"{site.url}/ocsp/", *certificates, "-respout", answer)
    found = lint_ocsp_response.main(["lint", "-s", "WARNING", str(answer)])
    assert found == 0, capsys.readouterr().out


def test_a_cache_need_not_fetch_a_list_twice(site: Published, tmp_path: Path) -> None:
    address = site.address_in(GOOD, ".crl")
    tag, copy = tmp_path / "etag", tmp_path / "list.crl"
    accepted("curl", "-sSf", "--etag-save", tag, "-o", copy, address)
    said = accepted(
        *("curl", "-sSf", "--etag-compare", tag, "-o", copy, "-w", "%{http_code}", address)
    )
    assert said == "304"
    date = subprocess.run(
        ["curl", "-sSI", address], capture_output=True, text=True, check=True
    ).stdout
    assert "Last-Modified: " in date
    assert "Content-Length: " in date
