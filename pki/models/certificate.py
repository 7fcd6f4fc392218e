"""A certificate, from the moment its serial number is reserved."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from pki.x509 import keys


class State(models.TextChoices):
    #: The serial number is reserved and the key may have been used; no DER stored yet.
    PREPARED = "prepared", "Being issued"
    ISSUED = "issued", "Issued"
    REVOKED = "revoked", "Revoked"
    #: Closed by the start after a crash: nobody received it.
    ABANDONED = "abandoned", "Abandoned"


class Source(models.TextChoices):
    GENERATED = "generated", "Key made here"
    REQUEST = "request", "From a certificate request"
    IMPORTED = "imported", "Imported"


class RevocationReason(models.TextChoices):
    """The reasons of RFC 5280, section 5.3.1, that a person can give."""

    UNSPECIFIED = "unspecified", "No particular reason"
    KEY_COMPROMISE = "keyCompromise", "The private key is or may be known to others"
    CA_COMPROMISE = "cACompromise", "The authority's key is or may be known to others"
    AFFILIATION_CHANGED = "affiliationChanged", "The name in it is no longer right"
    SUPERSEDED = "superseded", "Another certificate replaces it"
    CESSATION_OF_OPERATION = "cessationOfOperation", "The server is no longer used"
    PRIVILEGE_WITHDRAWN = "privilegeWithdrawn", "It should not have been issued"


#: With one of these the key itself is reported: it is certified for nobody any more.
COMPROMISED = (RevocationReason.KEY_COMPROMISE, RevocationReason.CA_COMPROMISE)

#: A certificate with less than this left is shown as expiring.
EXPIRING = timedelta(days=30)
#: One that took the place of another since then was renewed lately.
LATELY = timedelta(days=30)


class Certificate(models.Model):
    State = State
    Source = Source
    RevocationReason = RevocationReason

    #: Lower-case hexadecimal without leading zeros or colons.
    serial_number = models.CharField(max_length=40, db_index=True)
    profile = models.CharField(max_length=16, help_text="a name from pki.x509.profiles")
    state = models.CharField(max_length=10, choices=State, default=State.PREPARED)
    source = models.CharField(max_length=10, choices=Source, default=Source.GENERATED)

    #: The authority of ours that signed it; empty for one issued elsewhere.
    authority = models.ForeignKey(
        "pki.Authority", on_delete=models.PROTECT, null=True, related_name="issued"
    )
    server = models.ForeignKey(
        "pki.Server", on_delete=models.PROTECT, null=True, related_name="certificates"
    )
    workstation = models.ForeignKey(
        "pki.Workstation", on_delete=models.PROTECT, null=True, related_name="certificates"
    )
    private_key = models.ForeignKey(
        "pki.PrivateKey", on_delete=models.PROTECT, null=True, related_name="certificates"
    )
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="replaced_by"
    )

    common_name = models.CharField(max_length=64, blank=True, db_index=True)
    subject = models.CharField(max_length=500, help_text="RFC 4514")
    issuer = models.CharField(max_length=500, help_text="RFC 4514")
    #: Subject alternative names as text, in the order of the certificate.
    names = models.JSONField(default=list)
    key_algorithm = models.CharField(max_length=16)
    public_key_sha256 = models.CharField(max_length=64, db_index=True)
    #: As `keys.key_identity` has it: what says whether a key may be certified (once more).
    key_identity = models.CharField(max_length=64, blank=True, db_index=True)
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    #: Fingerprints of the DER, lower-case hexadecimal; empty until issued.
    sha1 = models.CharField(max_length=40, blank=True, db_index=True)
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    der = models.BinaryField(default=b"")
    #: PEM of the issuers, for a certificate issued elsewhere.
    chain = models.BinaryField(default=b"")

    created_at = models.DateTimeField(default=timezone.now)
    issued_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revocation_reason = models.CharField(max_length=24, choices=RevocationReason, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["state", "not_after"], name="certificate_expiry"),
            models.Index(fields=["not_after"], name="certificate_not_after"),
            models.Index(
                fields=["authority", "not_after"],
                condition=models.Q(state="revoked"),
                name="certificate_revoked",
            ),
            models.Index(
                fields=["authority", "not_after"],
                condition=models.Q(profile="ocsp-responder"),
                name="certificate_ocsp_responder",
            ),
        ]
        constraints = [
            # RFC 5280, section 4.1.2.2: unique within one issuer.
            models.UniqueConstraint(
                fields=["issuer", "serial_number"], name="serial_number_unique_by_issuer"
            ),
            models.UniqueConstraint(
                fields=["sha256"], condition=~models.Q(sha256=""), name="certificate_stored_once"
            ),
            # Two people renewing at once: the second finds the first one's reservation.
            models.UniqueConstraint(
                fields=["server"],
                condition=models.Q(state="prepared"),
                name="one_issuance_at_a_time_by_server",
            ),
            models.UniqueConstraint(
                fields=["workstation"],
                condition=models.Q(state="prepared"),
                name="one_issuance_at_a_time_by_agent",
            ),
            models.UniqueConstraint(
                fields=["authority"],
                condition=models.Q(state="prepared", profile="ocsp-responder"),
                name="one_responder_issued_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["prepared", "abandoned"]) | ~models.Q(sha256=""),
                name="issued_means_stored",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.common_name or self.subject} ({self.serial_number})"

    def get_absolute_url(self) -> str:
        return f"/certificates/{self.serial_number}/"

    @property
    def key_label(self) -> str:
        return keys.KeySpec.parse(self.key_algorithm).label

    @property
    def was_issued(self) -> bool:
        """Whether it exists: a reservation, open or abandoned, is no certificate."""
        return self.state in {State.ISSUED, State.REVOKED}

    @property
    def only_key_can_be_reported(self) -> bool:
        """Revoked for another reason, or issued elsewhere: its key may still be reported."""
        if self.state == State.REVOKED:
            return self.revocation_reason not in COMPROMISED
        return self.state == State.ISSUED and self.authority_id is None

    @property
    def admits_workstation(self) -> bool:
        """Whether a workstation stands or falls with it: revoking it revokes that as well."""
        return self.workstation is not None and self.workstation.certificate_id == self.pk

    def time_left(self, now: datetime) -> timedelta:
        """Until it expires; negative once it has."""
        return self.not_after - now

    def condition(self, now: datetime) -> str:
        """One word for people: prepared, abandoned, revoked, expired, future, expiring, valid."""
        if self.state != State.ISSUED:
            return self.state
        if self.not_after <= now:
            return "expired"
        if self.not_before > now:
            return "future"
        return "expiring" if self.time_left(now) < EXPIRING else "valid"
