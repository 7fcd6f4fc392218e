"""What issuing and renewing print: the certificate, its files, and what to do next."""

from pathlib import Path

from django.core.management.base import OutputWrapper
from django.utils import timezone

from pki.actions.actor import Actor
from pki.errors import CertiflowError, Unavailable
from pki.management import certificate_document
from pki.management.certificate_files import Destination
from pki.management.json_output import write_document
from pki.models import Certificate
from pki.x509.profiles import ROOT


def write_files(row: Certificate, destination: Destination | None, *, actor: Actor) -> list[Path]:
    """The files of a certificate that exists already, whatever happens here."""
    if destination is None:
        return []
    try:
        return destination.write(row, actor=actor)
    except CertiflowError as error:
        raise Unavailable(
            f"The certificate {row.serial_number} is issued and stored, and its files are not "
            f"written. {error.message} “certiflow certificates {row.serial_number} --out DIR” "
            "then fetches them.",
            code=error.code,
            field=error.field,
        ) from None


def write_issued(
    stdout: OutputWrapper,
    row: Certificate,
    headline: str,
    destination: Destination | None,
    files: list[Path],
    *,
    as_json: bool,
) -> None:
    if as_json:
        document = certificate_document.document(row, timezone.now())
        write_document(stdout, {**document, "files": [str(path) for path in files]})
        return
    stdout.write(headline)
    stdout.write("\n".join(certificate_document.lines(row)))
    after = next_step(row, destination, files)
    if after:
        stdout.write("\n".join(["", *after]))


def next_step(row: Certificate, destination: Destination | None, files: list[Path]) -> list[str]:
    if not row.was_issued:
        return []
    if destination is None:
        return [
            "Next: fetch its files with",
            f"  certiflow certificates {row.serial_number} --out DIR"
            + (" --pwd-stdin" if has_pfx(row) else ""),
            f"or at {certificate_document.page_address(row)}",
        ]
    return ["Written:", *(f"  {path}" for path in files), *advice(row, destination)]


def advice(row: Certificate, destination: Destination) -> list[str]:
    if row.profile == ROOT.name:
        return [
            "Next: put it into the trust stores of servers and workstations. The root's key leaves "
            "only as agent_root_ca.json, from its page in the dashboard."
        ]
    page = certificate_document.page_address(row)
    return [
        private_key_advice(row, destination),
        f"Next: put them to work; {page} shows how for IIS, nginx, Apache and HAProxy.",
    ]


def private_key_advice(row: Certificate, destination: Destination) -> str:
    if not has_pfx(row):
        return "The private key is where the certificate request was made; join the two there."
    if destination.password:
        return (
            "The .pfx opens with the password you gave; the .key is not encrypted, and only its "
            "owner can read it."
        )
    return (
        "The .pfx has no password and the .key is not encrypted; only their owner can read them. "
        "Use --pwd-stdin where the .pfx travels."
    )


def has_pfx(row: Certificate) -> bool:
    return row.private_key_id is not None and row.profile != ROOT.name
