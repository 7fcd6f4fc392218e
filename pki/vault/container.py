"""A stream of bytes in one file under a password, of which no part can be changed unnoticed.

The file is: the line ``MAGIC``, a line of JSON with what the password is stretched by, then
numbered chunks. A chunk is a byte that is 1 in the last one and 0 before, the length of what
follows (4 bytes, big endian), and AES-256-GCM of at most ``CHUNK`` bytes. Its nonce is its
number, and both lines, the number and that first byte are associated data: a chunk that was
changed, moved, repeated, left out or taken from another file does not open, and a file without
its last chunk is known to be cut off.

Scrypt gives 64 bytes: the key, which is of this file alone because the salt is, and a check
that tells a wrong password from a damaged file and binds the file to one key.
"""

import hmac
import io
import json
import secrets
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from pki import outside_json
from pki.errors import InvalidInput, Unavailable
from pki.vault.ring import KEY_LENGTH

#: What `file` and people see; the number is the format's.
MAGIC = b"CertiFlow Admin backup, format 1, encrypted; certiflow restore opens it\n"
SAME_PRODUCT = b"CertiFlow Admin backup, format "
#: Bytes in one chunk, and of memory that reading takes.
CHUNK = 1024 * 1024
NONCE = 12
TAG = 16
SALT = 32
HEADER_LIMIT = 1000
#: Scrypt takes 128 * r * n bytes of memory: 128 MiB, and a third of a second.
COST = 2**17
#: A file says its cost itself, and must not be able to ask for all the memory there is.
COSTS = tuple(2**power for power in range(14, 21))
BLOCK_SIZE = 8
#: What a file may say of itself besides its cost: there is nothing to choose yet.
KNOWN = ("scrypt", BLOCK_SIZE, 1, "aes-256-gcm")


class Sink(Protocol):
    def write(self, data: bytes, /) -> Any: ...


@dataclass(frozen=True)
class Lock:
    """The two lines at the beginning and the key under them; ``repr`` shows neither."""

    header: bytes
    key: bytes

    def __repr__(self) -> str:
        return "Lock()"

    @classmethod
    def new(cls, password: str, *, cost: int = COST) -> "Lock":
        salt = secrets.token_bytes(SALT)
        key, check = stretched(password, salt, cost)
        facts = {"kdf": "scrypt", "n": cost, "r": BLOCK_SIZE, "p": 1, "salt": salt.hex()}
        line = json.dumps(facts | {"check": check.hex(), "cipher": "aes-256-gcm"})
        return cls(MAGIC + line.encode() + b"\n", key)

    @classmethod
    def read(cls, file: BinaryIO, password: str) -> "Lock":
        """From the beginning of ``file``. Raises InvalidInput ``backup.…``."""
        line = read_header(file)
        try:
            facts = outside_json.decode(line)
            salt, cost = bytes.fromhex(facts["salt"]), facts["n"]
            expected = bytes.fromhex(facts["check"])
            known = (facts["kdf"], facts["r"], facts["p"], facts["cipher"])
        except (ValueError, KeyError, TypeError):
            raise damaged("its second line is not readable") from None
        if known != KNOWN or cost not in COSTS or not isinstance(cost, int):
            raise damaged("its second line asks for what no backup asks for")
        key, check = stretched(password, salt, cost)
        if not hmac.compare_digest(check, expected):
            raise InvalidInput(
                "The password is not the one of this backup, or the file's beginning was changed. "
                "Nothing was restored; try again with the right password or another copy.",
                code="backup.password",
                field="password",
            )
        return cls(MAGIC + line, key)


def read_header(file: BinaryIO) -> bytes:
    """The second line. Raises InvalidInput ``backup.not_one`` or ``backup.newer``."""
    first = file.read(len(MAGIC))
    if first == MAGIC:
        return file.readline(HEADER_LIMIT)
    if first.startswith(SAME_PRODUCT) and first[len(SAME_PRODUCT) :][:1].isdigit():
        raise InvalidInput(
            "This backup is in a format that this version of CertiFlow Admin does not know. "
            "Restore it with the version that made it, or a newer one.",
            code="backup.newer",
            field="file",
        )
    raise InvalidInput(
        "This is not a backup of CertiFlow Admin. Name a file that “certiflow backup” wrote.",
        code="backup.not_one",
        field="file",
    )


