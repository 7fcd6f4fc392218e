"""How a workstation joins: EST and the agent's own API both end here."""

import hmac
import re
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from pki.actions import statements
from pki.actions.actor import Actor
from pki.actions.agent_texts import one_line
from pki.actions.audit import record
from pki.actions.counters import network_of
from pki.actions.enrollment_tokens import digest, use_up
from pki.actions.registration_policy import current_policy
from pki.actions.trust import approve
from pki.actions.workstation_certificates import certificate_for
from pki.errors import Forbidden, InvalidInput, Unavailable
from pki.models import Certificate, TrustState, Workstation
from pki.models.workstation import ADMITTED
from pki.x509 import keys, names
from pki.x509.profiles import WORKSTATION
from pki.x509.requests import ParsedRequest

IDENTIFIER = re.compile(r"[A-Za-z0-9._:{}\-]{1,64}")
#: New workstations without a token that one address may bring within a minute.
NEW_A_MINUTE = 30
#: More than these wait for nobody: then new ones need a token.
MOST_PENDING = 10_000


@dataclass(frozen=True)
class Registration:
    """What an agent says of itself, its request's signature verified."""

    agent_id: str
    request: ParsedRequest
    hostname: str = ""
    os: str = ""
    agent_version: str = ""
    #: An enrollment token, or the one-time code of a reinstated workstation.
    token: str = ""
    #: It came with a certificate of this identifier that a newer one has superseded: that lets
    #: its key wait for approval, and no more.
    superseded: bool = False


@dataclass(frozen=True)
class Registered:
    workstation: Workstation
    #: None while an administrator has not decided.
    certificate: Certificate | None


class TooMany(Unavailable):
    """Asking again later helps."""


def register(registration: Registration, *, actor: Actor) -> Registered:
    """The workstation and, once it is approved, its certificate; asked again, the same ones.

    Raises InvalidInput on ``agent_id`` or ``csr``; Forbidden ``token.…``,
    ``registration.token_required``, ``workstation.denied`` or ``workstation.revoked``;
    Unavailable ``registration.too_many``; Conflict ``workstation.busy``.
    """
    check(registration)
    workstation = find_or_add(registration, actor)
    if workstation.state == TrustState.PENDING:
        return Registered(workstation, None)
    refuse_excluded(workstation)
    certificate = certificate_for(workstation, registration.request.public_key, actor=actor)
    return Registered(workstation, certificate)


def check(registration: Registration) -> None:
    if not IDENTIFIER.fullmatch(registration.agent_id):
        raise InvalidInput(
            "The agent identifier must have 1 to 64 letters, digits or the signs . _ : - { }, "
            "such as a machine GUID.",
            code="workstation.identifier",
            field="agent_id",
        )
    name = registration.request.common_name
    if name and name.lower() != registration.agent_id.lower():
        raise InvalidInput(
            f"The certificate request is for “{names.printable(name)[:64]}”, and the agent calls "
            f"itself “{registration.agent_id}”. Make a request whose common name is the agent "
            "identifier.",
            code="request.foreign_name",
            field="csr",
        )
    WORKSTATION.check_key(registration.request.spec)


def find_or_add(registration: Registration, actor: Actor) -> Workstation:
    try:
        with transaction.atomic():
            rows = same_identifier(registration)
            return known(registration, rows, actor) or add(registration, rows, actor)
    except IntegrityError:
        # The same agent asked twice at once: the other request has added it.
        with transaction.atomic():
            found = known(registration, same_identifier(registration), actor)
        if found is None:
            raise
        return found


def same_identifier(registration: Registration) -> list[Workstation]:
    """One at most is admitted; the others came with another key."""
    rows = Workstation.objects.select_for_update().identified(registration.agent_id)
    return list(rows.order_by("pk"))


def known(registration: Registration, rows: list[Workstation], actor: Actor) -> Workstation | None:
    """The row this key registered, or the reinstated one whose code it brings."""
    key = keys.public_key_sha256(registration.request.public_key)
    same = next((row for row in rows if row.public_key_sha256 == key), None)
    awaited = next((row for row in rows if brings_code(registration, row)), None)
    if awaited is None or (same is not None and same.state != TrustState.PENDING):
        return same
    if awaited.new_key_until is None or awaited.new_key_until <= timezone.now():
        raise Forbidden(
            "This one-time code has expired. Ask an administrator to approve this key, or to "
            "revoke and reinstate the workstation for a new code.",
            code="token.expired",
        )
    if same is not None:
        # It came without the code first, and this key waits for approval since.
        return approve(same, actor=actor, reason="It brought the one-time code.")
    refuse_used_key(registration)
    awaited.public_key_sha256 = key
    awaited.new_key_code_sha256, awaited.new_key_until = "", None
    describe(awaited, registration, actor)
    awaited.save()
    record_registration(awaited, actor)
    return awaited


