"""Every number of the overview leads to a list that shows exactly so many."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from pki.actions.actor import SYSTEM
from pki.actions.authorities import create_authority
from pki.actions.server_certificates import issue_for_server, renew
from pki.actions.servers import add_server
from pki.actions.trust import revoke_workstation
from pki.dashboard.overview.cards.card import Number
from pki.dashboard.overview.cards.expiry import expiry
from pki.dashboard.overview.cards.fleet import fleet as fleet_card
from pki.dashboard.overview.cards.probes import probes
from pki.dashboard.overview.timeline import MONTHS, short
from pki.models import Authority, Certificate, ProbeState, Server
from pki.x509.keys import KeySpec
from tests.pki.conftest import Signed
from tests.pki.dashboard.overview.fleets import fleet

P256 = KeySpec.parse("ec-p256")


def listed(client: Signed, url: str) -> int:
    """Rows of the list, as its pages count them."""
    page = client.get(url).content.decode()
    assert "field-error" not in page
    several = re.search(r"of ([\d,]+)\s*</p>", page)
    if several:
        return int(several[1].replace(",", ""))
    return page.count('<tr role="row" class="even') + page.count('<tr role="row" class="odd')


def agree(client: Signed, numbers: list[Number]) -> None:
    told = {(number.label, number.url): number.count for number in numbers}
    assert told == {(label, url): listed(client, url) for label, url in told}


def server(number: int, ends: float) -> Server:
    made = add_server(f"cm{number}.example.com", actor=SYSTEM)
    issued = issue_for_server(made, actor=SYSTEM, key_spec=P256)
    Certificate.objects.filter(pk=issued.pk).update(not_after=timezone.now() + timedelta(days=ends))
    made.refresh_from_db()
    return made


def test_the_table_of_ends_agrees_with_the_lists(as_viewer: Signed, authority: Authority) -> None:
    for number, ends in enumerate((-3, 2, 6, 20, 80, 300, 390)):
        server(number, ends)
    for ends, many in ((-1, 1), (3, 2), (25, 3), (89, 4), (200, 30)):
        fleet(authority, ends=ends, number=many)
    found = expiry(timezone.now())
    numbers = {row.label: [number.count for number in row.numbers] for row in found.rows}
    # Expired; within 7, 30, 90 and 365 days; all that hold.
    assert numbers == {
        "Servers": [1, 2, 3, 4, 5, 6],
        "Workstations": [1, 2, 5, 9, 39, 39],
        "Roots": [0, 0, 0, 0, 0, 1],
    }
    for row in found.rows:
        agree(as_viewer, row.numbers)


def test_each_strip_has_each_end_in_its_month(authority: Authority) -> None:
    now = timezone.now()
    one = server(1, 100)
    fleet(authority, ends=100, number=20)
    fleet(authority, ends=200, number=1)
    servers, workstations = expiry(now).strips
    assert (servers.label, servers.total, len(servers.months)) == ("Servers", 1, MONTHS)
    [month] = [each for each in servers.months if each.count]
    assert one.certificate is not None
    end = one.certificate.not_after
    assert (month.start.year, month.start.month) == (end.year, end.month)
    assert [each.count for each in workstations.months if each.count] == [20, 1]
    # A scale of its own: as high as the highest of the other strip.
    assert month.height == max(each.height for each in workstations.months)


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0"), (999, "999"), (1_234, "1.2k"), (45_678, "46k"), (1_300_000, "1.3M")],
)
def test_a_large_number_fits_over_its_bar(count: int, words: str) -> None:
    assert short(count) == words


def test_the_fleet_agrees_with_the_lists(as_viewer: Signed, authority: Authority) -> None:
    fleet(authority, number=4, renewed=3, ends=360)
    fleet(authority, number=3, renewed=100, ends=260, seen=8)
    fleet(authority, number=2, ends=364, state="approved", seen=None)
    fleet(authority, number=30, ends=100, seen=40)
    fleet(authority, number=1, ends=-2, seen=90)
    found = fleet_card(timezone.now())
    told = {number.label: number.count for number in (*found.presence, *found.certificates)}
    assert told == {
        "Silent for 7 days": 34,
        "Silent for 30 days": 31,
        "Renewed in the last 30 days": 4,
        "Due, and not renewed": 30,
        "Expired": 1,
    }
    agree(as_viewer, [*found.states, *found.presence, *found.certificates])


def test_what_servers_answer_with_agrees_with_the_lists(
    as_viewer: Signed, authority: Authority
) -> None:
    rows = [server(number, 300) for number in range(7)]
    looks = [
        (ProbeState.IN_USE, True),
        (ProbeState.IN_USE, True),
        (ProbeState.OTHER, False),
        (ProbeState.UNREACHABLE, False),
        (ProbeState.IN_USE, True),
    ]
    for row, (state, own) in zip(rows, looks, strict=False):
        assert row.certificate is not None
        row.probe_state, row.probe_sha256 = state, row.certificate.sha256 if own else "0" * 64
        row.save()
    Server.objects.filter(pk=rows[6].pk).update(probed=False)
    # The fifth answered with its certificate, and has another one now.
    assert rows[4].certificate is not None
    renew(rows[4], actor=SYSTEM, expected=rows[4].certificate, key_spec=P256)
    found = probes(timezone.now())
    assert {number.label: number.count for number in found.answers} == {
        "In use": 2,
        "The certificate before": 1,
        "Another certificate": 1,
        "Unreachable": 1,
        "Never looked at": 1,
        "Not to be looked at": 1,
    }
    assert [str(row) for row in found.not_installed] == ["cm4.example.com"]
    assert [number.count for number in found.renewed] == [1, 1]
    agree(as_viewer, [*found.answers, *found.renewed])


def test_a_revoked_certificate_of_a_workstation_is_counted_nowhere(authority: Authority) -> None:
    [row] = fleet(authority, ends=3)
    revoke_workstation(row, actor=SYSTEM, reason="Stolen")
    [_, machines, _] = expiry(timezone.now()).rows
    assert [number.count for number in machines.numbers] == [0] * 6


def test_a_root_of_few_days_is_told(as_viewer: Signed, db: None) -> None:
    root = create_authority(actor=SYSTEM, key_spec=P256)
    Certificate.objects.filter(pk=root.certificate_id).update(
        not_after=timezone.now() + timedelta(days=5)
    )
    [_, _, roots] = expiry(timezone.now()).rows
    assert [number.count for number in roots.numbers] == [0, 1, 1, 1, 1, 1]
    agree(as_viewer, roots.numbers)
