"""The decisions of an administrator about a rollover, each with what it does, in words."""

from collections.abc import Callable
from dataclasses import dataclass

from pki.actions.rollover.stages import begin_reissuing, cancel, finish
from pki.models import Rollover


@dataclass(frozen=True)
class Decision:
    question: str
    button: str
    icon: str
    tone: str
    #: What will happen, and what will not; ``{old}`` and ``{new}`` are the roots' names.
    consequences: tuple[str, ...]
    done: str
    action: Callable[..., Rollover]

    def in_words(self, row: Rollover) -> dict[str, object]:
        names = {"old": row.old, "new": row.successor}
        return {
            "question": self.question.format(**names),
            "consequences": [each.format(**names) for each in self.consequences],
        }

    def done_in_words(self, row: Rollover) -> str:
        return self.done.format(old=row.old, new=row.successor)


DECISIONS = {
    "begin": Decision(
        "Let {new} sign from now on?",
        "Begin re-issuing",
        "arrow-right",
        "btn-primary",
        (
            "Every certificate that is issued from now on, also by automatic renewal and for new "
            "workstations, is signed by {new}.",
            "Servers and trusted workstations get new certificates in waves, which you can pause "
            "at any time.",
            "Certificates of {old} stay valid, and agents go on trusting both roots.",
            "There is no way back to {old} as the root that signs.",
        ),
        "{new} signs from now on. The first wave starts within a minute.",
        begin_reissuing,
    ),
    "cancel": Decision(
        "Give up {new}?",
        "Cancel the replacement",
        "x",
        "btn-danger",
        (
            "{old} goes on as if nothing had been: no certificate changes.",
            "Agents are told of {old} alone again, and forget {new} at their next contact.",
            "The two cross-certificates are revoked. The key of {new} stays here, encrypted, and "
            "is not used.",
            "Where somebody brought {new} into a server's trust store, take it out again.",
        ),
        "The replacement is cancelled. {old} goes on.",
        cancel,
    ),
    "finish": Decision(
        "Retire {old}?",
        "Finish: retire the old root",
        "circle-check",
        "btn-danger",
        (
            "Agents are told of {new} alone, and stop trusting {old} at their next contact.",
            "The agent site no longer lets in anybody with a certificate of {old}.",
            "Commands for joining that carry the old fingerprint stop working; make them anew "
            "under Tokens.",
            "The cross-certificate by which {new} vouches for {old} is revoked.",
            "The revocation list and OCSP of {old} go on being published until it ends.",
            "There is no way back.",
        ),
        "{old} is retired. {new} is the root.",
        finish,
    ),
}
