"""Between two roots every client is served: who knows the old one, the new one, or both."""

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from pkilint.bin import lint_pkix_cert, lint_pkix_signer_signee_cert_chain

from pki.x509 import bundles, issuing, keys
from pki.x509.issuing import CertificateRequest
from pki.x509.profiles import SERVER, WORKSTATION, Profile
from tests.interop import cases
from tests.interop.cases import ADDRESSES, FQDN
from tests.interop.programs import accepted, rejected
from tests.interop.tls_server import serving

pytestmark = pytest.mark.interop

STRICT = ("-x509_strict", "-check_ss_sig", "-policy_check", "-auth_level", "2")
#: The old root's key and the new one's.
PAIRS = [("rsa-2048", "rsa-2048"), ("rsa-2048", "ec-p256"), ("ec-p256", "ec-p384")]


@dataclass(frozen=True)
class Two:
    """Two roots, each signed by the other as well."""

    old: x509.Certificate
    new: x509.Certificate
    old_key: keys.PrivateKey
    new_key: keys.PrivateKey
    new_with_old: x509.Certificate
    old_with_new: x509.Certificate

    def leaf(self, profile: Profile, *, under_new: bool) -> tuple[x509.Certificate, bytes]:
        """A certificate and its key in PEM."""
        key = cases.key(profile.name, "ec-p256")
        server = profile is SERVER
        request = CertificateRequest(
            profile, FQDN if server else "pc-1", key.public_key(), (FQDN,) if server else ()
        )
        issuer, signs = (self.new, self.new_key) if under_new else (self.old, self.old_key)
        prepared = issuing.prepare(request, issuer, now=datetime.now(UTC), addresses=ADDRESSES)
        return issuing.issue(prepared, signs), keys.to_pem(key)


@cache
def two(old: str, new: str) -> Two:
    now = datetime.now(UTC)
    first = cases.root(old)
    new_key = cases.key("successor", new)
    second = issuing.root("CM Agent CA G2", new_key, now=now)

    def cross(
        own: x509.Certificate, issuer: x509.Certificate, key: keys.PrivateKey
    ) -> x509.Certificate:
        request = issuing.cross_request(own)
        return issuing.issue(issuing.prepare(request, issuer, now=now, addresses=ADDRESSES), key)

    return Two(
        first.certificate,
        second,
        first.key,
        new_key,
        new_with_old=cross(second, first.certificate, first.key),
        old_with_new=cross(first.certificate, second, new_key),
    )


