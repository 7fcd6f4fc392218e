"""Whatever bytes come: a document that every store can hold, or a refusal in words."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pki.actions.agent_texts import kept_result, lines, one_line
from pki.outside_json import DEPTH_LIMIT, Refused, decode, with_texts, without_surrogates

ANY_TEXT = st.text(st.characters(codec=None))
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(DOCUMENTS)
@example({"a": "\ud800"})
@example([float("nan")])
def test_what_is_taken_can_be_written_again_everywhere(document: Any) -> None:
    try:
        taken = decode(json.dumps(document).encode())
    except Refused:
        return
    text = json.dumps(taken, ensure_ascii=False, allow_nan=False)
    assert "\x00" not in text.encode().decode()
    assert decode(text.encode()) == taken


@given(st.binary(max_size=200))
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b"9" * 10_000)
def test_no_bytes_do_anything_else(data: bytes) -> None:
    with suppress(Refused):
        decode(data)


@pytest.mark.parametrize("levels", [DEPTH_LIMIT, DEPTH_LIMIT + 1])
def test_the_depth_is_exact(levels: int) -> None:
    data = b"[" * levels + b"]" * levels
    if levels > DEPTH_LIMIT:
        with pytest.raises(Refused):
            decode(data)
    else:
        decode(data)


@given(ANY_TEXT)
def test_kept_texts_are_printable_and_logs_keep_their_lines(text: str) -> None:
    assert one_line(text).isprintable()
    assert len(one_line(text)) == len(text)
    kept = lines(text)
    assert kept.replace("\n", "").replace("\t", "").isprintable()
    assert kept.count("\n") == text.count("\n")
    without_surrogates(text).encode()


def test_every_text_of_a_result_is_walked_and_nothing_else_changes() -> None:
    told = {"a\x1b": [1, 2.5, None, True, {"b": "c\nd\u202e"}]}
    assert kept_result(told) == {"a\ufffd": [1, 2.5, None, True, {"b": "c\nd\ufffd"}]}
    assert with_texts([1, "a"], str.upper) == [1, "A"]
