"""A workstation is who it was: attempts to become another one, or two."""

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.test import RequestFactory
from django.urls import resolve
from django.utils import timezone

from pki.actions.actor import SYSTEM
from pki.actions.bulk_changes import prepare, start, step
from pki.actions.registration_policy import change_policy
from pki.actions.trust import approve, reinstate, revoke_workstation, trust
from pki.actions.workstation_certificates import renew_workstation
from pki.agent_site.caller import Caller, caller
from pki.errors import Conflict, Forbidden
from pki.models import AuditEvent, Certificate, Workstation
from tests.pki import conftest as installation
from tests.pki.conftest import Agent, Signed, certificate_request

authority = installation.authority
administrator = installation.administrator
as_operator = installation.as_operator
as_viewer = installation.as_viewer
open_registration = installation.open_registration
automatic_registration = installation.automatic_registration
trusted = installation.trusted
forgotten_attempts = installation.forgotten_attempts


@pytest.fixture
def revoked(automatic_registration: None) -> Workstation:
    row = trust(Agent("pc-1").register().workstation, actor=SYSTEM)
    return revoke_workstation(row, actor=SYSTEM, reason="Stolen")


def state_of(row: Workstation) -> str:
    return str(Workstation.objects.get(pk=row.pk).state)


# --- reinstating ---------------------------------------------------------------------------


@pytest.mark.parametrize("automatic", [False, True])
def test_whoever_knows_the_identifier_of_a_reinstated_workstation_does_not_become_it(
    revoked: Workstation, automatic: bool
) -> None:
    change_policy(open_to_all=True, automatic=automatic, actor=SYSTEM)
    reinstate(revoked, actor=SYSTEM, reason="Found again")

    stranger = Agent("pc-1").register()

    assert stranger.certificate is None
    assert stranger.workstation.pk != revoked.pk
    assert stranger.workstation.state == "pending"
    assert stranger.workstation.identifier_taken


def test_a_stranger_is_refused_while_registration_is_closed(revoked: Workstation) -> None:
    change_policy(open_to_all=False, automatic=False, actor=SYSTEM)
    reinstate(revoked, actor=SYSTEM, reason="Found again")
    with pytest.raises(Forbidden) as caught:
        Agent("pc-1").register()
    assert caught.value.code == "registration.token_required"


def test_the_code_of_the_row_brings_it_back_once_and_on_no_other_row(revoked: Workstation) -> None:
    other = trust(Agent("pc-2").register().workstation, actor=SYSTEM)
    revoke_workstation(other, actor=SYSTEM, reason="Stolen")
    change_policy(open_to_all=False, automatic=False, actor=SYSTEM)
    code = reinstate(revoked, actor=SYSTEM, reason="Found again").code
    reinstate(other, actor=SYSTEM, reason="Found again")

    with pytest.raises(Forbidden):
        Agent("pc-2", code).register()
    back = Agent("PC-1", code).register()
    with pytest.raises(Forbidden):
        Agent("pc-1", code).register()

    assert back.workstation.pk == revoked.pk
    assert back.certificate is not None
    assert code not in str(list(Workstation.objects.values()) + list(AuditEvent.objects.values()))


def test_the_code_is_good_for_a_day(revoked: Workstation) -> None:
    change_policy(open_to_all=False, automatic=False, actor=SYSTEM)
    code = reinstate(revoked, actor=SYSTEM, reason="Found again").code
    with (
        time_machine.travel(timezone.now() + timedelta(hours=25)),
        pytest.raises(Forbidden) as caught,
    ):
        Agent("pc-1", code).register()
    assert caught.value.code == "token.expired"


def test_a_key_without_the_code_is_compared_and_approved_as_the_replacement(
    revoked: Workstation, as_operator: Signed
) -> None:
    reinstate(revoked, actor=SYSTEM, reason="Found again")
    Workstation.objects.filter(pk=revoked.pk).update(name="Reception", comment="By the door")
    agent = Agent("pc-1")
    waiting = agent.register().workstation
    page = as_operator.get(f"/workstations/{waiting.pk}/").content.decode()
    assert waiting.public_key_sha256.upper()[:8] in page.replace(":", "").upper()

    answer = as_operator.post(f"/workstations/{waiting.pk}/approve/", {"reason": "Compared"})

    assert answer.status_code == 302, answer.content.decode()
    assert (state_of(waiting), state_of(revoked)) == ("approved", "revoked")
    back = agent.register()
    assert back.certificate is not None
    assert (back.workstation.name, back.workstation.comment) == ("Reception", "By the door")


