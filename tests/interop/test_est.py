"""EST by curl and openssl, step by step from the text of RFC 7030."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.est import Est
from tests.interop.programs import accepted, path_of
from tests.interop.published import Published, published

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    path_of("openssl")
    path_of("curl")
    with published(tmp_path_factory.mktemp("est")) as running:
        running.issue("good.example.com")
        yield running


@pytest.fixture
def est(site: Published, tmp_path: Path) -> Est:
    return Est(tmp_path, site.agent_port, site.root)


def test_cacerts_gives_the_root_to_who_knows_nothing(est: Est, site: Published) -> None:
    """Section 4.1.1: fetched without trust, compared by its fingerprint."""
    accepted(
        *("curl", "-sSk", "-D", "headers.txt", "-o", "answer.b64", est.url("cacerts")),
        cwd=est.directory,
    )
    est.unpack("fetched.pem")
    prints = [
        accepted("openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", path)
        for path in (est.directory / "fetched.pem", site.root)
    ]
    assert prints[0] == prints[1]
    assert "content-type: application/pkcs7-mime" in est.headers()
    assert "content-transfer-encoding: base64" in est.headers()


def test_csrattrs_wants_nothing(est: Est) -> None:
    said = accepted("curl", "-sS", "--cacert", est.root, "-w", "%{http_code}", est.url("csrattrs"))
    assert said == "204"


def test_enrolling_with_a_token_gives_a_certificate(est: Est, site: Published) -> None:
    est.join("pc-est-1", site.token("--automatic"))
    assert "application/pkcs7-mime; smime-type=certs-only" in est.headers()
    accepted(
        *("openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", est.root),
        est.directory / "cert.pem",
    )
    subject = accepted("openssl", "x509", "-noout", "-subject", "-in", est.directory / "cert.pem")
    assert "pc-est-1" in subject


def test_asking_again_with_the_same_key_gives_the_same_certificate(
    est: Est, site: Published
) -> None:
    token = site.token("--automatic")
    est.join("pc-est-2", token)
    first = (est.directory / "cert.pem").read_bytes()
    assert est.enroll("simpleenroll", "-u", f"estuser:{token}") == "200"
    est.unpack("again.pem")
    assert (est.directory / "again.pem").read_bytes() == first


def test_reenrolling_with_a_new_key_over_mutual_tls(est: Est, site: Published) -> None:
    est.join("pc-est-3", site.token("--automatic"))
    est.request("pc-est-3", key="new-key.pem")
    assert est.enroll("simplereenroll", *est.shown()) == "200"
    est.unpack("new-cert.pem")
    keys = [
        accepted("openssl", *command, cwd=est.directory)
        for command in (
            ("x509", "-in", "new-cert.pem", "-noout", "-pubkey"),
            ("pkey", "-in", "new-key.pem", "-pubout"),
        )
    ]
    assert keys[0] == keys[1]
    accepted("openssl", "verify", "-CAfile", est.root, est.directory / "new-cert.pem")


def test_reenrolling_without_a_certificate_is_refused(est: Est) -> None:
    est.request("pc-est-4")
    assert est.enroll("simplereenroll") == "401"


def test_enrolling_without_a_token_is_refused_where_registration_is_not_open(est: Est) -> None:
    est.request("pc-est-5")
    assert est.enroll("simpleenroll") == "401"
    assert "www-authenticate: basic" in est.headers()


def test_while_nobody_has_decided_it_is_202_and_then_200(est: Est, site: Published) -> None:
    """Section 4.2.3: the client waits as long as Retry-After says and asks the same."""
    token = site.token("--uses", "1")
    est.request("pc-est-6")
    assert est.enroll("simpleenroll", "-u", f"estuser:{token}") == "202"
    assert "retry-after: " in est.headers()
    assert site.product.command("approve", "pc-est-6").returncode == 0
    assert est.enroll("simpleenroll", "-u", f"estuser:{token}") == "200"
    est.unpack()
    accepted("openssl", "verify", "-CAfile", est.root, est.directory / "cert.pem")


def test_a_denied_machine_is_told_so(est: Est, site: Published) -> None:
    token = site.token()
    est.request("pc-est-7")
    assert est.enroll("simpleenroll", "-u", f"estuser:{token}") == "202"
    assert site.product.command("deny", "pc-est-7").returncode == 0
    assert est.enroll("simpleenroll", "-u", f"estuser:{token}") == "403"
