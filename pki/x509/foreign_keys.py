"""Public keys that others bring: of a kind that is supported, and not known to be weak."""

from cryptography import x509
from cryptography.x509.oid import PublicKeyAlgorithmOID

from pki.errors import InvalidInput
from pki.x509 import keys
from pki.x509.unsupported_keys import pss_only, unsupported
from pki.x509.weak_keys import refuse_weak_key

SUPPORTED = {
    PublicKeyAlgorithmOID.RSAES_PKCS1_v1_5,
    PublicKeyAlgorithmOID.EC_PUBLIC_KEY,
    PublicKeyAlgorithmOID.ED25519,
}


def foreign_key(
    source: x509.Certificate | x509.CertificateSigningRequest, *, field: str
) -> keys.PublicKey:
    """The key of a request or a certificate; every public key from outside passes here.

    Raises InvalidInput on ``field``: ``key.rsa_pss``, ``key.unsupported`` and what
    `refuse_weak_key` raises.
    """
    try:
        # The library has it for requests as well; its type stubs do not say so.
        refuse_other_kinds(source.public_key_algorithm_oid)  # type: ignore[union-attr]
        key = keys.read_public(source)
        refuse_weak_key(key)
    except InvalidInput as error:
        raise InvalidInput(error.message, code=error.code, field=field) from None
    return key


def refuse_other_kinds(kind: x509.ObjectIdentifier) -> None:
    if kind == PublicKeyAlgorithmOID.RSASSA_PSS:
        raise pss_only()
    if kind not in SUPPORTED:
        raise unsupported()
