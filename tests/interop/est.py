"""Enrollment over Secure Transport by hand, as RFC 7030 describes it: curl and openssl."""

from dataclasses import dataclass
from pathlib import Path

from tests.interop.programs import accepted


@dataclass(frozen=True)
class Est:
    """What one machine has on its disk, and the server it talks to."""

    directory: Path
    port: int
    root: Path

    def url(self, operation: str) -> str:
        return f"https://localhost:{self.port}/.well-known/est/{operation}"

    def request(self, name: str, key: str = "key.pem") -> None:
        """``request.b64``: a PKCS #10 request for ``name``, its key new."""
        accepted(
            *("openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}"),
            *("-keyout", key, "-out", "request.der", "-outform", "DER"),
            cwd=self.directory,
        )
        accepted(
            *("openssl", "base64", "-in", "request.der", "-out", "request.b64"), cwd=self.directory
        )

    def enroll(self, operation: str, *arguments: str) -> str:
        """The status; the answer is in ``answer.b64``, its headers in ``headers.txt``."""
        return accepted(
            *("curl", "-sS", "--cacert", self.root, "-o", "answer.b64", "-D", "headers.txt"),
            *("-H", "Content-Type: application/pkcs10", "--data-binary", "@request.b64"),
            *("-w", "%{http_code}", *arguments, self.url(operation)),
            cwd=self.directory,
        )

    def unpack(self, certificate: str = "cert.pem") -> None:
        """What a certs-only answer holds."""
        for step in (
            ("base64", "-d", "-in", "answer.b64", "-out", "answer.p7"),
            ("pkcs7", "-inform", "DER", "-in", "answer.p7", "-print_certs", "-out", certificate),
        ):
            accepted("openssl", *step, cwd=self.directory)

    def headers(self) -> str:
        return (self.directory / "headers.txt").read_text().lower()

    def join(self, name: str, token: str) -> None:
        self.request(name)
        assert self.enroll("simpleenroll", "-u", f"estuser:{token}") == "200"
        self.unpack()

    def shown(self) -> tuple[str, ...]:
        """curl's arguments that show the certificate."""
        return ("--cert", "cert.pem", "--key", "key.pem")
