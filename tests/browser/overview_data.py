"""What the overview is looked at with, made in the running product's own installation."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from pki.actions.actor import SYSTEM
from pki.actions.server_certificates import issue_for_server, renew_alike
from pki.actions.servers import add_server
from pki.models import Authority, Certificate, ProbeState, Server, Workstation
from pki.x509.keys import KeySpec
from tests.pki.dashboard.overview.fleets import fleet

PLACES = ("berlin", "oslo", "porto", "lyon", "turin", "ghent", "graz", "malmo", "cork", "brno")
#: Days since each was issued; the certificate holds for 397.
AGES = (390, 372, 340, 300, 281, 250, 222, 190, 154, 121, 93, 77, 61, 48, 33, 21, 15, 9, 4, 1)


def nothing() -> None:
    """No server at all, as before the first step of someone who has a root only."""
    Server.objects.update(certificate=None)
    Certificate.objects.filter(server__isnull=False).delete()
    Server.objects.all().delete()


def server(name: str, age: int) -> Server:
    """Its row says that the certificate was issued so many days ago."""
    made = add_server(name, actor=SYSTEM)
    issued = issue_for_server(made, actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
    issued.not_before -= timedelta(days=age)
    issued.not_after -= timedelta(days=age)
    issued.issued_at = issued.not_before
    issued.save()
    made.refresh_from_db()
    return made


def three_servers() -> None:
    for number, age in enumerate((40, 200, 301), 1):
        found_with(server(f"cm{number}.example.com", age), ProbeState.IN_USE)


def found_with(row: Server, state: ProbeState, *, own: bool = True) -> None:
    assert row.certificate is not None
    row.probe_state, row.probed_at = state, timezone.now() - timedelta(minutes=20)
    row.probe_sha256 = row.certificate.sha256 if own else "0" * 64
    row.save()


def thirty_servers_and_a_fleet() -> None:
    made = [server(settings.HOST, 2)]
    for number in range(26):
        name = f"branch-{PLACES[number % 10]}{number // 10 or ''}.example.com"
        made.append(server(name, AGES[number % len(AGES)]))
    for row in made:
        found_with(row, ProbeState.IN_USE)
    found_with(made[9], ProbeState.UNREACHABLE, own=False)
    found_with(made[10], ProbeState.OTHER, own=False)
    for row in made[11:15]:
        assert row.certificate is not None
        renew_alike(row, expected=row.certificate, actor=SYSTEM)
    for row in made[11:13]:
        row.refresh_from_db()
        found_with(row, ProbeState.IN_USE)
    workstations(Authority.objects.get())


def workstations(root: Authority) -> None:
    for week in range(30):
        fleet(root, number=8, ends=360 - 8 * week, renewed=5 + 8 * week, seen=week % 3)
    fleet(root, number=23, ends=340, seen=1)
    fleet(root, number=14, ends=96, seen=2)
    fleet(root, number=9, ends=44, seen=12)
    fleet(root, number=3, ends=17, seen=35)
    fleet(root, number=2, ends=-6, seen=70)
    fleet(root, number=4, ends=363, state="approved", seen=None)
    for number in range(2):
        Workstation.objects.create(
            agent_id=f"new-{number}",
            name=f"desk-{number}.example.com",
            public_key_sha256=f"{number + 7:064x}",
            address="10.0.0.5",
        )
