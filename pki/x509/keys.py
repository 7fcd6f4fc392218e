"""Key pairs: which kinds there are, making them, reading and writing them (RFC 5958)."""

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from pki.errors import InvalidInput
from pki.x509.bounded_opening import refuse_costly
from pki.x509.reading import reading
from pki.x509.unsupported_keys import pss_only, says_pss_only, unsupported

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

PRIVATE_KEY_TYPES = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)
PUBLIC_KEY_TYPES = (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)

CURVES: dict[str, ec.EllipticCurve] = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1()}
CURVE_NAMES = {curve.name: name for name, curve in CURVES.items()}


@dataclass(frozen=True)
class KeySpec:
    """What kind of key: ``rsa-4096``, ``ec-p256``, ``ec-p384`` or ``ed25519``."""

    algorithm: str
    #: Modulus length in bits; RSA only.
    bits: int = 0
    curve: str = ""

    @classmethod
    def parse(cls, text: str) -> "KeySpec":
        """The specification that ``str()`` writes. Raises InvalidInput ``key.unknown``."""
        algorithm, _, parameter = text.strip().lower().partition("-")
        if algorithm == "rsa" and parameter.isascii() and parameter.isdigit():
            return cls("rsa", bits=int(parameter[:6]))
        if algorithm == "ec" and parameter in CURVES:
            return cls("ec", curve=parameter)
        if algorithm == "ed25519" and not parameter:
            return cls("ed25519")
        shown = text[:40].encode(errors="replace").decode()
        raise InvalidInput(
            f"“{shown}” is not a kind of key. Use rsa-2048, rsa-3072, rsa-4096, ec-p256 or "
            "ec-p384.",
            code="key.unknown",
            field="key",
        )

    def __str__(self) -> str:
        return "-".join(filter(None, (self.algorithm, str(self.bits or ""), self.curve)))

    @property
    def label(self) -> str:
        """As people say it: RSA 4096, EC P-256, Ed25519."""
        match self.algorithm:
            case "rsa":
                return f"RSA {self.bits}"
            case "ec":
                return f"EC P-{self.curve[1:]}"
            case _:
                return "Ed25519"


def generate(spec: KeySpec) -> PrivateKey:
    """A new key; RSA with the public exponent 65537."""
    match spec.algorithm:
        case "rsa":
            return rsa.generate_private_key(public_exponent=65537, key_size=spec.bits)
        case "ec":
            return ec.generate_private_key(CURVES[spec.curve])
        case _:
            return ed25519.Ed25519PrivateKey.generate()


def unreadable() -> InvalidInput:
    return InvalidInput(
        "The private key cannot be read. A PKCS#8, PKCS#1 or SEC 1 key in PEM or DER is needed.",
        code="key.unreadable",
        field="key",
    )


@reading(unreadable)
def load(data: bytes, password: bytes | None = None) -> PrivateKey:
    """A private key from somewhere else, PEM or DER, fully validated.

    Validating RSA takes 0.05 s at 2048 bits and 0.35 s at 4096. Raises InvalidInput
    ``key.unreadable``, ``key.password_needed``, ``key.wrong_password``, ``key.rsa_pss`` or
    ``key.unsupported``, on the field ``key`` or ``password``, and ``key.iterations``.
    """
    read = (
        serialization.load_pem_private_key
        if b"-----BEGIN" in data
        else serialization.load_der_private_key
    )
    if password and is_encrypted(data):
        refuse_costly(data, password, kind="key")
    try:
        key = read(data, password or None)
    except TypeError:
        if password:
            return load(data)  # The password was for something else in the same upload.
        raise InvalidInput(
            "The private key is encrypted. Enter its password.",
            code="key.password_needed",
            field="password",
        ) from None
    except UnsupportedAlgorithm:
        raise unsupported() from None
    except ValueError:
        if password and is_encrypted(data):
            raise InvalidInput(
                "The password does not open the private key. Check it for typing mistakes and "
                "enter it again.",
                code="key.wrong_password",
                field="password",
            ) from None
        raise unreadable() from None
    if says_pss_only(data):
        raise pss_only()
    return supported(key)


