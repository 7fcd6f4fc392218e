"""Answers of this process, signed once and given again until something was revoked.

Signing one with a P-256 key takes less time than reading one from a table would, so each
process keeps its own (RFC 5019). It asks once a second whether anything was revoked: that
is how long an answer can be out of date.
"""

import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from threading import Lock
from uuid import UUID

from cryptography import x509
from django.utils import timezone

from pki.actions.certificate_row import parsed
from pki.actions.ocsp_responder import responder_of, revocations, statuses
from pki.models import Authority
from pki.x509 import ocsp
from pki.x509.ocsp import Question, Responder

#: Seconds between two looks at what was revoked.
LOOK_AGAIN = 1.0
#: An answer is signed anew after this.
SIGNED_AGAIN_AFTER = timedelta(hours=1)
#: A responder's certificate is looked up anew after this.
RESPONDER_KEPT = timedelta(minutes=10)
#: Answers, and bytes of these and of the questions they belong to, that a process keeps. An
#: answer has some 900.
MOST_KEPT = 20_000
MOST_BYTES = 32 * 1024 * 1024
#: What Python needs for each besides: two objects, their dates, a place in the table.
EACH = 500


@dataclass(frozen=True, slots=True)
class Answer:
    der: bytes
    #: Both None for an answer that nobody may keep.
    signed_at: datetime | None = None
    next_update: datetime | None = None

    def is_fresh(self, now: datetime) -> bool:
        return self.signed_at is not None and (
            timedelta() <= now - self.signed_at < SIGNED_AGAIN_AFTER
        )


@dataclass(frozen=True)
class KnownResponder:
    responder: Responder
    until: datetime


class Answers:
    """One for a process; its threads share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[bytes, Answer] = OrderedDict()
        self._bytes = 0
        self._certificates: dict[UUID, x509.Certificate] = {}
        self._responders: dict[UUID, KnownResponder] = {}
        self._revocations: Mapping[UUID, int] = {}
        self._looked_at = float("-inf")

    def find(self, der: bytes) -> Answer:
        """Raises InvalidInput ``ocsp.malformed`` and what `responder_of` raises."""
        seen = self._look()
        now = timezone.now()
        kept = self._kept.get(der)
        if kept is not None and kept.is_fresh(now):
            return kept
        question = ocsp.read(der)
        answer = self._made(der, question, seen, now)
        if answer.signed_at is not None:
            self._keep(der, answer, seen)
        return answer

    def _look(self) -> Mapping[UUID, int]:
        """What was revoked until a second ago at most; forgets all answers when that is new."""
        if time.monotonic() - self._looked_at >= LOOK_AGAIN:
            with self._lock:
                if time.monotonic() - self._looked_at >= LOOK_AGAIN:
                    found = revocations()
                    if found != self._revocations:
                        self._kept.clear()
                        self._bytes = 0
                        self._responders.clear()
                        self._revocations = found
                    self._looked_at = time.monotonic()
        return self._revocations

    def _keep(self, der: bytes, answer: Answer, seen: Mapping[UUID, int]) -> None:
        with self._lock:
            # Made from what was known before the last look: it may say good of what no longer is.
            if seen is not self._revocations:
                return
            if der in self._kept:
                self._bytes -= size(der, self._kept.pop(der))
            self._kept[der] = answer
            self._bytes += size(der, answer)
            while len(self._kept) > MOST_KEPT or self._bytes > MOST_BYTES:
                self._bytes -= size(*self._kept.popitem(last=False))

    @property
    def kept_bytes(self) -> int:
        return self._bytes

    def _made(
        self, der: bytes, question: Question, seen: Mapping[UUID, int], now: datetime
    ) -> Answer:
        asked = question.certificates
        for pk in seen:
            certificate = self._certificate(pk)
            if any(each.is_of(certificate) for each in asked):
                break
        else:
            return Answer(ocsp.UNAUTHORIZED)
        # Of this authority alone: that another one cannot answer is none of its business.
        responder = self._responder(pk, now)
        ours = {each for each in asked if each.is_of(certificate)}
        found = statuses(pk, (each.serial_number for each in ours))
        known = [found[each.serial_number] if each in ours else ocsp.UNKNOWN for each in asked]
        signed = ocsp.answer(question, known, responder, now=now)
        # Whoever adds something of his own to a question must not fill the memory with it.
        if all(status.known for status in known) and ocsp.is_plain(der, question):
            return Answer(signed, now, now + ocsp.LIFETIME)
        return Answer(signed)

    def _certificate(self, pk: UUID) -> x509.Certificate:
        kept = self._certificates.get(pk)
        if kept is None:
            row = Authority.objects.select_related("certificate").get(pk=pk)
            kept = self._certificates[pk] = parsed(row.certificate)
        return kept

    def _responder(self, pk: UUID, now: datetime) -> Responder:
        kept = self._responders.get(pk)
        if kept is None or now >= kept.until:
            kept = KnownResponder(responder_of(pk), now + RESPONDER_KEPT)
            self._responders[pk] = kept
        return kept.responder


def size(der: bytes, answer: Answer) -> int:
    return len(der) + len(answer.der) + EACH


@cache
def answers() -> Answers:
    return Answers()
