"""Finding a certificate by the serial number in an address."""

import re

from django.http import Http404

from pki.models import Certificate

#: Twenty octets at most (RFC 5280, section 4.1.2.2).
HEX = re.compile(r"[0-9a-f]{1,40}")


def by_serial(serial: str) -> Certificate:
    """Ours before one of another authority that happens to have the same number."""
    number = serial.lower().replace(":", "").lstrip("0")
    if not HEX.fullmatch(number):
        raise Http404
    found = (
        Certificate.objects.filter(serial_number=number)
        .select_related(
            "server__certificate",
            "authority__certificate",
            "authority__bridge",
            "replaces",
            "private_key",
        )
        .order_by("authority_id")
    )
    row = next((row for row in found if row.authority_id), None) or next(iter(found), None)
    if row is None:
        raise Http404
    return row
