"""One connection to the mail server for several mails, and what the server said to each."""

import smtplib
from types import TracebackType
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from pki.messaging.outcome import Outcome

CONSOLE = "django.core.mail.backends.console.EmailBackend"
#: The server closes the connection (RFC 5321, section 3.8).
GOING_AWAY = 421
#: Of what a mail server says.
WORDS_LIMIT = 200


def nobody_gets_mail() -> bool:
    """No mail server is named, so mail is printed."""
    return bool(settings.EMAIL_BACKEND == CONSOLE)


class Postbox:
    """Connects at the first mail. What keeps it from connecting is told for the others too."""

    def __init__(self) -> None:
        self._connection: Any = get_connection()
        self._connected = False
        self._unreachable: Outcome | None = None
        self._said = ""

    def __enter__(self) -> "Postbox":
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._hang_up()

    def send(self, mail: EmailMultiAlternatives) -> Outcome:
        if not self._connected and self._unreachable is None:
            self._unreachable = self._connect()
        if self._unreachable is not None:
            return self._unreachable
        self._said = ""
        try:
            self._connection.send_messages([mail])
        except smtplib.SMTPRecipientsRefused as error:
            [(code, said), *_] = error.recipients.values()
            if code == GOING_AWAY:
                self._hang_up()
            return Outcome(False, f"The mail server refuses the address: {words(code, said)}")
        except smtplib.SMTPResponseException as error:
            self._hang_up()
            return Outcome(
                False,
                f"The mail server refused it: {words(error.smtp_code, error.smtp_error)}",
            )
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            return Outcome(False, f"The connection to the mail server broke: {reason(error)}.")
        except ValueError as error:
            return Outcome(False, f"The mail cannot be written: {reason(error)}.")
        if nobody_gets_mail():
            return Outcome(True, "Printed and not sent: EMAIL_URL names no mail server.")
        return Outcome(True, f"The mail server took it: {self._said or 'no more was said'}")

    def _connect(self) -> Outcome | None:
        try:
            self._connection.open()
        except smtplib.SMTPResponseException as error:
            said = words(error.smtp_code, error.smtp_error)
            return Outcome(False, f"The mail server refused the connection: {said}")
        except (OSError, smtplib.SMTPException) as error:
            return Outcome(False, f"The mail server was not reached: {reason(error)}.")
        self._connected = True
        self._listen(getattr(self._connection, "connection", None))
        return None

    def _listen(self, server: Any) -> None:
        """Django does not hand on what the server says when it takes a mail: often the
        identifier under which its own log knows it."""
        if not isinstance(server, smtplib.SMTP):
            return
        data = server.data

        def listening(message: Any) -> Any:
            code, said = data(message)
            self._said = words(code, said)
            return code, said

        server.data = listening  # type: ignore[assignment, method-assign]

    def _hang_up(self) -> None:
        self._connected = False
        try:
            self._connection.close()
        except (OSError, smtplib.SMTPException):
            # Django forgets the connection all the same.
            return


def words(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return f"{code} {' '.join(text.split())[:WORDS_LIMIT]}".strip()


def reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {settings.EMAIL_TIMEOUT} seconds"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).splitlines()[0][:WORDS_LIMIT].rstrip(".")