def write(folder: Path, **files: bytes | x509.Certificate | list[x509.Certificate]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        if isinstance(content, x509.Certificate):
            content = bundles.pem(content)
        elif isinstance(content, list):
            content = bundles.chain_pem(content)
        (folder / f"{name}.pem").write_bytes(content)
    return folder


def verify(*trusted: str) -> tuple[str, ...]:
    anchors = [word for name in trusted for word in ("-trusted", f"{name}.pem")]
    return ("verify", *STRICT, "-no-CApath", "-no-CAstore", *anchors)


@pytest.mark.parametrize("pair", PAIRS, ids=str)
@pytest.mark.parametrize("profile", [SERVER, WORKSTATION], ids=lambda profile: profile.name)
@pytest.mark.parametrize("under_new", [True, False])
def test_openssl_accepts_with_either_root_and_with_both(
    pair: tuple[str, str], profile: Profile, under_new: bool, tmp_path: Path
) -> None:
    roots = two(*pair)
    certificate, _ = roots.leaf(profile, under_new=under_new)
    between = roots.new_with_old if under_new else roots.old_with_new
    known, other = ("new", "old") if under_new else ("old", "new")
    folder = write(
        tmp_path / "it",
        cert=certificate,
        old=roots.old,
        new=roots.new,
        chain=[certificate, between, roots.old if under_new else roots.new],
    )
    for trusted in ((known,), (other,), ("old", "new"), ("new", "old")):
        accepted("openssl", *verify(*trusted), "-untrusted", "chain.pem", "cert.pem", cwd=folder)
    # Without the cross-certificate the other root says nothing of it.
    accepted("openssl", *verify(known), "cert.pem", cwd=folder)
    rejected("openssl", *verify(other), "cert.pem", cwd=folder)


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_gnutls_accepts_the_chain_with_either_root(pair: tuple[str, str], tmp_path: Path) -> None:
    roots = two(*pair)
    certificate, _ = roots.leaf(SERVER, under_new=True)
    folder = write(
        tmp_path / "it",
        old=roots.old,
        new=roots.new,
        chain=[certificate, roots.new_with_old, roots.old],
        alone=certificate,
    )
    for root in ("old", "new"):
        command = ("--verify", "--load-ca-certificate", f"{root}.pem", "--infile")
        accepted("certtool", *command, "chain.pem", cwd=folder)
    rejected(
        "certtool", "--verify", "--load-ca-certificate", "old.pem", "--infile", "alone.pem",
        cwd=folder,
    )  # fmt: skip


@pytest.mark.parametrize("protocol", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_a_client_that_knows_only_the_old_root_reaches_a_renewed_server(
    pair: tuple[str, str], protocol: str, tmp_path: Path
) -> None:
    roots = two(*pair)
    certificate, key = roots.leaf(SERVER, under_new=True)
    folder = write(
        tmp_path / "it",
        cert=certificate,
        key=key,
        chain=[certificate, roots.new_with_old, roots.old],
        old=roots.old,
        new=roots.new,
        both=[roots.old, roots.new],
    )
    with serving(folder) as port:
        for known in ("old", "new", "both"):
            said = accepted("openssl", *client(port, known), protocol, cwd=folder)
            assert "Verification: OK" in said
    write(folder, chain=certificate)
    with serving(folder) as port:
        rejected("openssl", *client(port, "old"), protocol, cwd=folder)


def client(port: str, known: str) -> tuple[str, ...]:
    return (
        "s_client", "-connect", f"127.0.0.1:{port}", "-servername", FQDN, "-verify_hostname",
        FQDN, "-verify_return_error", "-x509_strict", "-brief", "-no-CApath", "-no-CAstore",
        "-CAfile", f"{known}.pem",
    )  # fmt: skip


def test_the_agents_own_tls_reaches_a_renewed_server(tmp_path: Path) -> None:
    from certiflow_agent.server import context_for

    roots = two("rsa-2048", "ec-p256")
    certificate, key = roots.leaf(SERVER, under_new=True)
    chain = [certificate, roots.new_with_old, roots.old]
    folder = write(tmp_path / "it", cert=certificate, key=key, chain=chain, old=roots.old)
    with serving(folder) as port:
        context = context_for(folder / "old.pem", None)
        with (
            socket.create_connection(("127.0.0.1", int(port))) as plain,
            context.wrap_socket(plain, server_hostname=FQDN) as secure,
        ):
            assert secure.version() in {"TLSv1.2", "TLSv1.3"}
    write(folder, chain=certificate)
    with (
        serving(folder) as port,
        socket.create_connection(("127.0.0.1", int(port))) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        context_for(folder / "old.pem", None).wrap_socket(plain, server_hostname=FQDN)


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_an_agent_with_its_old_certificate_is_let_in_until_the_old_root_is_gone(
    pair: tuple[str, str], tmp_path: Path
) -> None:
    roots = two(*pair)
    certificate, key = roots.leaf(SERVER, under_new=True)
    shown, own_key = roots.leaf(WORKSTATION, under_new=False)
    chain = [certificate, roots.new_with_old, roots.old]
    folder = write(
        tmp_path / "it",
        cert=certificate,
        key=key,
        chain=chain,
        both=[roots.old, roots.new],
        new=roots.new,
        old=roots.old,
        shown=shown,
        own=own_key,
    )
    own = ("-cert", "shown.pem", "-key", "own.pem", "-tls1_2")
    demanding = ("-Verify", "2", "-verify_return_error", "-x509_strict", "-CAfile")
    with serving(folder, *demanding, "both.pem") as port:
        accepted("openssl", *client(port, "old"), *own, cwd=folder)
        accepted("openssl", *client(port, "both"), *own, cwd=folder)
    with serving(folder, *demanding, "new.pem", "-no-CApath", "-no-CAstore") as port:
        rejected("openssl", *client(port, "new"), *own, cwd=folder)


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_an_agent_with_a_new_certificate_is_let_in_where_only_the_old_root_is_known(
    pair: tuple[str, str], tmp_path: Path
) -> None:
    roots = two(*pair)
    certificate, key = roots.leaf(SERVER, under_new=False)
    shown, own_key = roots.leaf(WORKSTATION, under_new=True)
    folder = write(
        tmp_path / "it",
        cert=certificate,
        key=key,
        chain=certificate,
        old=roots.old,
        shown=shown,
        between=[shown, roots.new_with_old],
        own=own_key,
    )
    own = ("-cert", "shown.pem", "-key", "own.pem", "-tls1_2")
    demanding = ("-Verify", "2", "-verify_return_error", "-x509_strict", "-CAfile", "old.pem")
    with serving(folder, *demanding) as port:
        accepted("openssl", *client(port, "old"), *own, "-cert_chain", "between.pem", cwd=folder)
        rejected("openssl", *client(port, "old"), *own, cwd=folder)


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_pkilint_finds_nothing_in_a_cross_certificate(
    pair: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roots = two(*pair)
    for certificate, issuer in (
        (roots.new_with_old, roots.old),
        (roots.old_with_new, roots.new),
        (roots.leaf(SERVER, under_new=True)[0], roots.new_with_old),
    ):
        (tmp_path / "cert.cer").write_bytes(bundles.der(certificate))
        (tmp_path / "issuer.cer").write_bytes(bundles.der(issuer))
        files = [str(tmp_path / "issuer.cer"), str(tmp_path / "cert.cer")]
        assert lint_pkix_cert.main(["lint", "-s", "WARNING", files[1]]) == 0, capsys.readouterr()
        found = lint_pkix_signer_signee_cert_chain.main(["lint", "-s", "WARNING", *files])
        assert found == 0, capsys.readouterr().out
