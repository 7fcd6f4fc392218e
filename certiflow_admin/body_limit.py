"""The most that a request may carry, asked before anything parses it.

Why: docs/decisions/0024-slow-clients.md.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

GetResponse = Callable[[HttpRequest], HttpResponse]


class BodyLimitMiddleware:
    """Answers 413 in the manner of the site to what announces more than the limit.

    `worker.Worker` reads no such body, and turns a chunked one that grows over the limit into
    one that announces too much.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.refuse: Callable[[HttpRequest, int], HttpResponse] = import_string(
            settings.BODY_TOO_LARGE_VIEW
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if announced_length(request) > settings.MAX_BODY_BYTES:
            response = self.refuse(request, settings.MAX_BODY_BYTES)
            response["Content-Length"] = str(len(response.content))
            return response
        return self.get_response(request)


def announced_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0  # As Django takes it.
