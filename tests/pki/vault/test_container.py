"""Files under a password: they give back what was written, or say that they do not."""

import io
import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import CertiflowError
from pki.vault import container
from pki.vault.container import Lock, Opened, Sealer, opened

PASSWORD = "correct horse battery staple"
#: The cheapest that is allowed, and made once: stretching is what takes the time.
LOCK = Lock.new(PASSWORD, cost=2**14)
SMALL = 16


def sealed(content: bytes, lock: Lock = LOCK) -> bytes:
    file = io.BytesIO()
    sealer = Sealer(file, lock)
    sealer.write(content)
    sealer.finish()
    return file.getvalue()


def read(file: bytes, lock: Lock = LOCK) -> bytes:
    return b"".join(opened(io.BytesIO(file[len(lock.header) :]), lock))


def chunks(file: bytes) -> list[bytes]:
    """The file cut where its chunks begin, without the header."""
    found, rest = [], file[len(LOCK.header) :]
    while rest:
        length = 5 + int.from_bytes(rest[1:5])
        found.append(rest[:length])
        rest = rest[length:]
    return found


def refused(file: bytes) -> str:
    """The code of the refusal."""
    with pytest.raises(CertiflowError) as refusal:
        read(file)
    assert refusal.value.message.endswith(".")
    return refusal.value.code


