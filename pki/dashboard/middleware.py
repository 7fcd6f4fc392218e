"""What happens around every page: set-up first, the reader's time zone, refusals in words."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from pki.actions.setup_code import is_set_up
from pki.dashboard.access import page_name
from pki.dashboard.access_rules import is_before_setup
from pki.dashboard.refusals import refused
from pki.errors import CertiflowError

GetResponse = Callable[[HttpRequest], HttpResponse]

ZONE_COOKIE = "certiflow-zone"


class SetupFirstMiddleware:
    """Leads every page to the wizard until there is an administrator and an authority.

    What is there before says its rule: the wizard, signing in, and what machines ask.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        #: Once true it stays true: neither the last administrator nor an authority can go.
        self.set_up = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, _arguments: object
    ) -> HttpResponse | None:
        if not self.set_up and not is_before_setup(page_name(request)):
            self.set_up = is_set_up()
            if not self.set_up:
                return redirect("setup")
        return None


class ZoneMiddleware:
    """Times in the zone the reader's browser named (static/js/zone.js), else in UTC."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request.COOKIES.get(ZONE_COOKIE, "").replace("%2F", "/")
        try:
            zone = ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)


class RefusalMiddleware:
    """Turns an error of the product that no view caught into a page that says why."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, CertiflowError):
            return None
        return refused(request, exception)
