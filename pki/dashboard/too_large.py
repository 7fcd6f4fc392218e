"""The page for a form or a file that is larger than any may be."""

from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string


def body_too_large(request: HttpRequest, limit: int) -> HttpResponse:
    """Without the visitor's menu: who it is, is asked after this."""
    if not request.accepts("text/html"):
        return HttpResponse(
            f"The request is larger than {filesizeformat(limit)}. Send less.\n",
            status=413,
            content_type="text/plain; charset=utf-8",
        )
    return HttpResponse(render_to_string("413.html", {"limit": limit}), status=413)
