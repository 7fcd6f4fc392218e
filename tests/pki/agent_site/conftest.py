"""A running product and agents that talk to it by the standard library's TLS."""

import base64
import http.client
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
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

from tests.running_product import RunningProduct


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.content)
        return document

    @property
    def code(self) -> str:
        assert self.headers["content-type"] == "application/problem+json", self.content
        return str(self.document["code"])


@dataclass
class AgentSite:
    product: RunningProduct
    directory: Path
    port: int = 0

    def __post_init__(self) -> None:
        self.port = int(self.product.environment["CERTIFLOW_AGENT_BIND"].rpartition(":")[2])
        unverified = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection("localhost", self.port, context=unverified)
        connection.request("GET", "/.well-known/est/cacerts")
        content = base64.b64decode(connection.getresponse().read())
        [root] = pkcs7.load_der_pkcs7_certificates(content)
        self.root_file = self.directory / "root.pem"
        self.root_file.write_bytes(root.public_bytes(Encoding.PEM))

    def do(self, code: str) -> str:
        """Python code with actions and models at hand, in the installation's own settings."""
        head = (
            "import django; django.setup(); from pki.actions.actor import SYSTEM; "
            "from pki.actions import trust, agent_tasks, enrollment_tokens; "
            "from pki.models import *; "
        )
        done = subprocess.run(
            [sys.executable, "-c", head + code],
            env=self.product.environment | {"PYTHONPATH": str(Path(__file__).parents[3])},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def decide(self, verb: str, agent_id: str) -> None:
        self.do(f"trust.{verb}(Workstation.objects.get(agent_id={agent_id!r}), actor=SYSTEM)")

    def revoke(self, agent_id: str) -> None:
        self.do(
            f"trust.revoke_workstation(Workstation.objects.get(agent_id={agent_id!r}), "
            "actor=SYSTEM, reason='Stolen')"
        )

    def token(self, **options: Any) -> str:
        return self.do(f"print(enrollment_tokens.make_token('t', actor=SYSTEM, **{options!r})[1])")


@dataclass
class Client:
    """One agent on one kept-alive connection."""

    site: AgentSite
    agent_id: str
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    certificate: bytes = b""
    connection: http.client.HTTPSConnection | None = None

    def csr(self, name: str = "", key: ec.EllipticCurvePrivateKey | None = None) -> bytes:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name or self.agent_id)])
        builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
        return builder.sign(key or self.key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def connect(self) -> http.client.HTTPSConnection:
        context = ssl.create_default_context(cafile=str(self.site.root_file))
        if self.certificate:
            path = self.site.directory / f"{self.agent_id}.pem"
            key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            path.write_bytes(self.certificate + key)
            context.load_cert_chain(path)
        return http.client.HTTPSConnection("localhost", self.site.port, context=context, timeout=30)

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """A request on the connection that is open, or on a new one."""
        self.connection = self.connection or self.connect()
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        given = {"Content-Type": "application/json"} if content is not None else {}
        self.connection.request(method, path, content, {**given, **(headers or {})})
        got = self.connection.getresponse()
        names = {name.lower(): value for name, value in got.getheaders()}
        return Answer(got.status, names, got.read())

    def reconnect(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def register(self, token: str = "", **changes: Any) -> Answer:
        document = {
            "agent_id": self.agent_id,
            "hostname": f"{self.agent_id}.example.com",
            "os": "Debian GNU/Linux 12",
            "agent_version": "1.0",
            "csr": self.csr().decode(),
            **changes,
        }
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self.call("POST", "/agent/v1/register", document, headers)
        if answer.status == 200:
            self.certificate = answer.document["certificate"].encode()
            self.reconnect()
        return answer

    def hello(self, **inventory: Any) -> Answer:
        return self.call("POST", "/agent/v1/hello", inventory)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentSite]:
    directory = tmp_path_factory.mktemp("agent_site")
    product = RunningProduct(
        directory, CERTIFLOW_HOST="localhost", CERTIFLOW_AUTOMATIC_REGISTRATION="off"
    )
    done = product.command(
        *("setup", "--admin", "root", "--password-stdin", "--root-key-size", "2048"),
        stdin="correct horse battery\n",
    )
    assert done.returncode == 0, done.stderr
    product.start()
    yield AgentSite(product, directory)
    product.stop()


@pytest.fixture
def joined(site: AgentSite, request: pytest.FixtureRequest) -> Client:
    """Approved, with its certificate; it has not called with it yet."""
    name = "".join(letter for letter in request.node.name if letter.isalnum())[-40:]
    client = Client(site, f"pc-{name}")
    assert client.register(site.token(automatic=True)).status == 200
    return client
