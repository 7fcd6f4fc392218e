"""A real mail server, in a thread, that keeps what it was given."""

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.running_product import free_port


class MailServer:
    """``refused`` addresses do not exist there; while ``holds`` nobody gets an answer."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refused: set[str] = set()
        #: Connections that were opened, and mails that came in before they were taken.
        self.connections = self.begun = 0
        self.holds = False

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return answers

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if address in self.refused:
            return f"550 5.1.1 {address} is not known here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.begun += 1
        while self.holds:
            await asyncio.sleep(0.05)
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(
            BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(content)
        )  # type: ignore[arg-type]
        self.recipients += envelope.rcpt_tos
        return f"250 2.0.0 queued as {len(self.mails):06d}"


@contextlib.contextmanager
def mail_server(port: int = 0) -> Iterator[MailServer]:
    server = MailServer(port or free_port())
    # It writes down every line that it reads.
    logging.getLogger("mail.log").setLevel("WARNING")
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
