"""Files that a browser saves."""

import re

from django.http import HttpResponse

UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def attachment(content: bytes, filename: str, content_type: str) -> HttpResponse:
    """A download; as every answer of the dashboard, it is stored nowhere on the way."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def file_stem(name: str) -> str:
    """A name as a file's: ``*.example.com`` becomes ``wildcard.example.com``."""
    return UNSAFE.sub("_", name.replace("*", "wildcard")) or "certificate"
