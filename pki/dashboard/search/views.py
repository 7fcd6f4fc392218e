"""The page of what was found, or straight to it."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from pki.dashboard.search.finding import SHOWN, Found, find
from pki.models import User

LONGEST = 200


def search(request: HttpRequest) -> HttpResponse:
    # PostgreSQL's texts hold no NUL, so nothing can be found by one.
    text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    found = find(text, cast(User, request.user)) if text else Found()
    if found.exact is not None:
        return redirect(found.exact)
    context = {"search_query": text, "found": found, "shown": SHOWN}
    return render(request, "search/results.html", context)
