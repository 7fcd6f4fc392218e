"""Files that a browser saves."""

import re

from django.http import HttpResponse

UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def attachment(
    content: bytes, filename: str, content_type: str, *, secret: bool = False
) -> HttpResponse:
    """A download; one with a secret is stored nowhere on the way."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store" if secret else "private, max-age=0"
    return response


def file_stem(name: str) -> str:
    """A name as a file's: ``*.example.com`` becomes ``wildcard.example.com``."""
    return UNSAFE.sub("_", name.replace("*", "wildcard")) or "certificate"
