"""Talking to the agent site: the pinned root first, then kept-alive mutual TLS."""

import base64
import binascii
import http.client
import json
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import pkcs7

from certiflow_agent.errors import AgentError, Refused, Unreachable

#: Bytes of an answer.
LIMIT = 4 * 1024 * 1024
TIMEOUT = 30.0


def pinned_root(server: str, sha256: str) -> x509.Certificate:
    """The root with this fingerprint, fetched without trusting anything; nothing is sent.

    Raises AgentError when the server has no such root.
    """
    wanted = "".join(letter for letter in sha256.lower() if letter.isalnum())
    if len(wanted) != 64:
        raise AgentError("--root-sha256 must be a SHA-256 fingerprint: 64 hexadecimal digits.")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    content = Connection(server, context).request("GET", "/.well-known/est/cacerts")
    try:
        found = pkcs7.load_der_pkcs7_certificates(base64.b64decode(content))
    except (ValueError, binascii.Error):
        raise AgentError(f"{server} is no agent site: its answer holds no root.") from None
    for certificate in found:
        if certificate.fingerprint(hashes.SHA256()).hex() == wanted:
            return certificate
    shown = ", ".join(each.fingerprint(hashes.SHA256()).hex() for each in found)
    raise AgentError(
        f"The root of {server} has the fingerprint {shown}, not the one given. Either that was "
        "mistyped or this is not your server; nothing was sent to it."
    )


def context_for(roots: Path, identity: Path | None) -> ssl.SSLContext:
    """Trusts only ``roots``; shows the certificate of ``identity``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cafile=str(roots))
    if identity is not None:
        context.load_cert_chain(identity)
    return context


class Connection:
    """One kept-alive connection; a broken one is opened again once a request."""

    def __init__(self, server: str, context: ssl.SSLContext) -> None:
        parts = urlsplit(server)
        if parts.scheme != "https" or not parts.hostname:
            raise AgentError("--server must be an address such as https://cm1.example.com:3003.")
        self._http = http.client.HTTPSConnection(
            parts.hostname, parts.port or 443, context=context, timeout=TIMEOUT
        )

    def close(self) -> None:
        self._http.close()

    def post(self, path: str, document: dict[str, Any], token: str = "") -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        content = json.dumps(sendable(document)).encode()
        return parsed(self.request("POST", path, content, headers))

    def get(self, path: str) -> dict[str, Any]:
        return parsed(self.request("GET", path))

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> bytes:
        """The body of a 2xx answer. Raises Refused and Unreachable."""
        try:
            self._http.request(method, path, body, headers or {})
            answer = self._http.getresponse()
            content = answer.read(LIMIT + 1)
        except ssl.SSLCertVerificationError as error:
            self._http.close()
            raise Unreachable(
                f"The server's certificate is not accepted: {error.verify_message}."
            ) from None
        except (OSError, http.client.HTTPException) as error:
            self._http.close()
            raise Unreachable(f"The server cannot be reached: {error}.") from None
        if len(content) > LIMIT:
            self._http.close()
            raise Unreachable("The server's answer is too large.")
        if answer.status >= 300:
            raise refusal(answer.status, answer.getheader("Retry-After", ""), content)
        return content


def sendable(value: Any) -> Any:
    """Without what the server takes from nobody: U+0000 and halves of characters in texts."""
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\x00", "\ufffd")
    if isinstance(value, dict):
        return {sendable(name): sendable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [sendable(each) for each in value]
    return value


def parsed(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise Unreachable("The server's answer is no JSON object.")
    return document


def refusal(status: int, retry_after: str, content: bytes) -> Refused:
    try:
        document = json.loads(content)
        code, detail = str(document["code"]), str(document["detail"])
    except (ValueError, KeyError, TypeError):
        code, detail = "", ""
    return Refused(status, code, detail, int(retry_after) if retry_after.isdigit() else 0)
