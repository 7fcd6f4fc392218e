"""Refusals as problem documents (RFC 9457), and their line in the audit trail."""

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from pki.actions.actor import Actor
from pki.actions.registration import TooMany
from pki.actions.strangers import record_bounded
from pki.client_address import client_address
from pki.errors import CertiflowError, Conflict, Forbidden, InvalidInput, NotFound, Unavailable

logger = logging.getLogger("certiflow.agents")

View = Callable[..., HttpResponse]

STATUS = {
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    InvalidInput: HTTPStatus.BAD_REQUEST,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
#: Where another status says more.
STATUS_OF_CODE = {
    "certificate.required": HTTPStatus.UNAUTHORIZED,
    "registration.token_required": HTTPStatus.UNAUTHORIZED,
    "token.invalid": HTTPStatus.UNAUTHORIZED,
    "token.expired": HTTPStatus.UNAUTHORIZED,
    "token.used": HTTPStatus.UNAUTHORIZED,
    "token.withdrawn": HTTPStatus.UNAUTHORIZED,
    "workstation.busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "body.too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "body.length_required": HTTPStatus.LENGTH_REQUIRED,
    "body.type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "method.not_allowed": HTTPStatus.METHOD_NOT_ALLOWED,
}
#: Seconds to wait before asking again.
RETRY_AFTER = {
    HTTPStatus.TOO_MANY_REQUESTS: 60,
    HTTPStatus.SERVICE_UNAVAILABLE: 5,
}


def answered(*methods: str) -> Callable[[View], View]:
    """A view for these methods, for callers without cookies, whose refusals are problems."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = carefully(view, methods, request, *args, **kwargs)
            # Agents keep their connections; without a length every answer would be chunked.
            response["Content-Length"] = str(len(response.content))
            return response

        return guarded

    return decorate


def carefully(
    view: View, methods: tuple[str, ...], request: HttpRequest, *args: Any, **kwargs: Any
) -> HttpResponse:
    try:
        if request.method not in methods:
            raise InvalidInput(
                f"This address takes {' and '.join(methods)} only.", code="method.not_allowed"
            )
        return view(request, *args, **kwargs)
    except CertiflowError as error:
        return refusal(request, error)
    except DatabaseError as error:
        # SQLite's writers queue for seconds at most; this is a stop, not a bug.
        logger.warning("The database did not answer an agent: %s", error)
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "database.busy", TRY_AGAIN)


TRY_AGAIN = "The server cannot answer at this moment. Try again in a few seconds."


def refusal(request: HttpRequest, error: CertiflowError) -> HttpResponse:
    status = STATUS_OF_CODE.get(error.code) or next(
        code for kind, code in STATUS.items() if isinstance(error, kind)
    )
    if isinstance(error, Unavailable) and not isinstance(error, TooMany):
        # What is broken here is for the administrator, not for whoever asked.
        logger.error("%s (%s)", error.message, error.code)
        return problem(status, error.code, TRY_AGAIN)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        write_down(request, error)
    response = problem(status, error.code, error.message, error.field)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = challenge(error.code)
    return response


def challenge(code: str) -> str:
    """What would help. No password does where a certificate is missing: nobody is asked for one."""
    if code == "certificate.required":
        return 'ClientCertificate realm="CertiFlow agents"'
    return 'Basic realm="CertiFlow agents", charset="UTF-8"'


def write_down(request: HttpRequest, error: CertiflowError) -> None:
    """Within the bounds for what strangers cause."""
    reason = getattr(error, "reason", "") or error.code
    record_bounded(
        Actor(name="agent", door="agent", address=client_address(request)),
        "agent.refused",
        sort=reason,
        reason=reason,
        path=request.path[:100],
    )


def problem(status: HTTPStatus, code: str, detail: str, field: str = "") -> HttpResponse:
    document = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "code": code,
        "detail": detail,
        **({"field": field} if field else {}),
    }
    response = JsonResponse(document, status=int(status), content_type="application/problem+json")
    if status in RETRY_AFTER:
        response["Retry-After"] = str(RETRY_AFTER[status])
    response["Cache-Control"] = "no-store"
    return response


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body.too_large", "Send less.")
    return problem(HTTPStatus.BAD_REQUEST, "request.unreadable", "This request is not readable.")


def not_found(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    return problem(HTTPStatus.NOT_FOUND, "address.unknown", "There is nothing at this address.")


def server_error(_request: HttpRequest) -> HttpResponse:
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "server.error",
        "The server failed at this request; its log says why. Try again later.",
    )


def body_too_large(_request: HttpRequest, limit: int) -> HttpResponse:
    return problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body.too_large",
        f"The body is larger than {limit:,} bytes, which is the most.",
        "body",
    )
