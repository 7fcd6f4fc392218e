"""The errors of the product: a sentence for people, a stable code for machines.

The bottom of the house: imports nothing, so that the pure core may raise the
same errors as the actions. The door that catches one chooses the HTTP status.
"""


class CertiflowError(Exception):
    """Something was refused or failed, and the reason can be told to a person.

    ``message`` is one or two full sentences that name what was wrong, the limit
    and the way out. It never contains a private key or a password. ``code`` is
    stable, lower case, dotted (``name.wildcard``). ``field`` names the input it
    is about, in the vocabulary of the caller (``fqdn``, ``password`` ...), or is
    empty when it is about no single input.
    """

    def __init__(self, message: str, *, code: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.field = field

    def __str__(self) -> str:
        return self.message


class InvalidInput(CertiflowError):
    """What was given cannot be used as it is; giving something else helps."""


class Conflict(CertiflowError):
    """The state changed meanwhile, or does not allow it; looking again helps."""


class NotFound(CertiflowError):
    """What was named does not exist."""


class Forbidden(CertiflowError):
    """The actor lacks the role for it."""


class Unavailable(CertiflowError):
    """Something the product depends on (a key, a disk, a database) is missing."""
