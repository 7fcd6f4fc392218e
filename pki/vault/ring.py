"""The key ring: the first key seals, every key opens, so keys rotate without downtime."""

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pki.errors import InvalidInput, Unavailable

#: Bytes of AES-256.
KEY_LENGTH = 32
#: What the keys that open OCSP responders are derived for (RFC 5869).
RESPONDERS = b"CertiFlow Admin: keys of OCSP responders"


@dataclass(frozen=True)
class RingKey:
    """A key-encryption key; ``repr`` does not show it."""

    id: str
    secret: bytes

    def __repr__(self) -> str:
        return f"RingKey({self.id})"

    @classmethod
    def from_secret(cls, secret: bytes) -> "RingKey":
        """Its identifier is the beginning of its SHA-256: 16 hexadecimal digits."""
        return cls(hashlib.sha256(secret).hexdigest()[:16], secret)

    @classmethod
    def generate(cls) -> "RingKey":
        return cls.from_secret(secrets.token_bytes(KEY_LENGTH))


@dataclass(frozen=True)
class KeyRing:
    keys: tuple[RingKey, ...]

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """Keys of 32 bytes in base64, separated by commas or line ends, the sealing one first.

        Raises InvalidInput ``vault.ring`` without repeating what it read.
        """
        parts = text.replace(",", "\n").split()
        if not parts:
            raise InvalidInput("The key ring holds no key.", code="vault.ring")
        return cls(tuple(dict.fromkeys(parse_key(part, n) for n, part in enumerate(parts, 1))))

    @classmethod
    def generate(cls) -> "KeyRing":
        return cls((RingKey.generate(),))

    @property
    def first(self) -> RingKey:
        return self.keys[0]

    def key(self, identifier: str) -> RingKey:
        """Raises Unavailable ``vault.unknown_key``."""
        for key in self.keys:
            if key.id == identifier:
                return key
        raise Unavailable(
            f"A private key is sealed under the master key {identifier}, which is not in the key "
            "ring. Put that key back into CERTIFLOW_MASTER_KEYS or its file.",
            code="vault.unknown_key",
        )

    def with_new_first(self) -> "KeyRing":
        return KeyRing((RingKey.generate(), *self.keys))

    def followed_by(self, other: "KeyRing") -> "KeyRing":
        """Opens what either of the two opens; this one's first key seals."""
        return KeyRing(tuple(dict.fromkeys((*self.keys, *other.keys))))

    def led_by(self, identifier: str) -> "KeyRing":
        """The same keys with that one first. Raises Unavailable ``vault.sealing_key``."""
        first = [key for key in self.keys if key.id == identifier]
        if not first:
            raise Unavailable(
                f"Everything is sealed under the key {identifier} now, which is not in the key "
                "ring of this process. Give every node the same ring, in CERTIFLOW_MASTER_KEYS "
                "or its file, and restart this one.",
                code="vault.sealing_key",
            )
        return KeyRing((*first, *(key for key in self.keys if key.id != identifier)))

    def for_responders(self) -> "KeyRing":
        """Keys derived one by one, which open OCSP responders and tell nothing of these."""
        return derived(self)

    def only(self, identifiers: Collection[str]) -> "KeyRing":
        return KeyRing(tuple(key for key in self.keys if key.id in identifiers))

    def only_first(self) -> "KeyRing":
        return KeyRing(self.keys[:1])

    def text(self) -> str:
        """What ``parse`` reads: a line a key."""
        return "".join(f"{base64.b64encode(key.secret).decode()}\n" for key in self.keys)


@lru_cache(maxsize=8)
def derived(ring: KeyRing) -> KeyRing:
    return KeyRing(tuple(derived_key(key) for key in ring.keys))


def derived_key(key: RingKey) -> RingKey:
    """One way: whoever has it does not have ``key``."""
    derivation = HKDF(hashes.SHA256(), KEY_LENGTH, salt=None, info=RESPONDERS)
    return RingKey.from_secret(derivation.derive(key.secret))


def parse_key(text: str, position: int) -> RingKey:
    try:
        secret = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != KEY_LENGTH:
        raise InvalidInput(
            f"Key {position} of the key ring is not {KEY_LENGTH} bytes in base64. "
            "“openssl rand -base64 32” makes one.",
            code="vault.ring",
        )
    return RingKey.from_secret(secret)


def make_file(path: Path) -> None:
    """A new ring of one key at ``path``, mode 0600, unless there is a file already."""
    temporary = write_temporary(path, KeyRing.generate())
    try:
        # A link fails where another process was faster; its ring is then the one in force.
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


def replace_file(path: Path, ring: KeyRing) -> None:
    """Put ``ring`` in the place of the one at ``path``, all of it or nothing."""
    write_temporary(path, ring).replace(path)


def write_temporary(path: Path, ring: KeyRing) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w") as file:
        file.write(ring.text())
        file.flush()
        os.fsync(file.fileno())
    return temporary
