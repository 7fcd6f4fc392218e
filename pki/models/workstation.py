"""A workstation with an agent, and how far it is trusted."""

from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from pki.models.outside_json_field import OutsideJSONField


class TrustState(models.TextChoices):
    PENDING = "pending", "Pending"
    APPROVED = "approved", "Approved"
    TRUSTED = "trusted", "Trusted"
    DENIED = "denied", "Denied"
    REVOKED = "revoked", "Revoked"


@dataclass(frozen=True)
class Transition:
    """One arrow of the state machine; nothing else changes a trust state."""

    verb: str
    sources: frozenset[TrustState]
    target: TrustState
    #: The audit event that tells of it.
    event: str
    #: Whether a person has to say why.
    needs_reason: bool = False


TRANSITIONS = {
    transition.verb: transition
    for transition in (
        Transition(
            "approve",
            frozenset({TrustState.PENDING, TrustState.DENIED}),
            TrustState.APPROVED,
            "workstation.approved",
        ),
        Transition(
            "deny", frozenset({TrustState.PENDING}), TrustState.DENIED, "workstation.denied"
        ),
        # The first mutual-TLS call with its own certificate.
        Transition(
            "trust", frozenset({TrustState.APPROVED}), TrustState.TRUSTED, "workstation.trusted"
        ),
        Transition(
            "revoke",
            frozenset({TrustState.APPROVED, TrustState.TRUSTED}),
            TrustState.REVOKED,
            "workstation.revoked",
            needs_reason=True,
        ),
        # With a new key and a new certificate: the old ones stay revoked.
        Transition(
            "reinstate",
            frozenset({TrustState.REVOKED}),
            TrustState.APPROVED,
            "workstation.reinstated",
            needs_reason=True,
        ),
    )
}


class Standing(models.TextChoices):
    """How a workstation's certificate stands with its renewal."""

    NONE = "none", "No certificate"
    FIRST = "first", "First one"
    RENEWED = "renewed", "Renewed"
    DUE = "due", "Due, not renewed"
    EXPIRED = "expired", "Expired"


#: The states in which an agent may have a certificate.
ADMITTED = (TrustState.APPROVED, TrustState.TRUSTED)


