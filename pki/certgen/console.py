"""Lines on the console, whatever letters it can show."""

import sys
from typing import TextIO


def say(text: str) -> None:
    write(sys.stdout, text)


def error(text: str) -> None:
    write(sys.stderr, text)


def write(stream: TextIO, text: str) -> None:
    """Letters that the console lacks, or bytes of a path that are none, are written as \\x.."""
    encoding = stream.encoding or "utf-8"
    stream.write(f"{text}\n".encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
