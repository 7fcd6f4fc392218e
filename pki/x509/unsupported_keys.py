"""Kinds of keys that are refused, and how a file says that it has one."""

import base64
import re

from pki.errors import InvalidInput

#: The first lines of a PEM block without headers.
PEM_CONTENT = re.compile(rb"-----BEGIN PRIVATE KEY-----\s+([A-Za-z0-9+/]{64})")
#: id-RSASSA-PSS in DER (RFC 4055, section 3), which stands at the beginning of such a key.
RSASSA_PSS = bytes.fromhex("06092a864886f70d01010a")


def says_pss_only(data: bytes) -> bool:
    """Whether an unencrypted PKCS#8 file restricts its RSA key, which the library passes over."""
    block = PEM_CONTENT.search(data)
    return RSASSA_PSS in (base64.b64decode(block[1][:64]) if block else data[:48])


def unsupported() -> InvalidInput:
    return InvalidInput(
        "This kind of key is not supported. RSA, EC on P-256 or P-384, and Ed25519 are.",
        code="key.unsupported",
        field="key",
    )


def pss_only() -> InvalidInput:
    return InvalidInput(
        "This key type is not supported: the key is marked for RSASSA-PSS only, and Windows and "
        "most TLS libraries accept no such certificate. Make an ordinary RSA key (rsaEncryption) "
        "or an EC key.",
        code="key.rsa_pss",
        field="key",
    )
