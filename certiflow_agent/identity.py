"""Who this agent is: its identifier, key, certificate and roots, in one directory.

``settings.json`` holds server, identifier and what the server said last; ``identity.pem``
the certificate in force and its key, in one file so that they always belong together;
``next.pem`` a new key that was or will be asked about; ``roots.pem`` the trusted roots.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from certiflow_agent import files
from certiflow_agent.errors import AgentError

Key = ec.EllipticCurvePrivateKey


@dataclass
class Identity:
    directory: Path

    def __post_init__(self) -> None:
        files.private_directory(self.directory)

    # --- settings ------------------------------------------------------------

    @property
    def settings(self) -> dict[str, Any]:
        try:
            document: dict[str, Any] = json.loads((self.directory / "settings.json").read_bytes())
            return document
        except FileNotFoundError:
            return {}

    def remember(self, **changes: Any) -> None:
        """Changed members; the others stay."""
        document = json.dumps({**self.settings, **changes}, indent=2).encode()
        files.write(self.directory / "settings.json", document)

    def required(self, name: str) -> str:
        value = self.settings.get(name)
        if not isinstance(value, str):
            raise AgentError("This agent is not registered. Run “certiflow-agent register” first.")
        return value

    # --- key and certificate --------------------------------------------------

    @property
    def identity_file(self) -> Path:
        return self.directory / "identity.pem"

    @property
    def next_file(self) -> Path:
        return self.directory / "next.pem"

    @property
    def certificate(self) -> x509.Certificate | None:
        """The one in force."""
        if not self.identity_file.exists():
            return None
        return x509.load_pem_x509_certificate(self.identity_file.read_bytes())

    def next_key(self) -> Key:
        """A key that is on the disk before anybody hears of it; the same until it is in use."""
        if not self.next_file.exists():
            files.write(self.next_file, pem(ec.generate_private_key(ec.SECP256R1())))
        key = load_pem_private_key(self.next_file.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise AgentError(f"{self.next_file} holds no EC key. Remove it and register again.")
        return key

    def forget_key(self) -> None:
        """For a new start after the server revoked this one."""
        files.remove(self.next_file)
        files.remove(self.identity_file)

    def take(self, certificate_pem: str, chain_pem: Sequence[str] = ()) -> None:
        """Put the next key and its certificate into force, both or neither.

        Authorities between the certificate and a root are shown along with it: while a root is
        being replaced, a server that knows only the old one needs them. Raises AgentError for a
        certificate of another key.
        """
        key = self.next_key()
        certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
        if spki(certificate.public_key()) != spki(key.public_key()):
            raise AgentError(
                "The server's certificate is for another key. Ask its administrator; nothing was "
                "changed here."
            )
        chain = [x509.load_pem_x509_certificate(each.encode()) for each in chain_pem]
        shown = [certificate, *(each for each in chain if each.subject != each.issuer)]
        content = b"".join(each.public_bytes(Encoding.PEM) for each in shown)
        files.write(self.identity_file, content + pem(key))
        files.remove(self.next_file)

    # --- roots ----------------------------------------------------------------

    @property
    def roots_file(self) -> Path:
        return self.directory / "roots.pem"

    @property
    def root_fingerprints(self) -> list[str]:
        """SHA-256 of each trusted root's DER, lower-case hexadecimal."""
        if not self.roots_file.exists():
            return []
        roots = x509.load_pem_x509_certificates(self.roots_file.read_bytes())
        return [root.fingerprint(hashes.SHA256()).hex() for root in roots]

    def trust(self, certificates: list[x509.Certificate]) -> bool:
        """Trust exactly these from now on; whether anything changed."""
        content = b"".join(each.public_bytes(Encoding.PEM) for each in certificates)
        if self.roots_file.exists() and self.roots_file.read_bytes() == content:
            return False
        files.write(self.roots_file, content)
        return True


def pem(key: Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def spki(key: Any) -> bytes:
    encoded: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return encoded


def key_fingerprint(key: Key) -> str:
    """SHA-256 of the SubjectPublicKeyInfo, to compare with the dashboard."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(spki(key.public_key()))
    return digest.finalize().hex()


def certificate_request(agent_id: str, key: Key) -> str:
    """PKCS#10 in PEM; the identifier is the common name."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, agent_id)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
