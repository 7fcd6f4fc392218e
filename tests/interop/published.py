"""A running product that publishes on plain HTTP, and certificates that name where."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.running_product import RunningProduct, free_port


@dataclass(frozen=True)
class Published:
    product: RunningProduct
    directory: Path
    url: str

    @property
    def root(self) -> Path:
        return self.pem("root.pem")

    def issue(self, fqdn: str, *options: str) -> str:
        """The certificate, its chain and its key are ``<fqdn>.pem`` and ``.key``; its serial."""
        out = self.directory / f"out-{fqdn}"
        done = self.product.command("issue", "--server", fqdn, "--out", str(out), *options)
        assert done.returncode == 0, done.stderr
        return self.kept(fqdn, out)

    def fetch(self, fqdn: str) -> str:
        """As `issue`, for a server that has a certificate."""
        out = self.directory / f"out-{fqdn}"
        listed = self.product.command("certificates", "--json")
        [serial] = [
            each["serial"] for each in json.loads(listed.stdout) if each["common_name"] == fqdn
        ]
        done = self.product.command("certificates", serial, "--out", str(out))
        assert done.returncode == 0, done.stderr
        return self.kept(fqdn, out)

    def kept(self, fqdn: str, out: Path) -> str:
        root = x509.load_der_x509_certificate((out / "agent_root_ca.cer").read_bytes())
        certificate = x509.load_der_x509_certificate((out / "agent_ssl_cert.cer").read_bytes())
        self.pem("root.pem").write_bytes(root.public_bytes(Encoding.PEM))
        self.pem(f"{fqdn}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        (out / "agent_ssl_cert.key").rename(self.pem(f"{fqdn}.key"))
        return f"{certificate.serial_number:x}"

    def revoke(self, serial: str, reason: str) -> None:
        done = self.product.command("revoke", serial, "--reason", reason)
        assert done.returncode == 0, done.stderr

    def publish(self) -> None:
        """What the clock does a few seconds after something was revoked."""
        done = self.product.command("maintain")
        assert done.returncode == 0, done.stdout + done.stderr

    def pem(self, name: str) -> Path:
        return self.directory / name

    @property
    def agent_port(self) -> int:
        return int(self.product.environment["CERTIFLOW_AGENT_BIND"].rpartition(":")[2])

    def token(self, *options: str) -> str:
        """A secret that enrolls once, or as ``options`` of the command say."""
        done = self.product.command("token", "interop", "--json", *options)
        assert done.returncode == 0, done.stderr
        secret: str = json.loads(done.stdout)["token"]
        return secret

    def address_in(self, fqdn: str, suffix: str) -> str:
        """The one in the certificate that ends so."""
        shown = subprocess.run(
            [
                *("openssl", "x509", "-noout", "-in", str(self.pem(f"{fqdn}.pem"))),
                *("-ext", "authorityInfoAccess,crlDistributionPoints"),
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        [found] = [word.partition("URI:")[2] for word in shown.split() if word.endswith(suffix)]
        return found

    def list_file(self) -> Path:
        """The list of this moment, PEM, as an administrator's script fetches it."""
        path = self.pem("list.pem")
        subprocess.run(
            f"curl -sSf {self.address_in('good.example.com', '.crl')}"
            f" | openssl crl -inform DER -out {path}",
            shell=True,
            check=True,
        )
        return path


@contextmanager
def published(directory: Path, **environment: str) -> Iterator[Published]:
    url = f"http://127.0.0.1:{free_port()}"
    product = RunningProduct(
        directory,
        CERTIFLOW_HOST="localhost",
        CERTIFLOW_PUBLIC_BIND=url.removeprefix("http://"),
        CERTIFLOW_PUBLIC_URL=url,
        **environment,
    )
    done = product.command(
        *("setup", "--admin", "root", "--password-stdin", "--root-key-size", "2048"),
        stdin="correct horse battery\n",
    )
    assert done.returncode == 0, done.stderr
    product.start()
    try:
        yield Published(product, directory, url)
    finally:
        product.stop()
