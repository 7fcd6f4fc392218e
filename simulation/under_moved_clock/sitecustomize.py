"""Makes `time.sleep` work under libfaketime 0.9.10, in every Python under the moved clock.

Since Python 3.11 it sleeps until a moment of the clock that only goes on, and the library,
told to leave that clock alone, moves the moment all the same: the sleep fails at once with
EINVAL (its issue 426). Waiting for nothing for so long is the same, and is left alone.
"""

import select
import time


def sleep(seconds: float) -> None:
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], seconds)


time.sleep = sleep  # type: ignore[assignment]
