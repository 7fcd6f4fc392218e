"""Where the product's mail arrives: a real SMTP server that keeps every letter."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


@dataclass(frozen=True)
class Letter:
    #: By the moved clock.
    at: datetime
    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    @property
    def id(self) -> str:
        """Its Message-ID up to the host."""
        return str(self.message["Message-ID"] or "").strip().strip("<>").partition("@")[0]

    @property
    def text(self) -> str:
        body = self.message.get_body(("plain",))
        return str(body.get_content()) if body else ""


@dataclass
class Mailbox:
    """What `aiosmtpd` calls a handler, and the method's name is of its choice."""

    port: int
    letters: list[Letter] = field(default_factory=list)
    _controller: Controller | None = None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.original_content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.letters.append(
            Letter(datetime.now(UTC), envelope.mail_from, tuple(envelope.rcpt_tos), message)
        )
        return "250 Kept"

    @property
    def works(self) -> bool:
        return self._controller is not None

    def open(self) -> None:
        """On this machine."""
        if self._controller is None:
            self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
            self._controller.start()

    def close(self) -> None:
        """Nobody answers at its port any more; what arrived stays."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None
