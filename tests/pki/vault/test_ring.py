"""The key ring: what it takes, how its keys are called, and how its file comes to be."""

import base64
import hashlib
import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from pki.errors import InvalidInput, Unavailable
from pki.vault import ring
from pki.vault.ring import KeyRing, RingKey

FIRST, SECOND = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))


@pytest.mark.parametrize("text", ["", " \n ", ",", ",\n,"])
def test_an_empty_ring_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        KeyRing.parse(text)
    assert refusal.value.code == "vault.ring"
    assert "no key" in refusal.value.message


@pytest.mark.parametrize(
    "wrong",
    [
        "not-base64!",
        base64.b64encode(b"x" * 31).decode(),
        base64.b64encode(b"x" * 33).decode(),
        FIRST[:-4],
        "Ключ",
    ],
)
def test_a_wrong_key_is_named_by_its_position_and_never_repeated(wrong: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        KeyRing.parse(f"{FIRST},{wrong}")
    assert refusal.value.code == "vault.ring"
    assert "Key 2" in refusal.value.message
    assert wrong not in refusal.value.message
    assert FIRST not in refusal.value.message


@pytest.mark.parametrize("separator", [",", "\n", ", ", "\r\n", " ,\n "])
def test_keys_are_separated_by_commas_or_line_ends_and_keep_their_order(separator: str) -> None:
    read = KeyRing.parse(f"{SECOND}{separator}{FIRST}\n")
    assert [key.secret[0] for key in read.keys] == [2, 1]
    assert read.first.secret == bytes([2]) * 32


def test_a_key_given_twice_counts_once() -> None:
    assert len(KeyRing.parse(f"{FIRST},{SECOND},{FIRST}").keys) == 2


def test_the_identifier_is_the_beginning_of_the_keys_sha256() -> None:
    key = KeyRing.parse(FIRST).first
    assert key.id == hashlib.sha256(bytes([1]) * 32).hexdigest()[:16]


def test_showing_a_key_does_not_show_its_secret() -> None:
    key = RingKey.generate()
    for shown in (repr(key), str(key), repr(KeyRing((key,)))):
        assert repr(key.secret) not in shown
        assert key.secret.hex() not in shown
        assert key.id in shown


def test_what_text_writes_parse_reads() -> None:
    one = KeyRing.generate().with_new_first().with_new_first()
    assert KeyRing.parse(one.text()) == one


def test_a_new_first_key_leaves_the_others_and_forgetting_leaves_only_the_first() -> None:
    old = KeyRing.parse(FIRST)
    new = old.with_new_first()
    assert new.keys[1:] == old.keys
    assert new.only_first().keys == new.keys[:1]


def test_a_key_that_is_not_in_the_ring_is_named_with_the_way_out() -> None:
    with pytest.raises(Unavailable) as refusal:
        KeyRing.parse(FIRST).key("0123456789abcdef")
    assert refusal.value.code == "vault.unknown_key"
    assert "0123456789abcdef" in refusal.value.message
    assert "CERTIFLOW_MASTER_KEYS" in refusal.value.message


def test_the_file_is_for_its_owner_only_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "new" / "master_keys"
    before = os.umask(0)
    try:
        ring.make_file(path)
        ring.replace_file(path, KeyRing.parse(path.read_text()).with_new_first())
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [found.name for found in path.parent.iterdir()] == ["master_keys"]


def test_a_file_that_is_there_is_never_replaced_by_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "master_keys"
    path.write_text(FIRST)
    ring.make_file(path)
    assert path.read_text() == FIRST


def make_when_all_are_ready(
    path: Path, barrier: object, seen: "multiprocessing.Queue[str]"
) -> None:
    barrier.wait()  # type: ignore[attr-defined]
    ring.make_file(path)
    seen.put(path.read_text())


def test_processes_that_make_the_file_at_once_agree_on_one_ring(tmp_path: Path) -> None:
    path = tmp_path / "master_keys"
    context = multiprocessing.get_context("fork")
    barrier, seen = context.Barrier(4), context.Queue()
    processes = [
        context.Process(target=make_when_all_are_ready, args=(path, barrier, seen))
        for _ in range(4)
    ]
    for process in processes:
        process.start()
    read = {seen.get(timeout=30) for _ in processes}
    for process in processes:
        process.join()
    assert read == {path.read_text()}
    assert len(KeyRing.parse(path.read_text()).keys) == 1
    assert [found.name for found in tmp_path.iterdir()] == ["master_keys"]


def test_a_replacement_that_fails_leaves_the_ring_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "master_keys"
    path.write_text(FIRST)

    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        ring.replace_file(path, KeyRing.parse(FIRST).with_new_first())
    assert path.read_text() == FIRST


def test_two_rings_together_open_what_either_opens() -> None:
    one, other = KeyRing.generate(), KeyRing.generate().with_new_first()
    both = one.followed_by(other)
    assert both.keys == (*one.keys, *other.keys)
    assert both.first == one.first
    assert both.followed_by(one) == both


def test_keys_for_responders_are_derived_one_by_one_and_never_those_of_the_ring() -> None:
    ring = KeyRing.parse(f"{FIRST},{SECOND}")
    derived = ring.for_responders()
    assert len({key.secret for key in (*ring.keys, *derived.keys)}) == 4
    assert KeyRing.parse(SECOND).for_responders().keys == derived.keys[1:]
    # As every version has to derive it: what is sealed now is opened then.
    assert derived.first.id == "55923605d402ca1f"


def test_the_key_that_seals_goes_first_and_has_to_be_there() -> None:
    ring = KeyRing.parse(f"{FIRST},{SECOND}")
    assert ring.led_by(ring.keys[1].id).keys == ring.keys[::-1]
    with pytest.raises(Unavailable) as refusal:
        ring.led_by("0" * 16)
    assert refusal.value.code == "vault.sealing_key"
