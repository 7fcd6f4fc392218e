"""What people see of looks at servers."""

from datetime import timedelta

from django.utils import timezone

from pki.models import Certificate, Probe, ProbeState, Server
from tests.pki.conftest import Signed


def seen(server: Server, state: ProbeState, sha256: str, message: str = "") -> None:
    Probe.objects.create(server=server, state=state, sha256=sha256, message=message)
    server.probe_state, server.probe_sha256 = state, sha256
    server.probed_at = timezone.now()
    server.save()


def test_before_the_first_look_the_page_says_when_it_comes(
    as_viewer: Signed, issued: Certificate
) -> None:
    page = as_viewer.get(issued.server.get_absolute_url()).content.decode()
    assert "It was not looked at yet. That is done every hour, at port 3003." in page
    assert "Look now" not in page


def test_renewed_and_not_installed_stands_on_overview_list_and_page(
    as_viewer: Signed, issued: Certificate
) -> None:
    seen(issued.server, ProbeState.IN_USE, "0" * 64)
    assert "answers with its old certificate" in as_viewer.get("/").content.decode()
    listed = as_viewer.get("/servers/?state=old").content.decode()
    assert "cm1.example.com" in listed
    assert "Old certificate still in use" in listed
    page = as_viewer.get(issued.server.get_absolute_url()).content.decode()
    assert "Old certificate still in use" in page


def test_in_use_is_said_and_is_no_chore(as_viewer: Signed, issued: Certificate) -> None:
    seen(issued.server, ProbeState.IN_USE, issued.sha256)
    assert "In use" in as_viewer.get(issued.server.get_absolute_url()).content.decode()
    assert "old certificate" not in as_viewer.get("/").content.decode()


def test_what_came_is_shown_with_its_chain_and_its_days(
    as_viewer: Signed, issued: Certificate
) -> None:
    Probe.objects.create(
        server=issued.server,
        state=ProbeState.OTHER,
        sha256="0" * 64,
        subject="CN=elsewhere",
        issuer="CN=Some CA",
        not_after=timezone.now() + timedelta(days=9, hours=1),
        tls_version="TLSv1.2",
        chain=["CN=elsewhere", "CN=Some CA", "CN=Some Root"],
    )
    page = as_viewer.get(issued.server.get_absolute_url()).content.decode()
    assert "9 days left" in page
    assert "CN=Some CA, CN=Some Root" in page
    assert "TLSv1.2" in page


def test_the_strip_shows_each_look(as_viewer: Signed, issued: Certificate) -> None:
    for number in range(3):
        seen(issued.server, ProbeState.UNREACHABLE, "", f"Nothing listens, {number}.")
    Probe.objects.update(at=timezone.now() - timedelta(hours=1))
    page = as_viewer.get(issued.server.get_absolute_url()).content.decode()
    assert page.count("probe-soon") == 3
    assert "Nothing listens, 2." in page


def test_look_now_looks(as_operator: Signed, issued: Certificate) -> None:
    target = f"/servers/{issued.server.pk}/probe/target/"
    given = {"address": "127.0.0.1", "port": "1099", "probed": "on"}
    assert as_operator.post(target, given).status_code == 302
    answer = as_operator.post(f"/servers/{issued.server.pk}/probe/", follow=True)
    assert "Unreachable. Nothing listens on port 1099." in answer.content.decode()


def test_a_wrong_target_is_refused_on_its_field(as_operator: Signed, issued: Certificate) -> None:
    target = f"/servers/{issued.server.pk}/probe/target/"
    answer = as_operator.post(target, {"address": "no name!", "port": "99999"})
    assert answer.status_code == 200
    assert "65535" in answer.content.decode()


def test_automatic_renewal_is_set_and_shown(as_operator: Signed, issued: Certificate) -> None:
    address = f"/servers/{issued.server.pk}/renewal/"
    assert "only by hand" in as_operator.get(address).content.decode()
    assert as_operator.post(address, {"days": "30", "same_key": "on"}).status_code == 302
    page = as_operator.get(issued.server.get_absolute_url()).content.decode()
    assert "30 days ahead, with the same key" in page
    refused = as_operator.post(address, {"days": "500"})
    assert "Enter 1 to 198 days" in refused.content.decode()


def test_who_is_not_watched_is_no_chore(as_viewer: Signed, issued: Certificate) -> None:
    seen(issued.server, ProbeState.UNREACHABLE, "", "Nothing listens.")
    assert "does not answer" in as_viewer.get("/").content.decode()
    Server.objects.update(probed=False)
    assert "does not answer" not in as_viewer.get("/").content.decode()
