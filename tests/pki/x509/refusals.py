"""What every refusal must be: a code for machines and a full sentence for people."""

import contextlib
from collections.abc import Iterator

import pytest

from pki.errors import CertiflowError, InvalidInput


@contextlib.contextmanager
def refused(
    code: str, field: str, *words: str, by: type[CertiflowError] = InvalidInput
) -> Iterator[None]:
    """The block is refused with this code on this field, in a sentence that has ``words``."""
    with pytest.raises(by) as refusal:
        yield
    error = refusal.value
    assert (error.code, error.field) == (code, field)
    assert error.message.endswith(".")
    assert error.message.isprintable()
    for word in words:
        assert word in error.message
