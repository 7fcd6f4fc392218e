"""How long `certiflow --help` takes, from the shell's point of view."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.bare_signature import bare_signature
from benchmarks.measurement import Contestant, Row, alternating, milliseconds
from pki.x509 import keys

SECONDS = 0.4
ROUNDS = 9


def rows() -> Iterator[Row]:
    command = Path(sys.executable).with_name("certiflow")
    seconds = alternating(
        ROUNDS,
        bare=Contestant(bare_signature(keys.generate(keys.KeySpec("ec", curve="p256"))), 20),
        python=Contestant(started(sys.executable, "-c", "pass"), 1),
        command=Contestant(started(str(command), "--help"), 1),
    )
    taken = sorted(seconds["command"])[ROUNDS // 2]
    yield Row(
        name="certiflow --help",
        measured=milliseconds(seconds["command"]),
        bare=milliseconds(seconds["bare"]),
        compared=f"Python alone {milliseconds(seconds['python'])}",
        target=f"< {SECONDS * 1000:.0f} ms",
        met=taken < SECONDS,
        rounds=seconds,
    )


def started(*command: str) -> Callable[[], object]:
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