def brings_code(registration: Registration, row: Workstation) -> bool:
    if not (registration.token and row.new_key_code_sha256 and row.awaits_new_key):
        return False
    return hmac.compare_digest(digest(registration.token), row.new_key_code_sha256)


def add(registration: Registration, rows: list[Workstation], actor: Actor) -> Workstation:
    # Whatever was decided about them: who was denied does not come in by a new key either.
    taken = bool(rows)
    key = keys.public_key_sha256(registration.request.public_key)
    refuse_used_key(registration)
    # In one spelling, so that people see at once that they are the same.
    agent_id = rows[0].agent_id if rows else registration.agent_id
    row = Workstation(agent_id=agent_id, public_key_sha256=key, identifier_taken=taken)
    describe(row, registration, actor)
    automatic = admit(row, registration, actor)
    if automatic and not taken:
        row.state = TrustState.APPROVED
    statements.insert(row)
    record_registration(row, actor, superseded=registration.superseded)
    return row


def admit(row: Workstation, registration: Registration, actor: Actor) -> bool:
    """Whether it needs nobody's approval. Raises Forbidden or Unavailable when it may not join."""
    if registration.token:
        row.token = use_up(registration.token, row.hostname or row.agent_id)
        return row.token.automatic
    if registration.superseded:
        refuse_flood(actor)
        return False
    policy = current_policy()
    if not policy.open:
        raise Forbidden(
            "Registering here needs an enrollment token. Ask an administrator for one and give "
            "it with --token.",
            code="registration.token_required",
        )
    refuse_flood(actor)
    return policy.automatic


def refuse_flood(actor: Actor) -> None:
    if new_of_this_line(actor.address) >= NEW_A_MINUTE:
        raise TooMany(
            f"{NEW_A_MINUTE} workstations registered from this address within a minute. Try "
            "again in a minute, or use an enrollment token.",
            code="registration.too_many",
        )
    if Workstation.objects.filter(state=TrustState.PENDING).count() >= MOST_PENDING:
        raise TooMany(
            f"{MOST_PENDING:,} workstations wait for approval already. An administrator has to "
            "decide about those first, or to give you an enrollment token.",
            code="registration.too_many",
        )


def new_of_this_line(address: str | None) -> int:
    """How many registered within a minute from the address, or from its IPv6 /64."""
    newest = Workstation.objects.filter(
        token=None, registered_at__gt=timezone.now() - timedelta(minutes=1)
    )
    line = network_of(address)
    if address is None or "/" not in line:
        return newest.filter(address=address).count()
    found = newest.filter(address__isnull=False).values_list("address", flat=True)
    return sum(network_of(each) == line for each in found)


def refuse_used_key(registration: Registration) -> None:
    """A key that had a certificate under another name or was revoked starts nothing new."""
    identity = keys.key_identity(registration.request.public_key)
    if Certificate.objects.filter(key_identity=identity).exists():
        raise InvalidInput(
            "The key of this certificate request was used before, for another workstation or "
            "before this one was revoked. Make a new key.",
            code="key.used_before",
            field="csr",
        )


def describe(row: Workstation, registration: Registration, actor: Actor) -> None:
    hostname = one_line(registration.hostname).strip()[:253]
    row.hostname = hostname
    row.name = row.name or (hostname or registration.agent_id)[:100]
    row.os = one_line(registration.os).strip()[:100]
    row.agent_version = one_line(registration.agent_version).strip()[:40]
    row.address = actor.address


def record_registration(row: Workstation, actor: Actor, *, superseded: bool = False) -> None:
    record(
        actor,
        "workstation.registered",
        row,
        agent_id=row.agent_id,
        state=row.state,
        public_key_sha256=row.public_key_sha256,
        identifier_taken=row.identifier_taken,
        **({"token": row.token.name} if row.token else {}),
        **({"came_with": "a superseded certificate"} if superseded else {}),
    )


def refuse_excluded(row: Workstation) -> None:
    if row.state in ADMITTED:
        return
    if row.state == TrustState.DENIED:
        raise Forbidden("An administrator denied this workstation.", code="workstation.denied")
    raise Forbidden(
        "This workstation was revoked. After an administrator has reinstated it, register it "
        "with a new key and the one-time code.",
        code="workstation.revoked",
    )