def stretched(password: str, salt: bytes, cost: int) -> tuple[bytes, bytes]:
    """Key and check. The same letters typed on another system are the same password."""
    text = unicodedata.normalize("NFC", password).encode()
    try:
        found = Scrypt(salt=salt, length=2 * KEY_LENGTH, n=cost, r=BLOCK_SIZE, p=1).derive(text)
    except MemoryError:
        raise Unavailable(
            f"The password cannot be made into a key: that takes {128 * BLOCK_SIZE * cost >> 20} "
            "MiB of memory. Stop something else, and try again.",
            code="backup.memory",
        ) from None
    return found[:KEY_LENGTH], found[KEY_LENGTH:]


class Sealer:
    """Takes what is written to it, and writes chunks; only ``finish`` makes the file whole."""

    def __init__(self, sink: Sink, lock: Lock) -> None:
        self._sink, self._lock = sink, lock
        self._cipher = AESGCM(lock.key)
        self._waiting = bytearray()
        self._number = 0
        sink.write(lock.header)

    def write(self, data: bytes, /) -> int:
        self._waiting += data
        # One byte more than a chunk: what is written here is never the last one.
        while len(self._waiting) > CHUNK:
            self._put(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(data)

    def flush(self) -> None:
        """Chunks are full; there is nothing to write before one is."""

    def finish(self) -> None:
        self._put(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _put(self, plain: bytes, *, last: bool) -> None:
        nonce, associated = bound_to(self._lock, self._number, last=last)
        sealed = self._cipher.encrypt(nonce, plain, associated)
        self._sink.write(bytes([last]) + len(sealed).to_bytes(4) + sealed)
        self._number += 1


def opened(file: BinaryIO, lock: Lock) -> Iterator[bytes]:
    """What was sealed, a chunk at a time, each authentic; the header is read already.

    Raises Unavailable ``backup.damaged`` or ``backup.cut_off``. All of the file is authentic
    once this has come to its end, and not before.
    """
    cipher = AESGCM(lock.key)
    number, last = 0, False
    while not last:
        frame = exactly(file, 5)
        last, length = frame[0] == 1, int.from_bytes(frame[1:])
        if frame[0] > 1 or not TAG <= length <= CHUNK + TAG:
            raise damaged(f"chunk {number + 1} does not begin as one")
        nonce, associated = bound_to(lock, number, last=last)
        try:
            plain = cipher.decrypt(nonce, exactly(file, length), associated)
        except InvalidTag:
            raise damaged(f"chunk {number + 1} was changed") from None
        yield plain
        number += 1
    if file.read(1):
        raise damaged("something was added at its end")


def bound_to(lock: Lock, number: int, *, last: bool) -> tuple[bytes, bytes]:
    """Nonce and associated data of a chunk."""
    return number.to_bytes(NONCE), lock.header + number.to_bytes(NONCE) + bytes([last])


def exactly(file: BinaryIO, length: int) -> bytes:
    found = file.read(length)
    if len(found) < length:
        raise Unavailable(
            "The backup is not complete: its end is missing. Nothing was restored; use another "
            "copy of it.",
            code="backup.cut_off",
            field="file",
        )
    return found


def damaged(how: str) -> Unavailable:
    return Unavailable(
        f"The backup is damaged: {how}. Nothing was restored; use another copy of it.",
        code="backup.damaged",
        field="file",
    )


class Opened(io.RawIOBase):
    """The same as a file to read from, for those who read lines or decompress."""

    def __init__(self, file: BinaryIO, lock: Lock) -> None:
        self._chunks = opened(file, lock)
        self._waiting = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not self._waiting:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._waiting = memoryview(chunk)
        length = min(len(buffer), len(self._waiting))
        buffer[:length] = self._waiting[:length]
        self._waiting = self._waiting[length:]
        return length
