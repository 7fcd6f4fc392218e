"""Groups of recipients: listing, adding, changing, testing, removing."""

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from pki.actions.postbox import nobody_gets_mail
from pki.actions.recipients import (
    DEFAULT_NAME,
    add_group,
    addresses_of,
    change_group,
    default_group,
    remove_group,
)
from pki.actions.trials import send_tests
from pki.dashboard.access import actor_of
from pki.dashboard.deliveries.wording import last_of_channels, tell
from pki.dashboard.form_errors import add_error
from pki.dashboard.paging import show_page
from pki.dashboard.recipients.forms import GroupForm
from pki.dashboard.recipients.tables import GroupTable
from pki.errors import CertiflowError
from pki.models import RecipientGroup


def group_list(request: HttpRequest) -> HttpResponse:
    default_group()
    table = GroupTable(RecipientGroup.objects.annotate(channel_count=Count("channels")))
    show_page(table, request)
    return render(
        request,
        "recipients/list.html",
        {
            "table": table,
            "mail_is_printed": nobody_gets_mail(),
            "mail_from": settings.DEFAULT_FROM_EMAIL,
        },
    )


def group_add(request: HttpRequest) -> HttpResponse:
    form = GroupForm(request.POST or None)
    if form.is_valid():
        try:
            group = add_group(actor=actor_of(request), **form.cleaned_data)
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(request, f"{group} is added. Send a test to see that mail arrives.")
            return redirect(group)
    return render(request, "recipients/add.html", {"form": form})


def group_detail(request: HttpRequest, pk: int) -> HttpResponse:
    group = get_object_or_404(RecipientGroup, pk=pk)
    return render(
        request,
        "recipients/detail.html",
        {
            "group": group,
            "addresses": addresses_of(group),
            "channels": last_of_channels(group),
            "removable": group.name != DEFAULT_NAME,
            "mail_is_printed": nobody_gets_mail(),
        },
    )


def group_edit(request: HttpRequest, pk: int) -> HttpResponse:
    group = get_object_or_404(RecipientGroup, pk=pk)
    form = GroupForm(
        request.POST or None,
        initial={
            "name": group.name,
            "addresses": group.addresses,
            "administrators": group.administrators,
        },
    )
    if form.is_valid():
        try:
            change_group(group, actor=actor_of(request), **form.cleaned_data)
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(request, "The changes are saved.")
            return redirect(group)
    return render(request, "recipients/edit.html", {"form": form, "group": group})


def group_remove(request: HttpRequest, pk: int) -> HttpResponse:
    group = get_object_or_404(RecipientGroup, pk=pk)
    if request.method == "POST":
        remove_group(group, actor=actor_of(request))
        messages.success(request, f"{group} is removed.")
        return redirect("recipients")
    return render(request, "recipients/remove.html", {"group": group})


@require_POST
def group_test(request: HttpRequest, pk: int) -> HttpResponse:
    group = get_object_or_404(RecipientGroup, pk=pk)
    sent = send_tests(group, actor=actor_of(request))
    if not sent:
        messages.warning(request, f"{group} has no address and no channel yet.")
    for delivery in sent:
        tell(request, delivery)
    return redirect(group)
