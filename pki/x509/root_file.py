"""``agent_root_ca.json``: the root certificate and its private key in one file.

We write one form of it and read many: the original generator's format is not
published, so other spellings, PEM instead of base64, and a PFX inside are accepted.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from pki import outside_json
from pki.errors import InvalidInput
from pki.x509 import bundles, facts, keys

VERSION = 1

CERTIFICATE_FIELDS = {
    "certificate", "cert", "cer", "crt", "cacert", "cacertificate", "rootcert", "rootcertificate",
    "publiccertificate", "certificatepem", "certpem", "certificatedata", "x509", "rawdata", "ca",
}  # fmt: skip
KEY_FIELDS = {
    "privatekey", "key", "cakey", "rootkey", "privatekeypem", "keypem", "pkcs8", "private",
    "caprivatekey", "rootprivatekey", "encryptedprivatekey", "encryptedkey",
}  # fmt: skip
PFX_FIELDS = {"pfx", "pkcs12", "p12", "pfxdata", "pfxfile"}
PASSWORD_FIELDS = {"password", "pwd", "pfxpassword", "passphrase"}

NOT_A_LETTER = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True)
class RootFile:
    certificate: x509.Certificate
    key: keys.PrivateKey


def write(certificate: x509.Certificate, key: keys.PrivateKey, password: str = "") -> bytes:
    """UTF-8 JSON with a final line feed; the key encrypted (PBES2) when there is a password."""
    content = {
        "version": VERSION,
        "certificate": base64.b64encode(bundles.der(certificate)).decode(),
        **private_part(key, password),
        "keyAlgorithm": keys.spec_of(key).label,
        "thumbprint": facts.sha1(certificate).upper(),
        "sha256": facts.sha256(certificate).upper(),
    }
    return (json.dumps(content, indent=2) + "\n").encode()


def private_part(key: keys.PrivateKey, password: str) -> dict[str, str]:
    if password:
        sealed = keys.to_encrypted_der(key, bundles.password_bytes(password))
        return {"encryptedPrivateKey": base64.b64encode(sealed).decode()}
    return {"privateKey": base64.b64encode(keys.to_der(key)).decode()}


def read(data: bytes, password: str = "") -> RootFile:
    """The certificate and the key in a root file.

    Raises InvalidInput on ``files`` or ``password``: ``root_file.not_json``,
    ``root_file.incomplete`` (naming what was found and what is missing),
    ``root_file.unreadable``, and what `pki.x509.keys.load` raises.
    """
    fields = dict(normalised(parse(data)))
    password = password or next((fields[name] for name in PASSWORD_FIELDS if name in fields), "")
    pfx = first(fields, PFX_FIELDS)
    if pfx:
        key, certificate, _ = bundles.open_pfx(decode(pfx, "pfx"), password)
        if key is None or certificate is None:
            raise incomplete(fields, has_certificate=bool(certificate), has_key=bool(key))
        return RootFile(certificate, key)
    certificate_text, key_text = first(fields, CERTIFICATE_FIELDS), first(fields, KEY_FIELDS)
    if not key_text and "PRIVATE KEY-----" in certificate_text:
        key_text = certificate_text
    if not certificate_text or not key_text:
        raise incomplete(fields, has_certificate=bool(certificate_text), has_key=bool(key_text))
    return RootFile(
        bundles.load_certificate(decode(certificate_text, "certificate")),
        keys.load(decode(key_text, "privateKey"), bundles.secret(password)),
    )


def looks_like(data: bytes) -> bool:
    return data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))


def parse(data: bytes) -> Any:
    try:
        return outside_json.decode(data, encoding="utf-8-sig")
    except outside_json.Refused as error:
        raise InvalidInput(
            f"The root file is not a JSON document that can be used: it {error}. Choose "
            "agent_root_ca.json as the generator wrote it.",
            code="root_file.not_json",
            field="files",
        ) from None


def normalised(value: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text in it with its name in lower-case letters and digits, nested ones as well."""
    if not isinstance(value, dict) or depth > 3:
        return
    for name, content in value.items():
        if isinstance(content, str) and content.strip():
            yield NOT_A_LETTER.sub("", name.lower()), content.strip()
        else:
            yield from normalised(content, depth + 1)


def first(fields: dict[str, str], wanted: set[str]) -> str:
    return next((text for name, text in fields.items() if name in wanted), "")


def decode(text: str, name: str) -> bytes:
    """PEM as it is; base64, also of the URL alphabet and with line feeds, decoded."""
    if "-----BEGIN" in text:
        return text.replace("\\n", "\n").encode(errors="replace")
    compact = "".join(text.split()).replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(
            f"“{name}” in the root file is neither base64 nor PEM. The file was cut off or "
            "changed; use an intact copy.",
            code="root_file.unreadable",
            field="files",
        ) from None
    return data


def incomplete(fields: dict[str, str], *, has_certificate: bool, has_key: bool) -> InvalidInput:
    missing = " and ".join(
        name
        for name, present in (("certificate", has_certificate), ("privateKey", has_key))
        if not present
    )
    found = ", ".join(sorted(name[:30] for name in fields)[:8]) or "no text at all"
    return InvalidInput(
        f"The root file has no {missing}. Found in it: {found}. It needs “certificate” and "
        "“privateKey” (or “encryptedPrivateKey”, or “pfx”).",
        code="root_file.incomplete",
        field="files",
    )
