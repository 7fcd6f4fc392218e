"""Finding what an argument names: a server by its FQDN, a certificate by its serial number."""

from shlex import quote

from pki.errors import InvalidInput, NotFound
from pki.models import Certificate, Server
from pki.x509 import names

HEX = set("0123456789abcdef")


def server_named(text: str) -> Server:
    """Raises InvalidInput ``name.…`` and NotFound ``server.unknown``."""
    fqdn = names.server_name(text)
    found = Server.objects.filter(fqdn=fqdn).select_related("certificate__private_key").first()
    if found is None:
        raise NotFound(
            f"There is no server {fqdn}. “certiflow issue --server {quote(fqdn)}” adds it and "
            "issues its certificate.",
            code="server.unknown",
            field="server",
        )
    return found


def certificate_numbered(text: str) -> Certificate:
    """Ours before one of another authority that happens to have the same number."""
    serial = serial_number(text)
    found = (
        Certificate.objects.filter(serial_number=serial)
        .select_related("server", "private_key", "authority__certificate")
        .order_by("authority_id")
    )
    row = next((row for row in found if row.authority_id), None) or found.first()
    if row is None:
        raise NotFound(
            f"There is no certificate with the serial number {serial}. “certiflow certificates” "
            "lists them.",
            code="certificate.unknown",
            field="serial",
        )
    return row


def serial_number(text: str) -> str:
    """As the database has it, from what OpenSSL, Windows or a browser shows."""
    plain = text.strip().lower().replace(":", "").replace(" ", "").removeprefix("0x")
    if not plain or not HEX.issuperset(plain):
        raise InvalidInput(
            f"“{text[:60]}” is not a serial number. It has hexadecimal digits only, with or "
            "without colons; “certiflow certificates” lists them.",
            code="serial.unreadable",
            field="serial",
        )
    return plain.lstrip("0")
