"""A database's own words in one line."""


def reason(error: Exception) -> str:
    """The first line, without its full stop; drivers add the statement and hints below it."""
    lines = str(error).strip().splitlines()
    return lines[0].strip().rstrip(".") if lines else type(error).__name__
