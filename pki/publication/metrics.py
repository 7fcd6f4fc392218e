"""The installation's figures for Prometheus, to this machine or by a token."""

import hmac
from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from pki.actions.figures import figures
from pki.client_address import client_address, has_proxy_on_this_machine, parsed


class Figures(Collector):
    """Read from the database when they are asked for, so that every process says the same."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        families: dict[str, GaugeMetricFamily] = {}
        for figure in figures(timezone.now()):
            family = families.setdefault(
                figure.name,
                GaugeMetricFamily(
                    figure.name, figure.help, labels=[name for name, _ in figure.labels]
                ),
            )
            family.add_metric([value for _, value in figure.labels], figure.value)
        yield from families.values()


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not may_read(request):
        response = HttpResponse(
            "The metrics are by the token of CERTIFLOW_METRICS_TOKEN, or, where no proxy on this "
            "machine is trusted, for this machine.\n",
            status=401,
            content_type="text/plain; charset=utf-8",
        )
        response["WWW-Authenticate"] = 'Bearer realm="CertiFlow metrics"'
        return response
    registry = CollectorRegistry()
    registry.register(Figures())
    response = HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    response["Cache-Control"] = "no-store"
    return response


def may_read(request: HttpRequest) -> bool:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and kind.lower() == "bearer":
        return hmac.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
    # A proxy on this machine would make everybody local, whether or not it says for whom it asks.
    if has_proxy_on_this_machine():
        return False
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    address = parsed(client_address(request) or "")
    return address is not None and address.is_loopback
