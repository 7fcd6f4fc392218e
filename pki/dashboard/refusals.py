"""A refusal as a page that says why."""

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from pki.dashboard.access import note_refusal
from pki.errors import CertiflowError, Conflict, Forbidden, InvalidInput, NotFound, Unavailable

logger = logging.getLogger(__name__)

STATUS = {InvalidInput: 400, Forbidden: 403, NotFound: 404, Conflict: 409, Unavailable: 503}


def refused(request: HttpRequest, error: CertiflowError, status: int = 0) -> HttpResponse:
    status = status or next(code for kind, code in STATUS.items() if isinstance(error, kind))
    if isinstance(error, Forbidden):
        note_refusal(request, error)
    if isinstance(error, Unavailable):
        logger.error("%s (%s)", error.message, error.code)
    return render(request, "refused.html", {"error": error, "status": status}, status=status)
