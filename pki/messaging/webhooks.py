"""One webhook's call: a signed POST whose answer is looked at and not believed."""

import asyncio
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import httpcore
import httpx

from pki.messaging.outcome import Outcome
from pki.messaging.signing import signature
from pki.outgoing import Policy, Refused, judged, literal

#: Seconds for a whole call, however slowly the other side speaks.
TIMEOUT = 10.0
#: Bytes of an answer that are read.
ANSWER_LIMIT = 4096
AGENT = "CertiFlow-Admin"


@dataclass(frozen=True)
class Call:
    address: str
    #: ``whsec_…``
    key: str
    #: The same at every attempt, so that a receiver knows what it has.
    message_id: str
    body: bytes
    #: Where calls may go.
    policy: Policy
    #: Roots that are trusted besides the system's, PEM.
    roots: str = ""


def post(call: Call, now: datetime, timeout: float = TIMEOUT) -> Outcome:
    """Any answer from 200 to 299 is success; a redirect is not followed."""
    try:
        # Behind a proxy as well, which resolves names itself.
        refuse_literal(call)
        return asyncio.run(within(call, now, timeout))
    except Refused as refused:
        return Outcome(False, str(refused))
    except TimeoutError:
        return Outcome(False, f"No complete answer came within {timeout:g} seconds.")
    except httpx.ConnectError as error:
        return Outcome(False, f"No connection: {reason(error)}.")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return Outcome(False, f"The call broke off: {reason(error)}.")


def refuse_literal(call: Call) -> None:
    url = httpx.URL(call.address)
    address = literal(url.host)
    refusal = address and call.policy.refusal(address, url.port or default_port(url.scheme))
    if refusal:
        raise Refused(f"{refusal}.")


def default_port(scheme: str) -> int:
    return 80 if scheme == "http" else 443


class Judging(httpx.AsyncHTTPTransport):
    """httpx's own transport, which connects to addresses that the policy allows."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusting(call.roots), network_backend=JudgingBackend(call.policy)
        )


class JudgingBackend(httpcore.AnyIOBackend):
    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.policy = policy

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """To the first allowed address that answers; the name is resolved once."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        problem: Exception | None = None
        for target in judged(host, port, ((each[0], each[4]) for each in found), self.policy):
            try:
                return await super().connect_tcp(
                    str(target.place[0]), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem or httpcore.ConnectError("no address")


async def within(call: Call, now: datetime, timeout: float) -> Outcome:
    # httpx limits each step; a receiver that sends a byte now and then passes every step.
    async with asyncio.timeout(timeout):
        return await send(call, now, timeout)


async def send(call: Call, now: datetime, timeout: float) -> Outcome:
    seconds = int(now.timestamp())
    headers = {
        "content-type": "application/json",
        "user-agent": AGENT,
        "webhook-id": call.message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": signature(call.key, call.message_id, seconds, call.body),
    }
    async with (
        httpx.AsyncClient(
            # For a proxy that the environment names; otherwise the transport has it.
            verify=trusting(call.roots),
            transport=Judging(call),
            timeout=timeout,
            follow_redirects=False,
        ) as client,
        client.stream("POST", call.address, content=call.body, headers=headers) as answer,
    ):
        if answer.is_redirect:
            return Outcome(
                False, f"It answered {answer.status_code}, a redirect; those are not followed."
            )
        await read(answer)
        return Outcome(answer.is_success, f"It answered {status(answer)}.")


def status(answer: httpx.Response) -> str:
    return f"{answer.status_code} {answer.reason_phrase[:60]}".strip()


async def read(answer: httpx.Response) -> None:
    """To the end or the limit: some servers take a call that is hung up on for a broken one."""
    taken = 0
    async for chunk in answer.aiter_raw(ANSWER_LIMIT):
        taken += len(chunk)
        if taken >= ANSWER_LIMIT:
            return


def trusting(roots: str) -> ssl.SSLContext:
    """The system's store, and our own roots: receivers may have certificates from here."""
    context = ssl.create_default_context()
    if roots:
        context.load_verify_locations(cadata=roots)
    return context


def reason(error: Exception) -> str:
    """The first line, without an address that may hold a token."""
    cause = error.__cause__ or error.__context__ or error
    return (str(cause) or str(error) or type(error).__name__).splitlines()[0][:200].rstrip(".")
