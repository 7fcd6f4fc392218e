"""A person's calendar address, and the calendar behind it."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_http_methods, require_safe

from pki.actions.calendar_feeds import is_known, make_feed
from pki.actions.calendars import days, tag, written
from pki.actions.summaries import absolute
from pki.dashboard.access import actor_of
from pki.models import CalendarFeed, User


@require_http_methods(["GET", "HEAD", "POST"])
def calendar_page(request: HttpRequest) -> HttpResponse:
    """The address is shown once, in the answer to the form that makes it."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - nobody else is signed in
    address = ""
    if request.method == "POST":
        token = make_feed(user, actor=actor_of(request))
        address = absolute(reverse("calendar-feed", args=[token]))
    feed_row = CalendarFeed.objects.filter(user=user).first()
    return render(request, "calendar/calendar.html", {"address": address, "feed": feed_row})


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """Whoever has the address reads it; calendars cannot sign in."""
    if not is_known(token):
        raise Http404("There is no such calendar.")
    found = days()
    etag = quote_etag(tag(found))
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return unchanged
    response = HttpResponse(written(found), content_type="text/calendar; charset=utf-8")
    response["ETag"] = etag
    response["Content-Disposition"] = 'inline; filename="certiflow.ics"'
    return response