class Tag(models.Model):
    """A word by which people group workstations."""

    name = models.CharField(max_length=40, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Workstations(models.QuerySet["Workstation"]):
    def identified(self, agent_id: str) -> "Workstations":
        """Those with this identifier, in any spelling of it, by the index."""
        return self.filter(agent_id__lower=agent_id.lower())


class Workstation(models.Model):
    TrustState = TrustState

    #: What the agent calls itself: machine GUID, new GUID, computer SID or a given text; as it
    #: was spelled first, and compared without case by `identified`.
    agent_id = models.CharField(max_length=64)
    #: SHA-256 of the SubjectPublicKeyInfo it asked with; empty while a new key is expected.
    public_key_sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=TrustState, default=TrustState.PENDING)
    #: Another machine had this identifier with another key when this one registered.
    identifier_taken = models.BooleanField(default=False)
    #: After a reinstatement: until when a new key that brings the code is taken; empty at other
    #: times.
    new_key_until = models.DateTimeField(null=True)
    #: SHA-256 of that one-time code; empty where there is none.
    new_key_code_sha256 = models.CharField(max_length=64, blank=True)

    #: What people call it; the computer's name until someone renames it.
    name = models.CharField(max_length=100, db_index=True)
    hostname = models.CharField(max_length=253, blank=True, db_index=True)
    os = models.CharField(max_length=100, blank=True)
    agent_version = models.CharField(max_length=40, blank=True)
    #: Where it last came from.
    address = models.GenericIPAddressField(null=True)
    inventory = OutsideJSONField(default=dict)
    #: What it called itself before, each with the moment until which it did; a few, for a day.
    identities = models.JSONField(default=list)
    #: Since when two machines seem to use its certificate in turn; empty: they do not.
    alternates_since = models.DateTimeField(null=True)
    comment = models.CharField(max_length=500, blank=True)
    tags = models.ManyToManyField(Tag, related_name="workstations", blank=True)

    certificate = models.OneToOneField(
        "pki.Certificate", on_delete=models.PROTECT, null=True, related_name="current_for_agent"
    )
    #: The newest that a verified call came with: those before it are superseded.
    shown_certificate = models.ForeignKey(
        "pki.Certificate", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    #: What its certificate says, written with it and emptied when that is revoked: a fleet is
    #: counted, sorted and filtered by these, and two thirds of a lifetime is nothing that an
    #: index of the certificates could tell.
    expires_at = models.DateTimeField(null=True)
    renewal_due_at = models.DateTimeField(null=True)
    #: When it took the place of the one before; empty for the first one.
    renewed_at = models.DateTimeField(null=True)
    #: The newest of our roots that its agent says it trusts; empty while it has said nothing.
    newest_root = models.ForeignKey(
        "pki.Authority", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    #: When it was asked last to renew its certificate because its root is being replaced.
    asked_to_renew_at = models.DateTimeField(null=True)
    token = models.ForeignKey(
        "pki.EnrollmentToken", on_delete=models.PROTECT, null=True, related_name="workstations"
    )
    registered_at = models.DateTimeField(default=timezone.now)
    state_since = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(null=True)

    objects = Workstations.as_manager()

    class Meta:
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["state", "name"], name="workstation_state"),
            models.Index(fields=["name", "id"], name="workstation_name"),
            models.Index(fields=["last_seen_at"], name="workstation_seen"),
            models.Index(fields=["state", "last_seen_at"], name="workstation_state_seen"),
            models.Index(fields=["expires_at"], name="workstation_expiry"),
            # Both dates: who is due and has not expired is counted without a look at the rows.
            models.Index(fields=["renewal_due_at", "expires_at"], name="workstation_renewal_due"),
            models.Index(fields=["renewed_at"], name="workstation_renewed"),
            models.Index(fields=["registered_at"], name="workstation_registered"),
            models.Index(fields=["address", "registered_at"], name="workstation_address"),
            models.Index(fields=["os"], name="workstation_os"),
            models.Index(Lower("agent_id"), name="workstation_identifier"),
            models.Index(
                fields=["alternates_since"],
                condition=models.Q(alternates_since__isnull=False),
                name="workstation_alternates",
            ),
            models.Index(fields=["agent_version"], name="workstation_agent"),
            models.Index(fields=["state", "newest_root"], name="workstation_newest_root"),
            models.Index(
                fields=["asked_to_renew_at"],
                condition=models.Q(asked_to_renew_at__isnull=False),
                name="workstation_asked_to_renew",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                Lower("agent_id"),
                "public_key_sha256",
                condition=~models.Q(public_key_sha256=""),
                name="workstation_key_once",
            ),
            # A second machine under a taken identifier never displaces the first.
            models.UniqueConstraint(
                Lower("agent_id"),
                condition=models.Q(state__in=["approved", "trusted"]),
                name="one_admitted_workstation_by_identifier",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/workstations/{self.pk}/"

    @property
    def awaits_new_key(self) -> bool:
        """Whether it was reinstated and no key was accepted for it since."""
        return not self.public_key_sha256 and self.state == TrustState.APPROVED

    def has_superseded(self, certificate_id: int) -> bool:
        """Whether a verified call came with a newer one than this certificate of it."""
        return self.shown_certificate_id is not None and certificate_id < self.shown_certificate_id

    def standing(self, now: datetime) -> Standing:
        """How its certificate stands with its renewal."""
        if self.expires_at is None or self.renewal_due_at is None:
            return Standing.NONE
        if self.expires_at <= now:
            return Standing.EXPIRED
        if self.renewal_due_at <= now:
            return Standing.DUE
        return Standing.RENEWED if self.renewed_at else Standing.FIRST

    def may(self, verb: str) -> bool:
        """Whether the state machine has an arrow called ``verb`` from here."""
        return self.state in TRANSITIONS[verb].sources


# For `identified`: Django writes such a statement faster than one with an annotation.
Workstation._meta.get_field("agent_id").register_lookup(Lower)
