"""What a few words may mean: a name, a serial number, a fingerprint, a person."""

import re
from dataclasses import dataclass, field

from django.db.models import Q

from pki.dashboard.prefixes import begins_with, of_workstation, with_identifier
from pki.errors import CertiflowError
from pki.models import Authority, Certificate, Role, Server, User, Workstation
from pki.x509.names import dns_name

#: Of each kind; who needs more narrows the list of that kind.
SHOWN = 10
HEX = re.compile(r"[0-9a-f]{4,64}")


@dataclass
class Found:
    servers: list[Server] = field(default_factory=list)
    certificates: list[Certificate] = field(default_factory=list)
    authorities: list[Authority] = field(default_factory=list)
    workstations: list[Workstation] = field(default_factory=list)
    users: list[User] = field(default_factory=list)
    #: The one certificate whose number or fingerprint was entered in full.
    exact: Certificate | None = None

    def __bool__(self) -> bool:
        return any(
            (self.servers, self.certificates, self.authorities, self.workstations, self.users)
        )


def find(text: str, reader: User) -> Found:
    """Everything that ``reader`` may see and that ``text`` may mean."""
    number = hexadecimal(text)
    words = as_written_here(text)
    found = Found(
        servers=list(
            Server.objects.filter(
                Q(fqdn__icontains=words) | Q(comment__icontains=text)
            ).select_related("certificate")[:SHOWN]
        ),
        certificates=certificates(words, number),
        authorities=list(Authority.objects.filter(common_name__icontains=text)[:SHOWN]),
        workstations=workstations(text),
    )
    if reader.has_role(Role.ADMINISTRATOR):
        found.users = list(User.objects.filter(username__icontains=text)[:SHOWN])
    if number:
        found.exact = next((row for row in found.certificates if is_exact(row, number)), None)
    return found


def as_written_here(text: str) -> str:
    """A name in its own letters as the A-labels it is stored in."""
    if text.isascii():
        return text.lower()
    try:
        return dns_name(text)
    except CertiflowError:
        return text.lower()


def hexadecimal(text: str) -> str:
    """A serial number or fingerprint without what people put between its digits."""
    compact = re.sub(r"[\s:.-]", "", text.lower()).removeprefix("0x")
    return compact if HEX.fullmatch(compact) else ""


def certificates(words: str, number: str) -> list[Certificate]:
    """By the beginning of the name, the number or a fingerprint: each has an index."""
    wanted = begins_with("common_name", words) | of_workstation(words)
    if number:
        wanted |= begins_with("sha1", number) | begins_with("sha256", number)
        wanted |= begins_with("serial_number", number.lstrip("0") or "-")
    return list(Certificate.objects.filter(wanted).defer("der", "chain")[:SHOWN])


def workstations(text: str) -> list[Workstation]:
    """By the identifier in any spelling, or the beginning of the name."""
    wanted = Q(pk__in=with_identifier(text)) | begins_with("name", text)
    return list(Workstation.objects.filter(wanted).defer("inventory")[:SHOWN])


def is_exact(row: Certificate, number: str) -> bool:
    return number in {row.sha1, row.sha256} or number.lstrip("0") == row.serial_number
