"""The delivery log, and one message."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from pki.actions.deliveries import removed, retry
from pki.dashboard.access import actor_of
from pki.dashboard.deliveries.filters import DeliveryFilter
from pki.dashboard.deliveries.tables import DeliveryTable, NoticeTable
from pki.dashboard.deliveries.wording import state_badge
from pki.dashboard.paging import show_page
from pki.models import Delivery, DeliverySort, DeliveryState, Notice


def delivery_list(request: HttpRequest) -> HttpResponse:
    found = DeliveryFilter(request.GET, Delivery.objects.all())
    table = DeliveryTable(found.qs)
    show_page(table, request)
    return render(
        request,
        "deliveries/list.html",
        {"table": table, "filter": found, "any": bool(request.GET) or Delivery.objects.exists()},
    )


def delivery_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    delivery = get_object_or_404(Delivery.objects.select_related("channel__group"), pk=pk)
    notices = Notice.objects.filter(tellings__delivery=delivery).select_related("reminder")
    table = NoticeTable(notices, prefix="notices-")
    show_page(table, request)
    return render(
        request,
        "deliveries/detail.html",
        {
            "delivery": delivery,
            "badge": state_badge(delivery),
            "attempts": [
                {**each, "at": datetime.fromisoformat(each["at"])} for each in delivery.log
            ],
            "table": table,
            "may_retry": delivery.state in {DeliveryState.QUEUED, DeliveryState.FAILED}
            and delivery.sort != DeliverySort.TEST
            and not removed(delivery),
        },
    )


@require_POST
def delivery_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    delivery = retry(get_object_or_404(Delivery, pk=pk), actor=actor_of(request))
    messages.success(request, "It is sent again within a minute.")
    return redirect(delivery)
