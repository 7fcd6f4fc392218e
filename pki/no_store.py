"""Nothing is kept by browsers and caches unless the answer itself is for everybody."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class NoStoreMiddleware:
    """The outermost one of each site, so that redirects and errors pass it as well.

    Revocation lists, OCSP answers, authorities' certificates and static files say “public”;
    everything else may show what only one person should see.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        said = response.get("Cache-Control", "")
        if "public" not in said and "no-store" not in said:
            response["Cache-Control"] = "no-store"
        return response