def test_a_machine_that_waits_already_may_bring_the_code_later(revoked: Workstation) -> None:
    code = reinstate(revoked, actor=SYSTEM, reason="Found again").code
    agent = Agent("pc-1")
    assert agent.register().certificate is None
    agent.token = code
    assert agent.register().certificate is not None
    admitted = Workstation.objects.filter(state__in=["approved", "trusted"])
    assert admitted.count() == 1


def test_a_bulk_change_reinstates_without_codes(revoked: Workstation) -> None:
    change = start(
        prepare("reinstate", [revoked.pk], actor=SYSTEM), {"reason": "Found"}, actor=SYSTEM
    )
    step(change, actor=SYSTEM)
    assert state_of(revoked) == "approved"
    stranger = Agent("pc-1").register()
    assert (stranger.certificate, stranger.workstation.state) == (None, "pending")


def test_the_page_after_reinstating_shows_the_code_and_the_command_once(
    revoked: Workstation, as_operator: Signed
) -> None:
    address = f"/workstations/{revoked.pk}/reinstate/"
    answer = as_operator.post(address, {"reason": "Found again"})
    page = answer.content.decode()
    [code] = {
        word for word in page.replace("<", " ").replace(">", " ").split() if word[:4] == "cfr_"
    }
    assert "certiflow-agent register --server https://" in page
    assert "--agent-id pc-1" in page
    assert "no-store" in answer["Cache-Control"]
    assert code not in as_operator.get(f"/workstations/{revoked.pk}/").content.decode()
    assert Agent("pc-1", code).register().workstation.pk == revoked.pk


@pytest.mark.parametrize("way", ["bearer", "member", "basic"])
def test_the_code_is_taken_by_either_protocol(revoked: Workstation, way: str) -> None:
    change_policy(open_to_all=False, automatic=False, actor=SYSTEM)
    code = reinstate(revoked, actor=SYSTEM, reason="Found again").code
    request = signing_request("pc-1")
    if way == "basic":
        basic = base64.b64encode(f"any:{code}".encode()).decode()
        asked = RequestFactory().post(
            "/.well-known/est/simpleenroll",
            base64.b64encode(request.public_bytes(Encoding.DER)),
            content_type="application/pkcs10",
            headers={"Authorization": f"Basic {basic}"},
        )
    else:
        body = {"agent_id": "pc-1", "csr": request.public_bytes(Encoding.PEM).decode()}
        asked = RequestFactory().post(
            "/agent/v1/register",
            json.dumps({**body, **({"token": code} if way == "member" else {})}),
            content_type="application/json",
            headers={"Authorization": f"Bearer {code}"} if way == "bearer" else {},
        )
    match = resolve(asked.path, "certiflow_admin.agent_urls")
    assert match.func(asked).status_code == 200
    revoked.refresh_from_db()
    assert (revoked.state, revoked.certificate is not None) == ("approved", True)


# --- superseded certificates ----------------------------------------------------------------


@pytest.fixture
def renewed(trusted: Workstation) -> tuple[Workstation, Certificate, Certificate]:
    """With the certificate before and the one that took its place, neither shown yet."""
    row = Workstation.objects.select_related("certificate").get(pk=trusted.pk)
    first = row.certificate
    assert first is not None
    _, request = certificate_request(row.agent_id)
    second = renew_workstation(row, request, shown=first.pk, actor=SYSTEM)
    row.refresh_from_db()
    return row, first, second


def called_with(certificate: Certificate, **options: bool) -> Caller:
    """A verified call: the server's TLS has seen the key of this certificate."""
    request = RequestFactory().get("/agent/v1/tasks")
    request.META["gunicorn.socket"] = Shown(bytes(certificate.der))
    return caller(request, **options)


class Shown:
    def __init__(self, der: bytes) -> None:
        self.der = der

    def getpeercert(self, _binary: bool) -> bytes:
        return self.der


def signing_request(name: str) -> x509.CertificateSigningRequest:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())


def post_with(certificate: Certificate, path: str, body: bytes, content_type: str) -> Any:
    match = resolve(path, "certiflow_admin.agent_urls")
    request = RequestFactory().post(path, body, content_type=content_type, secure=True)
    request.META["gunicorn.socket"] = Shown(bytes(certificate.der))
    return match.func(request)


def test_the_older_certificate_is_good_until_the_newer_was_shown(
    renewed: tuple[Workstation, Certificate, Certificate],
) -> None:
    row, first, second = renewed
    assert called_with(first).workstation_id == row.pk, "the agent was killed before it stored it"

    called_with(second)

    with pytest.raises(Forbidden) as caught:
        called_with(first)
    assert caught.value.code == "certificate.superseded"
    assert called_with(second).is_current


