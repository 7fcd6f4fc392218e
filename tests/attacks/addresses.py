"""Every address of a site, from its URL map."""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def patterns(urlconf: str) -> Iterator[tuple[str, URLPattern]]:
    """Each with its whole route, such as ``servers/<int:pk>/``."""
    import_module(urlconf)
    yield from below(get_resolver(urlconf), "")


def below(resolver: URLResolver, before: str) -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        route = before + written(each.pattern)
        if isinstance(each, URLResolver):
            yield from below(each, route)
        else:
            yield route, each


def written(pattern: Any) -> str:
    """As a path, also where the URL map has a regular expression."""
    if not isinstance(pattern, RegexPattern):
        return str(pattern)
    text = re.sub(r"\(\?P<(\w+)>.*\)", r"<path:\1>", str(pattern))
    return text.removeprefix(r"\A").removesuffix(r"\Z")


def filled(route: str, arguments: dict[str, Any]) -> str:
    """The address with these arguments in the places of its converters."""
    for name, value in arguments.items():
        for converter in ("int", "str", "uuid", "slug", "path"):
            route = route.replace(f"<{converter}:{name}>", str(value))
    assert "<" not in route, f"OBJECTS gives too few arguments for {route}"
    return f"/{route}"
