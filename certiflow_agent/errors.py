"""What the agent tells the person at the shell."""


class AgentError(Exception):
    """One sentence that says what failed and what to do; never a key or a token."""


class Refused(AgentError):
    """The server answered with a problem document (RFC 9457)."""

    def __init__(self, status: int, code: str, detail: str, retry_after: int) -> None:
        super().__init__(detail or f"The server answered with status {status}.")
        self.status = status
        self.code = code
        #: Seconds; 0 where the server said nothing.
        self.retry_after = retry_after


class Unreachable(AgentError):
    """No answer: the network, TLS or the server's process."""