@pytest.mark.parametrize(
    ("path", "method"),
    [("hello", "POST"), ("tasks", "GET"), (f"tasks/{UUID(int=7)}/result", "POST")],
)
def test_a_superseded_certificate_is_refused_at_every_address(
    renewed: tuple[Workstation, Certificate, Certificate], path: str, method: str
) -> None:
    _, first, second = renewed
    called_with(second)
    match = resolve(f"/agent/v1/{path}", "certiflow_admin.agent_urls")
    request = RequestFactory().generic(
        method, f"/agent/v1/{path}", b"{}", content_type="application/json"
    )
    request.META["gunicorn.socket"] = Shown(bytes(first.der))
    answer = match.func(request, **match.kwargs)
    assert answer.status_code == 403
    assert b"certificate.superseded" in answer.content
    [event] = AuditEvent.objects.filter(event="agent.refused")
    assert "superseded" in event.detail["reason"]


@pytest.mark.parametrize("protocol", ["json", "est"])
def test_renewing_with_a_superseded_certificate_waits_for_a_person(
    renewed: tuple[Workstation, Certificate, Certificate], protocol: str
) -> None:
    row, first, second = renewed
    called_with(second)
    change_policy(open_to_all=True, automatic=True, actor=SYSTEM)
    request = signing_request(row.agent_id)
    if protocol == "json":
        body = json.dumps({"csr": request.public_bytes(Encoding.PEM).decode()}).encode()
        answer = post_with(first, "/agent/v1/renew", body, "application/json")
    else:
        body = base64.b64encode(request.public_bytes(Encoding.DER))
        answer = post_with(first, "/.well-known/est/simplereenroll", body, "application/pkcs10")

    assert (answer.status_code, answer["Retry-After"]) == (202, "15")
    waiting = Workstation.objects.exclude(pk=row.pk).get()
    assert (waiting.state, waiting.identifier_taken) == ("pending", True)
    row.refresh_from_db()
    assert row.certificate == second, "the newer one is not displaced"
    assert called_with(second).is_current
    with pytest.raises(Conflict):
        approve(waiting, actor=SYSTEM)


def test_the_action_itself_refuses_a_superseded_certificate(
    renewed: tuple[Workstation, Certificate, Certificate],
) -> None:
    row, first, second = renewed
    called_with(second)
    row.refresh_from_db()
    _, request = certificate_request(row.agent_id)
    with pytest.raises(Forbidden):
        renew_workstation(row, request, shown=first.pk, actor=SYSTEM)


def test_a_call_asks_the_database_no_more_than_before(
    renewed: tuple[Workstation, Certificate, Certificate], django_assert_num_queries: Any
) -> None:
    _, _, second = renewed
    called_with(second)
    with django_assert_num_queries(1):
        called_with(second)


# --- identifiers ----------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", ["WS-1", "Ws-1"])
def test_another_spelling_of_an_identifier_is_the_same_identifier(
    automatic_registration: None, spelling: str
) -> None:
    first = Agent("ws-1").register().workstation
    second = Agent(spelling).register().workstation
    assert (state_of(first), second.state) == ("approved", "pending")
    assert second.identifier_taken
    with pytest.raises(Conflict) as caught:
        approve(second, actor=SYSTEM)
    assert caught.value.code == "workstation.identifier_taken"


def test_an_agent_that_spells_itself_otherwise_is_still_itself(
    automatic_registration: None,
) -> None:
    agent = Agent("ws-1")
    first = agent.register()
    agent.agent_id, (_, agent.request) = "WS-1", certificate_request("Ws-1", agent.key)
    again = agent.register()
    assert again.workstation == first.workstation
    assert again.certificate == first.certificate
    _, request = certificate_request("WS-1")
    assert first.certificate is not None
    renewed = renew_workstation(
        again.workstation, request, shown=first.certificate.pk, actor=SYSTEM
    )
    assert renewed.common_name == "ws-1"


def test_a_person_finds_it_in_any_spelling(automatic_registration: None, as_viewer: Signed) -> None:
    Agent("WS-1").register()
    for spelling in ("ws-1", "WS-1", "w*"):
        page = as_viewer.get(f"/workstations/?identifier={spelling}").content.decode()
        assert "WS-1.example.com</a>" in page
    page = as_viewer.get("/workstations/?identifier=x*").content.decode()
    assert "WS-1.example.com</a>" not in page
    for spelling in ("ws-1", "WS-1", "Ws-1"):
        assert "WS-1.example.com</a>" in as_viewer.get(f"/search/?q={spelling}").content.decode()
        listed = as_viewer.get(f"/certificates/?q={spelling}").content.decode()
        assert Certificate.objects.get(common_name="WS-1").serial_number[:8] in listed
