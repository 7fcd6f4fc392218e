"""Agents of a benchmark: keys and requests made before, then nothing but asking.

Run as a program of its own, so that its work is no thread of the measured process:
`python -m benchmarks.agent_load PORT TOKEN CONNECTIONS REQUESTS`; prints JSON.
"""

import base64
import http.client
import json
import ssl
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
)
from cryptography.x509.oid import NameOID

EST = "/.well-known/est/"


def request_of(name: str, key: ec.EllipticCurvePrivateKey) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return base64.encodebytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))


class Connection:
    """Kept alive; without a certificate at first."""

    def __init__(self, port: int, token: str, count: int) -> None:
        self.port = port
        password = base64.b64encode(f"x:{token}".encode()).decode()
        self.headers = {
            "Content-Type": "application/pkcs10",
            "Authorization": f"Basic {password}",
        }
        self.name = f"bench-{uuid.uuid4()}"
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.connection = self.connect()
        self.first = [
            request_of(f"bench-{uuid.uuid4()}", ec.generate_private_key(ec.SECP256R1()))
            for _ in range(count)
        ]
        self.again = [
            request_of(self.name, ec.generate_private_key(ec.SECP256R1())) for _ in range(count)
        ]

    def connect(self, *certificate: Path) -> http.client.HTTPSConnection:
        context = ssl._create_unverified_context()
        for path in certificate:
            context.load_cert_chain(path)
        opened = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=60)
        opened.connect()
        return opened

    def ask(self, operation: str, body: bytes) -> bytes:
        self.connection.request("POST", f"{EST}{operation}", body, self.headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{operation}: {answer.status} {content[:300]!r}")
        return content

    def enroll(self) -> None:
        for body in self.first:
            self.ask("simpleenroll", body)

    def join(self, directory: Path) -> None:
        """Get a certificate and come back with it."""
        content = self.ask("simpleenroll", request_of(self.name, self.key))
        [certificate] = pkcs7.load_der_pkcs7_certificates(base64.b64decode(content))
        path = directory / f"{self.name}.pem"
        path.write_bytes(
            certificate.public_bytes(Encoding.PEM)
            + self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        self.connection = self.connect(path)
        # The first call with it makes the workstation trusted.
        self.ask("simplereenroll", request_of(self.name, ec.generate_private_key(ec.SECP256R1())))

    def reenroll(self) -> None:
        for body in self.again:
            self.ask("simplereenroll", body)


def main() -> None:
    port, token, connections, count = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(int(connections)) as pool:
        all_of_them = [Connection(int(port), token, int(count)) for _ in range(int(connections))]
        measured = {"enroll": timed(pool, [each.enroll for each in all_of_them])}
        for each in all_of_them:
            each.join(Path(directory))
        measured["reenroll"] = timed(pool, [each.reenroll for each in all_of_them])
    requests = int(connections) * int(count)
    print(json.dumps({name: seconds / requests for name, seconds in measured.items()}))


def timed(pool: ThreadPoolExecutor, work: list) -> float:  # type: ignore[type-arg]
    start = time.perf_counter()
    for future in [pool.submit(each) for each in work]:
        future.result()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
