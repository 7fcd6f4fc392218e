"""The first page: what needs a hand, what expires when, what happened."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from pki.dashboard.overview.cards import CARDS
from pki.models import Server


def overview(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    return render(
        request,
        "overview/overview.html",
        {
            "cards": [{"card": card, "data": card.data(now)} for card in CARDS],
            "servers": Server.objects.count(),
        },
    )
