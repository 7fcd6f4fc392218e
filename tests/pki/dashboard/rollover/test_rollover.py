"""The guided page: what each role sees and may do, in each stage."""

import pytest
from django.test import Client

from pki.actions.actor import SYSTEM
from pki.actions.rollover.stages import begin_reissuing, finish
from pki.actions.rollover.starting import start_rollover
from pki.actions.rollover.trust import confirm_server_installed, confirm_server_trust
from pki.actions.rollover.waves import step
from pki.models import Authority, Certificate, Rollover, Server, ServerRollover, Workstation
from pki.x509.keys import KeySpec
from tests.pki.conftest import Agent

PAGE = "/authorities/rollover/"


def text(client: Client, address: str = PAGE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer
    return " ".join(answer.content.decode().split())


@pytest.fixture
def rollover(authority: Authority) -> Rollover:
    return start_rollover(actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))


def test_before_it_begins_the_page_says_how_it_goes(
    as_administrator: Client, authority: Authority
) -> None:
    page = text(as_administrator)
    assert "signing; you can still cancel" in page
    assert f'href="{PAGE}start/"' in page
    assert PAGE in text(as_administrator, authority.get_absolute_url())


def test_an_administrator_takes_it_from_the_start_to_the_end(
    confirmed: Client, issued: Certificate, server: Server
) -> None:
    form = text(confirmed, f"{PAGE}start/")
    assert 'value="CM Agent CA G2"' in form
    answer = confirmed.post(
        f"{PAGE}start/", {"common_name": "CM Agent CA G2", "key": "ec-p256", "days": "7305"}
    )
    assert answer.status_code == 302
    page = text(confirmed)
    assert "CM Agent CA goes on signing; nothing has changed for anybody." in page
    assert 'Servers that trust the new root</span> <span class="quiet">0 of 1' in page
    assert "Cancel the replacement" in page

    confirmed.post(f"{PAGE}servers/trust/", {"selected": str(server.pk), "verb": "confirm"})
    kept = ServerRollover.objects.get()
    assert kept.trust_confirmed_by == "administrator"
    assert "by administrator on" in text(confirmed, f"{PAGE}servers/")

    question = text(confirmed, f"{PAGE}begin/")
    assert "There is no way back to CM Agent CA as the root that signs." in question
    assert Rollover.objects.get().stage == "announced"
    confirmed.post(f"{PAGE}begin/")
    page = text(confirmed)
    assert "CM Agent CA G2 signs everything new since" in page
    assert "Cancel the replacement" not in page
    assert "1 server with a certificate of the old root" in page

    refused = confirmed.post(f"{PAGE}finish/")
    assert refused.status_code == 409
    assert "cannot retire yet" in refused.content.decode()

    confirmed.post(f"{PAGE}waves/next/")
    assert f'To install now: <a href="{server.get_absolute_url()}">' in text(confirmed)
    server.refresh_from_db()
    assert server.certificate is not None
    confirmed.post(f"{PAGE}servers/trust/", {"selected": str(server.pk), "verb": "installed"})
    assert "Said to be in use" in text(confirmed, f"{PAGE}servers/")
    page = text(confirmed)
    assert "Nobody needs CM Agent CA any more." in page
    confirmed.post(f"{PAGE}finish/")
    page = text(confirmed)
    assert "Finished" in page
    assert "CM Agent CA</a>, followed by" in page
    listed = text(confirmed, "/authorities/")
    assert "Retired" in listed
    assert "Active" in listed


def test_an_operator_pauses_confirms_and_sizes_but_does_not_decide(
    as_operator: Client, rollover: Rollover, issued: Certificate, server: Server
) -> None:
    for verb in ("begin", "cancel", "finish", "start", "silent"):
        assert as_operator.get(f"{PAGE}{verb}/").status_code == 403
        assert as_operator.post(f"{PAGE}{verb}/").status_code == 403
    begin_reissuing(rollover, actor=SYSTEM)
    as_operator.post(f"{PAGE}waves/pause/")
    assert "Paused: no further wave begins." in text(as_operator)
    as_operator.post(f"{PAGE}waves/go-on/")
    as_operator.post(f"{PAGE}sizes/", {"servers": "7", "workstations": "70"})
    assert "7 servers, 70 workstations in a wave" in text(as_operator)
    as_operator.post(f"{PAGE}servers/trust/", {"selected": str(server.pk), "verb": "confirm"})
    as_operator.post(f"{PAGE}servers/trust/", {"selected": str(server.pk), "verb": "withdraw"})
    assert ServerRollover.objects.get().trust_confirmed_at is None
    # Somebody else paused meanwhile: refused in words.
    as_operator.post(f"{PAGE}waves/pause/")
    assert "paused already" in as_operator.post(f"{PAGE}waves/pause/").content.decode()


