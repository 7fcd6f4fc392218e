"""The enrollment token an agent brings, in either way HTTP has for it."""

import base64
import binascii

from django.http import HttpRequest

from pki.errors import Forbidden

LIMIT = 1000


def token(request: HttpRequest) -> str:
    """Of Basic (RFC 7617: the password; the user's name says nothing) or Bearer (RFC 6750).

    Empty without one. Raises Forbidden ``token.invalid`` for a header nobody can read.
    """
    header = request.headers.get("Authorization", "")
    if not header:
        return ""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer" and value.strip() and len(value) <= LIMIT:
        return value.strip()
    if scheme.lower() == "basic" and len(value) <= LIMIT:
        try:
            _, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            password = ""
        if password:
            return password
    raise Forbidden(
        "The Authorization header must be Basic with the enrollment token as the password.",
        code="token.invalid",
    )