def is_encrypted(data: bytes) -> bool:
    """Whether a key file asks for a password (PEM says so; in DER only the reader knows)."""
    if b"-----BEGIN" in data:
        return b"ENCRYPTED" in data
    try:
        serialization.load_der_private_key(data, None)
    except TypeError:
        return True
    except Exception:
        return False
    return False


def load_trusted(der: bytes) -> PrivateKey:
    """A key that we sealed ourselves and validated when it first came in.

    Skips RSA's primality check, which takes longer than the signature it is loaded
    for; the seal (AES-GCM) already proves that not a bit of it has changed.
    """
    return supported(
        serialization.load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    )


def supported(key: object) -> PrivateKey:
    if not isinstance(key, PRIVATE_KEY_TYPES):
        raise unsupported()
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name not in CURVE_NAMES:
        raise unsupported()
    return key


def supported_public(key: object) -> PublicKey:
    """``key``, if it is of a kind this product issues for; else raises ``key.unsupported``."""
    if not isinstance(key, PUBLIC_KEY_TYPES):
        raise unsupported()
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name not in CURVE_NAMES:
        raise unsupported()
    return key


def of_certificate(certificate: x509.Certificate) -> PublicKey:
    """The key of a certificate that is here already; may raise ``key.unsupported``."""
    return read_public(certificate)


def read_public(source: x509.Certificate | x509.CertificateSigningRequest) -> PublicKey:
    """The public key, which the library reads only now."""
    with reading(unsupported):
        return supported_public(source.public_key())


def to_der(key: PrivateKey) -> bytes:
    """Unencrypted PKCS#8 DER."""
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def to_pem(key: PrivateKey, password: bytes | None = None) -> bytes:
    """PKCS#8 PEM, encrypted with PBES2 when a password is given (RFC 8018)."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        encryption(password),
    )


def to_encrypted_der(key: PrivateKey, password: bytes) -> bytes:
    """PKCS#8 EncryptedPrivateKeyInfo DER under PBES2 (RFC 8018)."""
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, encryption(password)
    )


def encryption(password: bytes | None) -> serialization.KeySerializationEncryption:
    if password:
        return serialization.BestAvailableEncryption(password)
    return serialization.NoEncryption()


def spec_of(key: PrivateKey | PublicKey) -> KeySpec:
    match key:
        case rsa.RSAPrivateKey() | rsa.RSAPublicKey():
            return KeySpec("rsa", bits=key.key_size)
        case ec.EllipticCurvePrivateKey() | ec.EllipticCurvePublicKey():
            return KeySpec("ec", curve=CURVE_NAMES[key.curve.name])
        case _:
            return KeySpec("ed25519")


def public_key_der(key: PublicKey) -> bytes:
    """SubjectPublicKeyInfo DER (RFC 5280, section 4.1)."""
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def public_key_sha256(key: PublicKey) -> str:
    """SHA-256 of the SubjectPublicKeyInfo, lower-case hexadecimal."""
    return hashlib.sha256(public_key_der(key)).hexdigest()


def key_identity(key: PublicKey) -> str:
    """Equal for all public keys that who knows one's private key can compute one for.

    The modulus whatever the exponent is, and the point whatever its sign is: a known private key
    is known in these spellings too.
    """
    match key:
        case rsa.RSAPublicKey():
            n = key.public_numbers().n
            what = b"rsa:" + n.to_bytes((n.bit_length() + 7) // 8)
        case ec.EllipticCurvePublicKey():
            x = key.public_numbers().x
            what = f"{key.curve.name}:{x:x}".encode()
        case _:
            y = bytearray(
                key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            )
            y[-1] &= 0x7F
            what = b"ed25519:" + y
    return hashlib.sha256(what).hexdigest()


def matches(private: PrivateKey, public: object) -> bool:
    """Whether the two are halves of one pair."""
    return isinstance(public, PUBLIC_KEY_TYPES) and public_key_der(
        private.public_key()
    ) == public_key_der(public)
