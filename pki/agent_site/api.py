"""The agent's own API, JSON: each view reads, calls one action and answers."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.agent_tasks import LEASE, lease_tasks, take_result
from pki.actions.certificate_row import chain_of, parsed
from pki.actions.presence import keep_inventory
from pki.actions.registration import Registration, register
from pki.agent_site import bodies, credentials
from pki.agent_site.announced_roots import announced_roots, newest_announced
from pki.agent_site.caller import Caller, caller
from pki.agent_site.lifetimes import ASK_AGAIN, due_for_renewal, poll_interval
from pki.agent_site.problems import answered
from pki.agent_site.renewing import renewed
from pki.agent_site.waiting import waiting_tasks
from pki.client_address import client_address
from pki.errors import Forbidden, InvalidInput
from pki.models import Certificate, TrustState
from pki.x509 import bundles, requests

#: Members of an inventory that have a column of their own.
DESCRIBED = ("hostname", "os", "agent_version")


@answered("POST")
def register_agent(request: HttpRequest) -> HttpResponse:
    """200 with the certificate, 202 while an administrator has not decided, 403 when denied."""
    document = bodies.json_object(request)
    agent_id = bodies.text(document, "agent_id", limit=64, required=True)
    registration = Registration(
        agent_id=agent_id,
        request=parsed_request(document),
        hostname=bodies.text(document, "hostname", limit=253),
        os=bodies.text(document, "os", limit=200),
        agent_version=bodies.text(document, "agent_version", limit=40),
        token=credentials.token(request) or bodies.text(document, "token", limit=credentials.LIMIT),
    )
    actor = Actor(name=agent_id, door="agent", address=client_address(request))
    registered = register(registration, actor=actor)
    if registered.certificate is None:
        return pending()
    return answer({"state": registered.workstation.state, **issued(registered.certificate)})


@answered("POST")
def hello(request: HttpRequest) -> HttpResponse:
    """Takes the inventory and the roots it trusts; says what it should know and do."""
    known = caller(request)
    take_inventory(known, bodies.json_object(request))
    return answer(
        {
            "state": known.state,
            "poll_interval": poll_interval(),
            "renew": known.is_current and due_for_renewal(known.certificate, timezone.now()),
            "roots": [
                {"sha256": root.sha256, "certificate": root.pem.decode()}
                for root in announced_roots()
            ],
            "tasks": waiting_tasks(known.workstation_id),
        }
    )


@answered("GET")
def tasks(request: HttpRequest) -> HttpResponse:
    """What the agent is to do; each task is given once until its lease ends."""
    known = caller(request)
    if known.state != TrustState.TRUSTED:
        raise Forbidden("Only trusted workstations get tasks.", code="workstation.not_trusted")
    if not waiting_tasks(known.workstation_id):
        return answer({"tasks": []})
    return answer(
        {
            "tasks": [
                {
                    "id": str(task.pk),
                    "kind": task.kind,
                    "parameters": task.parameters,
                    "lease_seconds": int(LEASE.total_seconds()),
                }
                for task in lease_tasks(known.workstation(), actor=known.actor)
            ]
        }
    )


@answered("POST")
def result(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """What became of a task; told again, the answer is the same."""
    known = caller(request)
    document = bodies.json_object(request, bodies.RESULT_LIMIT)
    details = document.get("result", {})
    if not isinstance(details, dict):
        raise InvalidInput("“result” must be a JSON object.", code="body.member", field="result")
    task = take_result(
        known.workstation(),
        str(task_id),
        bodies.text(document, "outcome", limit=20, required=True),
        bodies.text(document, "message", limit=2000),
        details,
        actor=known.actor,
    )
    return answer({"state": task.state})


@answered("POST")
def renew(request: HttpRequest) -> HttpResponse:
    """A new certificate in the place of the one shown; 202 for one that was superseded."""
    known = caller(request, also_superseded=True)
    certificate = renewed(known, parsed_request(bodies.json_object(request)))
    return pending() if certificate is None else answer(issued(certificate))


def take_inventory(known: Caller, document: dict[str, Any]) -> None:
    """An empty object says that nothing changed."""
    if not document:
        return
    described = {name: bodies.text(document, name, limit=253) for name in DESCRIBED}
    known_apart = {*DESCRIBED, "roots"}
    rest = {name: value for name, value in document.items() if name not in known_apart}
    keep_inventory(
        known.workstation_id,
        hostname=described["hostname"],
        os=described["os"][:100],
        agent_version=described["agent_version"][:40],
        inventory=rest,
        newest_root=newest_announced(bodies.texts(document, "roots")),
        actor=known.actor,
    )


def pending() -> HttpResponse:
    response = answer({"state": "pending", "retry_after": ASK_AGAIN}, HTTPStatus.ACCEPTED)
    response["Retry-After"] = str(ASK_AGAIN)
    return response


def parsed_request(document: dict[str, Any]) -> requests.ParsedRequest:
    csr = bodies.text(document, "csr", limit=requests.SIZE_LIMIT, required=True)
    return requests.parse(csr.encode())


def issued(certificate: Certificate) -> dict[str, Any]:
    return {
        "certificate": bundles.pem(parsed(certificate)).decode(),
        "chain": [bundles.pem(issuer).decode() for issuer in chain_of(certificate)],
    }


def answer(document: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    response = JsonResponse(document, status=int(status))
    response["Cache-Control"] = "no-store"
    return response
