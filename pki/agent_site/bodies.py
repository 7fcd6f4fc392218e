"""What an agent sent: sizes, content types, JSON and base64, each with its limit."""

import base64
import binascii
from typing import Any

from django.http import HttpRequest

from pki import outside_json
from pki.errors import InvalidInput

#: Bytes. A certificate request is a few kilobytes, an inventory some tens.
SIZE_LIMIT = 256 * 1024
#: Bytes of a task's result, which may hold a log.
RESULT_LIMIT = 2 * 1024 * 1024
#: Of a list of texts, and characters of each.
TEXTS_LIMIT, TEXT_LIMIT = 50, 200


def body(request: HttpRequest, content_type: str, limit: int = SIZE_LIMIT) -> bytes:
    """The body. Raises InvalidInput ``body.type``, ``body.length_required``, ``body.too_large``."""
    if request.content_type != content_type:
        raise InvalidInput(
            f"The content type must be {content_type}.", code="body.type", field="Content-Type"
        )
    length = request.META.get("CONTENT_LENGTH", "")
    if not length.isdigit():
        raise InvalidInput(
            "Send the body with a Content-Length.",
            code="body.length_required",
            field="Content-Length",
        )
    if int(length) > limit:
        raise InvalidInput(
            f"The body has {int(length):,} bytes; {limit:,} is the most.",
            code="body.too_large",
            field="body",
        )
    return request.read(int(length))


def json_object(request: HttpRequest, limit: int = SIZE_LIMIT) -> dict[str, Any]:
    """The JSON object in the body. Raises also InvalidInput ``body.json``."""
    try:
        document = outside_json.decode(body(request, "application/json", limit))
    except outside_json.Refused as error:
        raise InvalidInput(
            f"The body {error}. Send a JSON object without that.", code="body.json", field="body"
        ) from None
    if not isinstance(document, dict):
        raise InvalidInput("The body must be a JSON object.", code="body.json", field="body")
    return document


def text(document: dict[str, Any], name: str, *, limit: int, required: bool = False) -> str:
    """A member of the object as text. Raises InvalidInput ``body.member`` on its name."""
    value = document.get(name, "")
    if not isinstance(value, str) or len(value) > limit:
        raise InvalidInput(
            f"“{name}” must be a text of at most {limit:,} characters.",
            code="body.member",
            field=name,
        )
    if required and not value:
        raise InvalidInput(f"“{name}” is missing.", code="body.member", field=name)
    return value


def texts(document: dict[str, Any], name: str) -> set[str]:
    """A member of the object that is a list of short texts; empty where it is missing.

    Raises InvalidInput ``body.member`` on its name.
    """
    value = document.get(name, [])
    if not isinstance(value, list) or len(value) > TEXTS_LIMIT:
        value = [None]
    if not all(isinstance(each, str) and len(each) <= TEXT_LIMIT for each in value):
        raise InvalidInput(
            f"“{name}” must be a list of at most {TEXTS_LIMIT} texts of at most {TEXT_LIMIT} "
            "characters.",
            code="body.member",
            field=name,
        )
    return set(value)


def base64_body(request: HttpRequest, content_type: str) -> bytes:
    """Base64 with or without line ends (RFC 7030, section 4, RFC 8951)."""
    content = body(request, content_type)
    try:
        return base64.b64decode(b"".join(content.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(
            "The body is not base64, or not all of it arrived.", code="body.base64", field="body"
        ) from None
