"""Random damage to valid inputs, the same at every run."""

import contextlib
from collections.abc import Iterator

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from pki.errors import InvalidInput

fuzzed = settings(
    deadline=None,
    database=None,
    derandomize=True,
    max_examples=250,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@st.composite
def damage(draw: st.DrawFn) -> list[tuple[str, int, bytes]]:
    """One to four changes: where, and what is replaced, inserted or cut off there."""
    return draw(
        st.lists(
            st.tuples(
                st.sampled_from(["replace", "replace", "insert", "delete", "cut"]),
                st.integers(0, 1_000_000),
                st.binary(min_size=1, max_size=4),
            ),
            min_size=1,
            max_size=4,
        )
    )


def damaged(data: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    for kind, position, content in changes:
        at = position % (len(data) + 1)
        match kind:
            case "replace":
                data = data[:at] + content + data[at + len(content) :]
            case "insert":
                data = data[:at] + content + data[at:]
            case "delete":
                data = data[:at] + data[at + len(content) :]
            case _:
                data = data[:at]
    return data


@contextlib.contextmanager
def only_refusals() -> Iterator[None]:
    """Only InvalidInput may come out, in a sentence that any page and terminal can show."""
    refusal: InvalidInput | None = None
    try:
        yield
    except InvalidInput as error:
        refusal = error
    if refusal is not None:
        assert refusal.message.isprintable()
        assert refusal.code
