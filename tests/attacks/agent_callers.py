"""The agent site's views called in this process, with any certificate and from any address."""

from typing import Any

from django.http import HttpResponse
from django.test import Client, override_settings

from certiflow_admin import agent_settings


class Socket:
    """A TLS connection in which this certificate was shown."""

    def __init__(self, der: bytes) -> None:
        self.der = der

    def getpeercert(self, _binary: bool) -> bytes:
        return self.der


class AgentCaller(Client):
    def __init__(self, der: bytes = b"", address: str = "10.0.0.9") -> None:
        super().__init__()
        self.der, self.address = der, address

    def send(self, method: str, path: str, **given: Any) -> HttpResponse:
        """Within `agent_site` only."""
        extra = {"REMOTE_ADDR": self.address, "gunicorn.socket": Socket(self.der)}
        given = {"data": b"{}", "content_type": "application/json", **given}
        answer: HttpResponse = self.generic(method, path, secure=True, **given, **extra)
        return answer

    def call(self, method: str, path: str, **given: Any) -> HttpResponse:
        with agent_site():
            return self.send(method, path, **given)


def agent_site() -> override_settings:
    return override_settings(
        ROOT_URLCONF=agent_settings.ROOT_URLCONF, MIDDLEWARE=agent_settings.MIDDLEWARE
    )
