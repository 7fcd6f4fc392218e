"""JSON from outside: one strict decoder for every door, and a walk over the texts in it."""

import json
import math
import re
from collections.abc import Callable
from typing import Any

DEPTH_LIMIT = 20
#: Objects, lists, texts, numbers and the like in one document.
VALUES_LIMIT = 50_000
#: Characters of one number: no integer or measurement needs more.
NUMBER_LIMIT = 100
#: Half of a pair of UTF-16, which no encoding of Unicode can hold.
SURROGATE = re.compile("[\ud800-\udfff]")


class Refused(ValueError):
    """What is wrong with the document, as the end of a sentence that begins with its name."""


def decode(data: bytes, *, encoding: str = "utf-8") -> Any:
    """The document as Python has it, when every store and every page can hold all of it.

    Raises Refused for what is no JSON in UTF-8, for NaN, infinities and numbers of more than
    `NUMBER_LIMIT` characters, for lone surrogates and U+0000 in texts, for a name that an object
    has twice, and for documents that are nested too deeply or have too many values.
    """
    try:
        document = DECODER.decode(data.decode(encoding))
    except Refused:
        raise
    except RecursionError:
        raise too_deep() from None
    except ValueError:
        raise Refused("is not JSON in UTF-8") from None
    check(document)
    return document


def check(document: Any) -> None:
    level, values = [document], 0
    for depth in range(DEPTH_LIMIT + 1):
        if depth == DEPTH_LIMIT and any(isinstance(value, dict | list) for value in level):
            raise too_deep()
        values += len(level)
        if values > VALUES_LIMIT:
            raise Refused(f"has more than {VALUES_LIMIT:,} values")
        inner: list[Any] = []
        for value in level:
            if isinstance(value, str):
                check_text(value)
            elif isinstance(value, dict):
                for name in value:
                    check_text(name)
                inner += value.values()
            elif isinstance(value, list):
                inner += value
        level = inner


def check_text(text: str) -> None:
    if "\x00" in text:
        raise Refused("has the character U+0000 in a text")
    if not text.isascii() and SURROGATE.search(text):
        raise Refused("has half a character (a lone surrogate) in a text")


def too_deep() -> Refused:
    return Refused(f"is nested more than {DEPTH_LIMIT} levels deep")


def whole_number(text: str) -> int:
    check_width(text)
    return int(text)


def fraction(text: str) -> float:
    check_width(text)
    number = float(text)
    if not math.isfinite(number):
        raise Refused("has a number that is too large")
    return number


def check_width(text: str) -> None:
    if len(text) > NUMBER_LIMIT:
        raise Refused(f"has a number of more than {NUMBER_LIMIT} characters")


def no_number(text: str) -> Any:
    raise Refused(f"has {text} in it, which is no number in JSON")


def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise Refused("has an object with the same name twice")
    return document


DECODER = json.JSONDecoder(
    object_pairs_hook=members,
    parse_int=whole_number,
    parse_float=fraction,
    parse_constant=no_number,
)


def with_texts(
    value: Any, name: Callable[[str], str], text: Callable[[str], str] | None = None
) -> Any:
    """The same document with every name, and every text or else by the same rule, changed."""
    text = text or name
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {name(key): with_texts(each, name, text) for key, each in value.items()}
    if isinstance(value, list):
        return [with_texts(each, name, text) for each in value]
    return value


def without_surrogates(text: str) -> str:
    """The text as UTF-8 can hold it, for what was stored before anybody looked."""
    return text if text.isascii() else SURROGATE.sub("\ufffd", text)
