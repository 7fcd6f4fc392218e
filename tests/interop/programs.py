"""The programs that judge, run with their words in English and without asking anyone."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

#: Long enough for a Java machine on a busy computer.
PATIENCE = 60


def path_of(program: str) -> str:
    """Where it is; the test is skipped where it is not."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed here; “make test-tools” installs it.")
    return found


def attempt(
    program: str, *arguments: str | Path, cwd: Path | None = None, given: bytes = b""
) -> tuple[int, str]:
    """Its exit code and all it said."""
    done = subprocess.run(
        [path_of(program), *map(str, arguments)],
        cwd=cwd,
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "LC_ALL": "C.UTF-8", "JAVA_TOOL_OPTIONS": "-Duser.language=en"},
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout.decode(errors="replace")


def accepted(program: str, *arguments: str | Path, cwd: Path | None = None) -> str:
    """What it said, after it ended well."""
    code, said = attempt(program, *arguments, cwd=cwd)
    assert code == 0, f"{program} {' '.join(map(str, arguments))} ended with {code}:\n{said}"
    return said


def rejected(program: str, *arguments: str | Path, cwd: Path | None = None) -> str:
    """What it said, after it refused. Shows that a judge looks at all."""
    code, said = attempt(program, *arguments, cwd=cwd)
    assert code != 0, f"{program} {' '.join(map(str, arguments))} took it:\n{said}"
    return said
