"""Every address of the agent site, every method, a caller in every state of trust."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.db import transaction

from certiflow_admin.agent_settings import ROOT_URLCONF
from pki.models import Authority, Certificate, TrustState, Workstation
from tests.attacks.addresses import METHODS, filled, patterns
from tests.attacks.agent_callers import AgentCaller, agent_site

#: Whom an address answers, and by which methods: with a certificate in force, anybody, or
#: whoever has the token of the metrics, which is none of these callers.
CERTIFICATE, ANYBODY, MONITORING = "certificate", "anybody", "monitoring"
RULES = {
    ".well-known/est/cacerts": (ANYBODY, {"GET", "HEAD"}),
    ".well-known/est/csrattrs": (ANYBODY, {"GET", "HEAD"}),
    ".well-known/est/simpleenroll": (ANYBODY, {"POST"}),
    ".well-known/est/simplereenroll": (CERTIFICATE, {"POST"}),
    "agent/v1/register": (ANYBODY, {"POST"}),
    "agent/v1/hello": (CERTIFICATE, {"POST"}),
    "agent/v1/tasks": (CERTIFICATE, {"GET"}),
    "agent/v1/tasks/<uuid:task_id>/result": (CERTIFICATE, {"POST"}),
    "agent/v1/renew": (CERTIFICATE, {"POST"}),
    "pki/<uuid:pk>.cer": (ANYBODY, {"GET", "HEAD"}),
    "pki/<uuid:pk>.crl": (ANYBODY, {"GET", "HEAD"}),
    "ocsp/": (ANYBODY, {"POST"}),
    "ocsp/<path:encoded>": (ANYBODY, {"GET", "HEAD"}),
    "metrics": (MONITORING, {"GET", "HEAD"}),
    "healthz": (ANYBODY, {"GET", "HEAD"}),
    "readyz": (ANYBODY, {"GET", "HEAD"}),
}
ROUTES = [route for route, _ in patterns(ROOT_URLCONF)]
#: What is answered, and refused, for the lack of something else than trust.
ELSE = {200, 202, 204, 400, 404, 415}


def foreign_certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pc-9")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def arguments(route: str, authority: Authority) -> dict[str, object]:
    given: dict[str, object] = {"pk": authority.pk, "task_id": uuid4(), "encoded": "MAA="}
    return {name: value for name, value in given.items() if f":{name}>" in route}


def test_every_address_has_a_rule_here() -> None:
    missing = sorted(set(ROUTES) - set(RULES))
    assert missing == [], f"Say in RULES whom these answer: {missing}"
    assert sorted(set(RULES) - set(ROUTES)) == []


@pytest.mark.parametrize("state", ["none", "foreign", "server", *TrustState.values])
def test_every_address_answers_callers_in_this_state(
    state: str, authority: Authority, issued: Certificate, trusted: Workstation
) -> None:
    assert trusted.certificate is not None
    der = {"none": b"", "foreign": foreign_certificate(), "server": bytes(issued.der)}.get(
        state, bytes(trusted.certificate.der)
    )
    if state in TrustState.values:
        # As if every other safeguard had failed: the certificate is in force, the state says no.
        Workstation.objects.filter(pk=trusted.pk).update(state=state)
    wrong = []
    caller = AgentCaller(der)
    with agent_site():
        for route in ROUTES:
            whom, methods = RULES[route]
            path = filled(route, arguments(route, authority))
            for method in METHODS:
                wanted = statuses(whom, state) if method in methods else {405}
                with transaction.atomic():
                    answer = caller.send(method, path)
                    transaction.set_rollback(True)
                if answer.status_code not in wanted:
                    wrong.append(f"{method} {path}: {answer.status_code}, not one of {wanted}")
    assert wrong == [], "\n".join(wrong)


def statuses(whom: str, state: str) -> set[int]:
    if whom == MONITORING:
        return {401}
    if whom == ANYBODY or state in {TrustState.APPROVED, TrustState.TRUSTED}:
        return ELSE
    return {401} if state == "none" else {403}


def test_a_revoked_certificate_of_a_trusted_workstation_opens_nothing(
    trusted: Workstation,
) -> None:
    assert trusted.certificate is not None
    Certificate.objects.filter(pk=trusted.certificate_id).update(state="revoked")
    caller = AgentCaller(bytes(trusted.certificate.der))
    assert caller.call("POST", "/agent/v1/hello").status_code == 403
    assert caller.call("GET", "/agent/v1/tasks").status_code == 403
