"""Answers for clients that fetch an issuer's certificate, and for load balancers."""

from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from pki.actions.clock import silent_since
from pki.actions.key_ring import ring_for
from pki.errors import CertiflowError
from pki.models import Authority, Ring

PLAIN = "text/plain; charset=utf-8"


@require_safe
def authority_certificate(_request: HttpRequest, pk: UUID) -> HttpResponse:
    """DER, as caIssuers addresses in certificates promise (RFC 5280, section 4.2.2.1)."""
    authority = get_object_or_404(Authority.objects.select_related("certificate"), pk=pk)
    response = HttpResponse(bytes(authority.certificate.der), content_type="application/pkix-cert")
    response["Cache-Control"] = "public, max-age=86400"
    return response


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type=PLAIN)


@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """The database has every migration and the key ring is readable: requests can be served.

    A clock that stands still is told here too, in a second line: taking every node out of
    service for it would make it worse.
    """
    try:
        ring_for(Ring.RESPONDER if settings.WITHOUT_MASTER_KEYS else Ring.MASTER)
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return not_ready("The database lacks migrations: run “certiflow migrate”.")
    except DatabaseError:
        return not_ready("The database does not answer.")
    except CertiflowError as error:
        return not_ready(error.message)
    return HttpResponse(f"ready\n{of_the_clock()}", content_type=PLAIN)


def of_the_clock() -> str:
    silent = silent_since(timezone.now())
    return f"The clock has stopped: no job since {silent:%Y-%m-%dT%H:%MZ}.\n" if silent else ""


def not_ready(reason: str) -> HttpResponse:
    return HttpResponse(f"{reason}\n", status=503, content_type=PLAIN)


def body_too_large(_request: HttpRequest, limit: int) -> HttpResponse:
    return HttpResponse(
        f"The request is larger than {limit:,} bytes. Send less.\n", status=413, content_type=PLAIN
    )


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    return HttpResponse("This request is not readable.\n", status=400, content_type=PLAIN)


def not_found(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    return HttpResponse("There is nothing at this address.\n", status=404, content_type=PLAIN)


def server_error(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        "The server failed at this request; its log says why.\n", status=500, content_type=PLAIN
    )
