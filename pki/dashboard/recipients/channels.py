"""Webhooks and chat rooms of a group."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from pki.actions.channels import add_chat, add_webhook, pause, remove_channel, renew_key
from pki.actions.trials import send_test
from pki.dashboard.access import actor_of
from pki.dashboard.deliveries.wording import tell
from pki.dashboard.form_errors import add_error
from pki.dashboard.recipients.forms import ChatForm, WebhookForm
from pki.errors import CertiflowError
from pki.messaging import chat
from pki.models import Channel, RecipientGroup


def webhook_add(request: HttpRequest, pk: int) -> HttpResponse:
    group = get_object_or_404(RecipientGroup, pk=pk)
    form = WebhookForm(request.POST or None)
    if form.is_valid():
        try:
            channel, key = add_webhook(group, actor=actor_of(request), **form.cleaned_data)
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            return key_page(request, channel, key)
    return render(request, "recipients/webhook_add.html", {"form": form, "group": group})


def chat_add(request: HttpRequest, pk: int) -> HttpResponse:
    group = get_object_or_404(RecipientGroup, pk=pk)
    form = ChatForm(request.POST or None)
    if form.is_valid():
        try:
            channel = add_chat(group, actor=actor_of(request), **form.cleaned_data)
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(request, f"{channel} is added. Send a test to see that it arrives.")
            return redirect(group)
    context = {
        "form": form,
        "group": group,
        "is_installed": chat.is_installed(),
        "install": chat.INSTALL,
    }
    return render(request, "recipients/chat_add.html", context)


def key_page(request: HttpRequest, channel: Channel, key: str) -> HttpResponse:
    return render(request, "recipients/key.html", {"channel": channel, "key": key})


def channel_of(pk: int) -> Channel:
    return get_object_or_404(Channel.objects.select_related("group", "secret"), pk=pk)


@require_POST
def channel_test(request: HttpRequest, pk: int) -> HttpResponse:
    channel = channel_of(pk)
    tell(request, send_test(channel=channel, actor=actor_of(request)))
    return redirect(channel)


@require_POST
def channel_pause(request: HttpRequest, pk: int) -> HttpResponse:
    """And going on: the form says which."""
    channel = channel_of(pk)
    paused = request.POST.get("paused") == "yes"
    pause(channel, paused=paused, actor=actor_of(request))
    messages.success(
        request,
        f"{channel} is paused; what is to be told there waits."
        if paused
        else f"{channel} is told again, what waited included.",
    )
    return redirect(channel)


def channel_key(request: HttpRequest, pk: int) -> HttpResponse:
    channel = channel_of(pk)
    if request.method == "POST":
        return key_page(request, channel, renew_key(channel, actor=actor_of(request)))
    return render(request, "recipients/key_new.html", {"channel": channel, "group": channel.group})


def channel_remove(request: HttpRequest, pk: int) -> HttpResponse:
    channel = channel_of(pk)
    if request.method == "POST":
        remove_channel(channel, actor=actor_of(request))
        messages.success(request, f"{channel} is removed.")
        return redirect(channel.group)
    return render(
        request, "recipients/channel_remove.html", {"channel": channel, "group": channel.group}
    )
