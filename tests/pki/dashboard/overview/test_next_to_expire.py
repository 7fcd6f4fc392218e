"""The ten that end next, and renewing them by one click."""

import re
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.utils import timezone

from pki.actions.actor import SYSTEM
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.dashboard.overview.cards.next_to_expire import next_to_expire
from pki.models import AgentTask, Authority, Certificate, Server, Workstation
from pki.x509.keys import KeySpec
from tests.pki.conftest import Signed
from tests.pki.dashboard.overview.fleets import fleet


def text(answer: object) -> str:
    return answer.content.decode().replace("&#x27;", "'")  # type: ignore[attr-defined]


def current(server: Server) -> Certificate:
    found = Server.objects.get(pk=server.pk).certificate
    assert found is not None
    return found


def form_of(page: str, server: Server) -> dict[str, str]:
    """What the button of this server sends."""
    found = re.search(
        rf'action="/servers/{server.pk}/renew-alike/".*?name="expected" value="(\d+)"', page, re.S
    )
    assert found is not None
    return {"expected": found[1]}


def test_the_nearest_come_first_and_a_due_fleet_hides_no_server(
    authority: Authority, issued: Certificate
) -> None:
    for number in range(6):
        made = add_server(f"s{number}.example.com", actor=SYSTEM)
        issue_for_server(made, actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
    Certificate.objects.filter(pk=issued.pk).update(not_after=timezone.now() - timedelta(days=1))
    fleet(authority, ends=3, number=300)
    rows = next_to_expire(timezone.now())
    assert [row.kind for row in rows] == ["Server", *["Workstation"] * 5, *["Server"] * 4]
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    assert rows[0].name == "cm1.example.com"


def test_one_click_renews_and_says_what_is_next(as_operator: Signed, issued: Certificate) -> None:
    server = issued.server
    assert server is not None
    page = text(
        as_operator.post(
            f"/servers/{server.pk}/renew-alike/",
            form_of(text(as_operator.get("/")), server),
            follow=True,
        )
    )
    new = current(server)
    assert (new.replaces_id, new.key_algorithm) == (issued.pk, issued.key_algorithm)
    assert new.public_key_sha256 != issued.public_key_sha256
    assert "cm1.example.com is renewed until" in page
    assert "Now install it" in page
    assert f'href="/certificates/{new.serial_number}/#downloads"' in page


def test_the_second_of_two_is_told_who_was_first(
    as_operator: Signed, as_administrator: Signed, issued: Certificate
) -> None:
    server = issued.server
    assert server is not None
    given = form_of(text(as_administrator.get("/")), server)
    address = f"/servers/{server.pk}/renew-alike/"
    as_operator.post(address, given)
    first = current(server)
    page = text(as_administrator.post(address, given, follow=True))
    assert "operator gave cm1.example.com a new certificate at" in page
    assert "is renewed until" not in page
    assert current(server) == first


def test_a_key_that_is_on_the_server_goes_on(as_operator: Signed, server: Server) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cm1.example.com")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name)
    signed = request.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    issued = issue_for_server(server, actor=SYSTEM, csr=signed.public_bytes(Encoding.PEM))
    as_operator.post(f"/servers/{server.pk}/renew-alike/", {"expected": issued.pk})
    new = current(server)
    assert (new.replaces_id, new.public_key_sha256) == (issued.pk, issued.public_key_sha256)


def test_a_certificate_of_another_authority_is_not_replaced_by_one_click(
    as_operator: Signed, issued: Certificate
) -> None:
    Certificate.objects.filter(pk=issued.pk).update(authority=None, source="imported")
    page = text(as_operator.get("/"))
    assert "/renew-alike/" not in page
    assert f'href="/servers/{issued.server_id}/renew/"' in page


def test_viewers_see_no_button_and_renew_nothing(
    as_viewer: Signed, issued: Certificate, trusted: Workstation
) -> None:
    page = text(as_viewer.get("/"))
    assert "cm1.example.com" in page
    assert '<button class="btn btn-sm"' not in page
    for address in (
        f"/servers/{issued.server_id}/renew-alike/",
        f"/workstations/{trusted.pk}/renew/",
    ):
        assert as_viewer.post(address, {"expected": issued.pk}).status_code == 403
    assert current(issued.server) == issued  # type: ignore[arg-type]
    assert not AgentTask.objects.exists()


def test_nonsense_is_not_found(as_operator: Signed, issued: Certificate) -> None:
    for given in ("", "x", "9" * 30, "0"):
        answer = as_operator.post(f"/servers/{issued.server_id}/renew-alike/", {"expected": given})
        assert answer.status_code == 404, given


def test_a_trusted_workstation_is_given_the_task_once(
    as_operator: Signed, trusted: Workstation
) -> None:
    assert f'action="/workstations/{trusted.pk}/renew/"' in text(as_operator.get("/"))
    page = text(as_operator.post(f"/workstations/{trusted.pk}/renew/", follow=True))
    task = AgentTask.objects.get()
    assert (task.kind, task.workstation) == ("renew-certificate", trusted)
    assert f'href="/tasks/{task.pk}/"' in page
    again = text(as_operator.post(f"/workstations/{trusted.pk}/renew/", follow=True))
    assert "waits for the agent of pc-9.example.com already" in again
    assert AgentTask.objects.count() == 1


def test_one_that_was_not_here_yet_has_no_button(as_operator: Signed, authority: Authority) -> None:
    fleet(authority, ends=50, state="approved", seen=None)
    page = text(as_operator.get("/"))
    assert "Its agent was not here yet" in page
    assert "/renew/" not in page


def test_a_root_leads_to_its_page(
    as_operator: Signed, authority: Authority, issued: Certificate
) -> None:
    assert f'aria-label="Look at it: {authority}"' in text(as_operator.get("/"))
