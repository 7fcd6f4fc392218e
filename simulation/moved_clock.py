"""A clock that is moved by hand, and shared by every program that is started under it.

The programs look at one small file whenever they ask for the time (Debian's `faketime`), so
all of them jump at the same moment. Only the time of day is moved: what measures how long
something takes goes on as it is, and so do time-outs.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent
#: Of every Python under this clock: the checkout, and what mends sleeping.
PYTHON_PATH = os.pathsep.join(map(str, (HERE / "under_moved_clock", HERE.parent)))
#: Names the file to the programs, and tells that they live under a moved clock.
VARIABLE = "FAKETIME_TIMESTAMP_FILE"


@dataclass
class MovedClock:
    file: Path
    ahead: timedelta = timedelta()

    def move(self, by: timedelta) -> None:
        """Forward only; in one step, so that nobody reads half a number."""
        if by < timedelta():
            raise ValueError("This clock goes forward only.")
        self.ahead += by
        temporary = self.file.with_suffix(".new")
        temporary.write_text(f"+{int(self.ahead.total_seconds())}\n")
        temporary.replace(self.file)

    def environment(self) -> dict[str, str]:
        """What a program needs to live under this clock, and all that it starts."""
        return {
            **os.environ,
            "LD_PRELOAD": preload(),
            VARIABLE: str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # Otherwise threads that wait for each other by that clock do not wait at all.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            # gunicorn reads from a file's time whether its workers live.
            "NO_FAKE_STAT": "1",
            "PYTHONPATH": PYTHON_PATH,
        }


def preload() -> str:
    """Where the library is, as the dynamic linker is told; empty where there is none."""
    program = shutil.which("faketime")
    if program is None:
        return ""
    done = subprocess.run(
        [program, "-m", "-f", "+0", "printenv", "LD_PRELOAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def start_at(file: Path, moment: datetime) -> MovedClock:
    """A clock that shows ``moment``; called where the clock is the machine's own."""
    clock = MovedClock(file)
    # The file holds whole seconds; not a moment too early.
    clock.move(moment - datetime.now(UTC) + timedelta(seconds=1))
    return clock


def under_moved_clock() -> MovedClock:
    """The one this program was started under."""
    file = Path(os.environ[VARIABLE])
    return MovedClock(file, timedelta(seconds=int(file.read_text())))
