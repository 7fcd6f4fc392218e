"""What an administrator has said yes to in so many words."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Confirmations:
    #: Names outside the name policy, for this one certificate.
    outside_policy: bool = False
    #: Names that another server has as well.
    shared: bool = False
    #: Nobody is there to ask: what was accepted for this server before goes on.
    as_before: bool = False


NOTHING = Confirmations()
AS_BEFORE = Confirmations(as_before=True)
