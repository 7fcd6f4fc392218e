"""Answers for clients that fetch a revocation list."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from pki.actions.revocation_lists import current_list, list_der
from pki.errors import Unavailable
from pki.models import Authority, RevocationList

#: Seconds for which a cache on the way may go on with a list without asking.
MAX_AGE = 300


@require_safe
def revocation_list(request: HttpRequest, pk: UUID) -> HttpResponse:
    """DER, as RFC 5280, section 4.2.1.13, promises; 304 to those who have it already."""
    try:
        current = current_list(pk)
    except Authority.DoesNotExist:
        raise Http404("There is no such authority.") from None
    except Unavailable as error:
        return HttpResponse(f"{error.message}\n", status=503, content_type="text/plain")
    etag = f'"{pk}-{current.number}"'
    signed_at = int(current.this_update.timestamp()) if current.this_update else None
    response = get_conditional_response(request, etag, signed_at) or full_answer(current)
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={MAX_AGE}"
    if signed_at is not None:
        response["Last-Modified"] = http_date(signed_at)
    return response


def full_answer(current: RevocationList) -> HttpResponse:
    return HttpResponse(list_der(current), content_type="application/pkix-crl")
