"""One webhook's call: a signed POST whose answer is looked at and not believed."""

import asyncio
import ssl
from dataclasses import dataclass
from datetime import datetime

import httpx

from pki.messaging.outcome import Outcome
from pki.messaging.signing import signature

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
    #: Roots that are trusted besides the system's, PEM.
    roots: str = ""


def post(call: Call, now: datetime, timeout: float = TIMEOUT) -> Outcome:
    """Any answer from 200 to 299 is success; a redirect is not followed."""
    try:
        return asyncio.run(within(call, now, timeout))
    except TimeoutError:
        return Outcome(False, f"No complete answer came within {timeout:g} seconds.")
    except httpx.ConnectError as error:
        return Outcome(False, f"No connection: {reason(error)}.")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return Outcome(False, f"The call broke off: {reason(error)}.")


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
            verify=trusting(call.roots), timeout=timeout, follow_redirects=False
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
