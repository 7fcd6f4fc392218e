"""OCSP over HTTP (RFC 6960, appendix A.1)."""

import base64
import logging

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from pki.errors import CertiflowError, InvalidInput
from pki.publication.ocsp_answers import Answer, answers
from pki.x509 import ocsp

CONTENT_TYPE = "application/ocsp-response"
REQUEST_TYPE = "application/ocsp-request"
#: Bytes of a request: more than the most questions need.
LIMIT = 16 * 1024

logger = logging.getLogger(__name__)


@login_not_required
@csrf_exempt
@require_POST
def by_post(request: HttpRequest) -> HttpResponse:
    if request.content_type != REQUEST_TYPE:
        return refusal(415, f"An OCSP request is sent as {REQUEST_TYPE}.")
    if int(request.META.get("CONTENT_LENGTH") or 0) > LIMIT:
        return refusal(413, f"An OCSP request has {LIMIT:,} bytes at most.")
    response = respond(request.read(LIMIT + 1))
    # RFC 5019 lets caches keep what GET brought only.
    response["Cache-Control"] = "no-store"
    return response


@login_not_required
@require_safe
def by_get(_request: HttpRequest, encoded: str) -> HttpResponse:
    """``encoded`` is the request's base64, without the percent signs of the address."""
    if len(encoded) > LIMIT:
        return refusal(414, f"An OCSP request has {LIMIT:,} bytes at most.")
    try:
        return respond(base64.b64decode(encoded, validate=True))
    except ValueError:
        # Not base64, or not even ASCII.
        return reply(Answer(ocsp.MALFORMED))


def respond(der: bytes) -> HttpResponse:
    """Refusals are OCSP's own (section 4.2.1) and say nothing of the reason."""
    try:
        return reply(answers().find(der))
    except InvalidInput:
        return reply(Answer(ocsp.MALFORMED))
    except CertiflowError as error:
        logger.warning("OCSP cannot answer: %s", error.message)
        return reply(Answer(ocsp.TRY_LATER))
    except DatabaseError:
        logger.exception("OCSP cannot answer: the database does not.")
        return reply(Answer(ocsp.INTERNAL_ERROR))


def reply(answer: Answer) -> HttpResponse:
    """With the headers of RFC 5019, section 6.2, for what a cache may keep."""
    response = HttpResponse(answer.der, content_type=CONTENT_TYPE)
    if answer.signed_at is None or answer.next_update is None:
        response["Cache-Control"] = "no-store"
        return response
    response["Cache-Control"] = "public, max-age=300, no-transform, must-revalidate"
    response["Last-Modified"] = http_date(answer.signed_at.timestamp())
    response["Expires"] = http_date(answer.next_update.timestamp())
    return response


def refusal(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")
