"""Judges that would notice: what is wrong is told, and what is good is not."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from pki.x509 import bundles, issuing, keys, revocation_lists
from pki.x509.issuing import CertificateRequest
from pki.x509.keys import KeySpec
from pki.x509.profiles import SERVER
from pki.x509.revocation_lists import Entry
from simulation.judges import Judges

NOW = datetime.now(UTC)
P256 = KeySpec.parse("ec-p256")


@dataclass
class World:
    judges: Judges
    key: keys.PrivateKey
    root: x509.Certificate

    @property
    def roots(self) -> bytes:
        return bundles.pem(self.root)

    def certificate(self, *, issued: datetime) -> x509.Certificate:
        """For 30 days."""
        request = CertificateRequest(
            profile=SERVER,
            common_name="cm1.example.com",
            names=("cm1.example.com",),
            public_key=keys.generate(P256).public_key(),
            lifetime=timedelta(days=30),
        )
        return issuing.issue(issuing.prepare(request, self.root, now=issued), self.key)

    def file(self, certificate: x509.Certificate) -> Path:
        return self.judges.kept("certificate", bundles.pem(certificate).decode())

    def publish(self, *revoked: x509.Certificate, signed: datetime) -> None:
        entries = [Entry(each.serial_number, signed, "unspecified") for each in revoked]
        listed = revocation_lists.build(entries, self.root, self.key, number=1, this_update=signed)
        pem = listed.public_bytes(bundles.Encoding.PEM)
        (self.judges.directory / "lists.pem").write_bytes(pem)

    def said(self, certificate: x509.Certificate) -> str:
        return " ".join(self.judges.chains([self.file(certificate)], self.roots, "sslserver"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    key = keys.generate(P256)
    root = issuing.root("CM Agent CA", key, now=NOW - timedelta(days=400))
    return World(Judges(tmp_path, "http://localhost:9", "https://localhost:9"), key, root)


def test_a_good_chain_is_accepted_in_silence(world: World) -> None:
    world.publish(signed=NOW)
    assert world.said(world.certificate(issued=NOW)) == ""


def test_an_expired_certificate_is_told(world: World) -> None:
    world.publish(signed=NOW)
    said = world.said(world.certificate(issued=NOW - timedelta(days=60)))
    assert "certificate has expired" in said


def test_a_revoked_certificate_is_told(world: World) -> None:
    certificate = world.certificate(issued=NOW)
    world.publish(certificate, signed=NOW)
    assert "revoked" in world.said(certificate)


def test_a_stale_revocation_list_is_told(world: World) -> None:
    world.publish(signed=NOW - timedelta(days=10))
    assert "CRL has expired" in world.said(world.certificate(issued=NOW))


def test_a_certificate_of_another_root_is_told(world: World, tmp_path: Path) -> None:
    world.publish(signed=NOW)
    key = keys.generate(P256)
    other = World(world.judges, key, issuing.root("Another", key, now=NOW - timedelta(days=1)))
    assert world.said(other.certificate(issued=NOW)) != ""


def test_while_the_root_is_replaced_the_cross_certificate_has_to_be_sent_along(
    world: World,
) -> None:
    """Each file is judged by what is in it, not by what somebody else sends."""
    key = keys.generate(P256)
    successor = World(world.judges, key, issuing.root("CM Agent CA G2", key, now=NOW))
    request = issuing.cross_request(successor.root)
    bridge = issuing.issue(issuing.prepare(request, world.root, now=NOW), world.key)
    successor.publish(signed=NOW)
    [alone, other] = [bundles.pem(successor.certificate(issued=NOW)).decode() for _ in range(2)]
    with_bridge = world.judges.kept("with", other + bundles.pem(bridge).decode())
    without = world.judges.kept("without", alone)
    said = world.judges.chains([with_bridge, without], world.roots, "sslserver")
    assert len(said) == 1
    assert "without.pem" in said[0]
    both = world.roots + successor.roots
    assert world.judges.chains([with_bridge, without], both, "sslserver") == []


def test_a_dashboard_that_does_not_answer_is_told(world: World) -> None:
    assert "does not answer" in " ".join(world.judges.ready(world.roots))