def test_a_viewer_watches(as_viewer: Client, rollover: Rollover, issued: Certificate) -> None:
    begin_reissuing(rollover, actor=SYSTEM)
    page = text(as_viewer)
    assert "Re-issue in waves" in page
    assert 'action="/authorities/rollover/' not in page
    assert "Select cm1" not in text(as_viewer, f"{PAGE}servers/")
    for address in ("waves/pause/", "servers/trust/", "sizes/"):
        assert as_viewer.post(f"{PAGE}{address}").status_code == 403


def test_refusals_stand_beside_their_field(confirmed: Client, authority: Authority) -> None:
    taken = confirmed.post(
        f"{PAGE}start/", {"common_name": "cm agent ca", "key": "ec-p256", "days": "7305"}
    )
    assert "would confuse the two" in " ".join(taken.content.decode().split())
    short = confirmed.post(
        f"{PAGE}start/", {"common_name": "CM Agent CA G2", "key": "ec-p256", "days": "30"}
    )
    assert "Enter 365 days or more" in short.content.decode()
    assert not Rollover.objects.exists()


def test_workstations_are_listed_by_what_they_lack(
    confirmed: Client, automatic_registration: None, rollover: Rollover
) -> None:
    rows = [Agent(f"desk-{number}").register().workstation for number in range(3)]
    Workstation.objects.filter(pk=rows[0].pk).update(newest_root=rollover.successor)
    Workstation.objects.filter(pk=rows[1].pk).update(newest_root=rollover.old)
    listed = {
        word: {row.name for row in rows if row.name in text(confirmed, address(word))}
        for word in ("trusts", "not-yet", "unknown", "untrusting", "old")
    }
    names = [row.name for row in rows]
    assert listed == {
        "trusts": {names[0]},
        "not-yet": {names[1]},
        "unknown": {names[2]},
        "untrusting": {names[1], names[2]},
        "old": set(names),
    }
    assert "1 workstation says nothing of roots" in text(confirmed, f"{PAGE}silent/")
    confirmed.post(f"{PAGE}silent/")
    assert Workstation.objects.filter(newest_root=rollover.successor).count() == 2


def address(word: str) -> str:
    return f"/workstations/?root={word}"


def test_the_filter_shows_nobody_rather_than_everybody_once_it_is_over(
    as_administrator: Client, automatic_registration: None
) -> None:
    row = Agent("desk-1").register().workstation
    assert row.name not in text(as_administrator, address("cut-off"))
    assert "New root" not in text(as_administrator, "/workstations/")


def test_the_overview_leads_there(
    as_operator: Client, rollover: Rollover, issued: Certificate
) -> None:
    assert "is being replaced by CM Agent CA G2" in text(as_operator, "/")


def test_after_the_end_the_old_root_says_that_it_is_retired(
    as_viewer: Client, rollover: Rollover, issued: Certificate, server: Server
) -> None:
    begun = begin_reissuing(rollover, actor=SYSTEM)
    step(begun)
    confirm_server_trust(begun, server, actor=SYSTEM)
    Server.objects.update(probed=False)
    confirm_server_installed(begun, server, actor=SYSTEM)
    finish(begun, actor=SYSTEM)
    page = text(as_viewer, rollover.old.get_absolute_url())
    assert "agents no longer trust it" in page
    assert "Replace this root" not in page
    assert "Replace this root" in text(as_viewer, rollover.successor.get_absolute_url())


def test_the_command_for_joining_pins_what_this_host_answers_with(
    as_operator: Client, rollover: Rollover, settings: object
) -> None:
    from pki.actions.server_certificates import issue_for_server
    from pki.actions.servers import add_server

    host = add_server("admin.example.test", actor=SYSTEM)
    issue_for_server(host, actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
    begun = begin_reissuing(rollover, actor=SYSTEM)

    def command() -> str:
        made = as_operator.post("/tokens/new/", {"name": "x", "days": "7", "uses": "1"})
        return made.content.decode()

    assert rollover.old.certificate.sha256 in command()
    step(begun)
    assert rollover.successor.certificate.sha256 in command()


def test_a_page_takes_as_many_queries_for_many_servers(
    as_viewer: Client,
    rollover: Rollover,
    issued: Certificate,
    django_assert_max_num_queries: object,
) -> None:
    from pki.actions.server_certificates import issue_for_server
    from pki.actions.servers import add_server

    for number in range(5):
        row = add_server(f"many{number}.example.com", actor=SYSTEM)
        issue_for_server(row, actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
    with django_assert_max_num_queries(22):  # type: ignore[operator]
        as_viewer.get(PAGE)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        as_viewer.get(f"{PAGE}servers/")
