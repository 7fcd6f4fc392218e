"""Whatever the library raises while it reads bytes of others is a refusal with a sentence."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pki.errors import CertiflowError, InvalidInput


@contextmanager
def reading(refusal: Callable[[], InvalidInput]) -> Iterator[None]:
    """Around or before everything that parses bytes from outside.

    The library documents few of its exceptions, and reads keys, names and extensions only when
    they are asked for: among others come DuplicateExtension, TypeError for malformed name
    constraints, OverflowError for dates, and Rust's panics.
    """
    try:
        yield
    except CertiflowError:
        raise
    except BaseException as error:
        if not is_of_library(error):
            raise
        raise refusal() from None


def is_of_library(error: BaseException) -> bool:
    """Also a panic of its Rust code, which is no Exception; not Ctrl-C or the end of a process."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"
