"""Light, dark or as the system says: a cookie, set without a script."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

COOKIE = "__Host-certiflow-theme"
THEMES = ("auto", "light", "dark")
A_YEAR = 365 * 24 * 60 * 60


def chosen_theme(request: HttpRequest) -> str:
    theme = request.COOKIES.get(COOKIE, "auto")
    return theme if theme in THEMES else "auto"


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    back = request.POST.get("next", "")
    allowed = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=True)
    response = redirect(back if allowed else "/")
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        response.set_cookie(
            COOKIE, theme, max_age=A_YEAR, secure=True, httponly=True, samesite="Lax"
        )
    return response