@pytest.fixture(autouse=True, scope="module")
def small_chunks() -> object:
    """So that a short example has many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(container, "CHUNK", SMALL)
        yield


@given(st.lists(st.binary(max_size=5 * SMALL), max_size=6))
def test_what_was_written_in_any_pieces_is_read_whole(pieces: list[bytes]) -> None:
    file = io.BytesIO()
    sealer = Sealer(file, LOCK)
    for piece in pieces:
        sealer.write(piece)
    sealer.finish()
    assert read(file.getvalue()) == b"".join(pieces)


@given(st.binary(max_size=5 * SMALL), st.integers(1, 40))
def test_it_can_be_read_like_a_file(content: bytes, size: int) -> None:
    file = io.BytesIO(sealed(content)[len(LOCK.header) :])
    with io.BufferedReader(Opened(file, LOCK), buffer_size=size) as reader:
        assert reader.read() == content


@given(st.binary(max_size=5 * SMALL), st.data())
def test_no_bit_can_be_changed(content: bytes, data: st.DataObject) -> None:
    file = bytearray(sealed(content))
    position = data.draw(st.integers(len(LOCK.header), len(file) - 1))
    file[position] ^= 1 << data.draw(st.integers(0, 7))
    assert refused(bytes(file)) in {"backup.damaged", "backup.cut_off"}


@given(st.binary(max_size=5 * SMALL), st.data())
def test_nothing_can_be_cut_off_at_the_end(content: bytes, data: st.DataObject) -> None:
    file = sealed(content)
    kept = data.draw(st.integers(len(LOCK.header), len(file) - 1))
    assert refused(file[:kept]) == "backup.cut_off"


@given(st.binary(max_size=5 * SMALL), st.binary(min_size=1, max_size=80))
def test_nothing_can_be_added_at_the_end(content: bytes, more: bytes) -> None:
    assert refused(sealed(content) + more) == "backup.damaged"


Change = Callable[[list[bytes]], list[bytes]]


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found[1:],
        lambda found: [found[0], *found[2:]],
        lambda found: [found[1], found[0], *found[2:]],
        lambda found: [found[0], found[0], *found[1:]],
        lambda found: [*found, found[-1]],
        lambda found: [*found[:-2], found[-1]],
        lambda found: [*found[:-2], b"\x01" + found[-2][1:]],
        lambda found: [*found[:-1], b"\x00" + found[-1][1:]],
    ],
    ids=["first dropped", "one dropped", "two swapped", "one repeated", "last repeated",
         "last but one dropped", "earlier one called the last", "last one called an earlier one"],
)  # fmt: skip
def test_no_chunk_can_be_moved_dropped_or_repeated(change: Change) -> None:
    file = sealed(b"x" * SMALL * 4)
    found = chunks(file)
    assert len(found) == 4
    assert refused(LOCK.header + b"".join(change(found))) in {"backup.damaged", "backup.cut_off"}


def test_a_chunk_of_another_file_does_not_fit() -> None:
    """Even under the same key, which two files never share, because the header is bound in."""
    other = Lock(LOCK.header.replace(b'"n": 16384', b'"n": 32768'), LOCK.key)
    foreign = sealed(b"the other content", other)[len(other.header) :]
    assert refused(LOCK.header + foreign) == "backup.damaged"


def test_a_file_that_was_not_finished_is_cut_off() -> None:
    file = io.BytesIO()
    Sealer(file, LOCK).write(b"x" * SMALL * 3)
    assert refused(file.getvalue()) == "backup.cut_off"


def test_the_password_opens_it_and_another_does_not() -> None:
    file = sealed(b"the content")
    assert read(file, Lock.read(io.BytesIO(file), PASSWORD)) == b"the content"
    with pytest.raises(CertiflowError) as refusal:
        Lock.read(io.BytesIO(file), PASSWORD + " ")
    assert refusal.value.code == "backup.password"
    assert PASSWORD not in refusal.value.message


def test_a_password_is_the_same_however_its_letters_are_written() -> None:
    lock = Lock.new("gr\u00fcn und blau", cost=2**14)
    assert Lock.read(io.BytesIO(lock.header), "gru\u0308n und blau").key == lock.key


@given(st.binary(max_size=400))
def test_what_is_no_backup_is_called_so(garbage: bytes) -> None:
    with pytest.raises(CertiflowError) as refusal:
        Lock.read(io.BytesIO(garbage), PASSWORD)
    assert refusal.value.code == "backup.not_one"


def test_a_later_format_is_told_from_garbage() -> None:
    later = LOCK.header.replace(b"format 1", b"format 2")
    with pytest.raises(CertiflowError) as refusal:
        Lock.read(io.BytesIO(later), PASSWORD)
    assert refusal.value.code == "backup.newer"


@given(st.binary(max_size=300))
def test_a_second_line_of_garbage_is_called_damaged(garbage: bytes) -> None:
    with pytest.raises(CertiflowError) as refusal:
        Lock.read(io.BytesIO(container.MAGIC + garbage), PASSWORD)
    assert refusal.value.code == "backup.damaged"


@pytest.mark.parametrize(
    "change", [{"n": 2**40}, {"n": 3}, {"n": 16384.0}, {"r": 64}, {"p": 9}, {"kdf": "none"}]
)
def test_a_file_cannot_ask_for_all_the_memory_or_no_protection(change: dict[str, object]) -> None:
    facts = json.loads(LOCK.header.splitlines()[1]) | change
    file = container.MAGIC + json.dumps(facts).encode() + b"\n"
    with pytest.raises(CertiflowError) as refusal:
        Lock.read(io.BytesIO(file), PASSWORD)
    assert refusal.value.code == "backup.damaged"


def test_the_file_is_scrypt_and_aes_256_gcm_as_the_module_says() -> None:
    """Opened here with nothing but the two and the layout in the docstring."""
    magic, line, rest = sealed(b"the content").split(b"\n", 2)
    facts = json.loads(line)
    secret = Scrypt(
        salt=bytes.fromhex(facts["salt"]), length=64, n=facts["n"], r=facts["r"], p=facts["p"]
    ).derive(PASSWORD.encode())
    associated = magic + b"\n" + line + b"\n" + bytes(12) + b"\x01"
    assert rest[:1] == b"\x01"
    assert AESGCM(secret[:32]).decrypt(bytes(12), rest[5:], associated) == b"the content"


def test_two_files_under_one_password_have_two_keys() -> None:
    assert Lock.new(PASSWORD, cost=2**14).key != LOCK.key
    assert LOCK.key.hex() not in repr(LOCK)


def test_too_little_memory_is_told() -> None:
    """In a process that may have no more than it has and a few MiB."""
    code = (
        "import resource\n"
        "from pki.vault.container import Lock\n"
        "from pki.errors import Unavailable\n"
        "size = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (size + 2**24, size + 2**24))\n"
        "try:\n    Lock.new('x' * 20)\n"
        "except Unavailable as error:\n    print(error.code, error.message)\n"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert child.stdout.startswith("backup.memory ")
    assert "128 MiB" in child.stdout
