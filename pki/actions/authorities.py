"""Creating a root, importing one, and taking it out again with its key."""

from collections.abc import Sequence
from datetime import timedelta

from cryptography import x509
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.certificate_row import fields_of, parsed
from pki.actions.clock import PUBLICATION, bring_forward
from pki.actions.key_reuse import Holder, refuse_taken_key
from pki.actions.sealed_rows import keep
from pki.actions.stored_keys import open_key, sealed_row
from pki.errors import Conflict, InvalidInput
from pki.models import Authority, Certificate, PrivateKey
from pki.password_rule import FILES, check_password
from pki.x509 import bundles, checks, issuing, keys, name_constraints, names, root_file
from pki.x509.material import Material
from pki.x509.profiles import ROOT

DEFAULT_COMMON_NAME = "CM Agent CA"


def create_authority(
    *,
    actor: Actor,
    common_name: str = DEFAULT_COMMON_NAME,
    key_spec: keys.KeySpec = ROOT.default_key,
    lifetime: timedelta | None = None,
    permitted: Sequence[str] = (),
) -> Authority:
    """A new root, its key sealed. Raises Conflict ``authority.exists`` and InvalidInput.

    With ``permitted`` (domains and networks) it can certify nothing else, this host included.

    No reservation before the signature: what a root signs first is itself, and until
    the one transaction below is committed its key exists nowhere else.
    """
    refuse_second_root()
    names.common_name(common_name)
    ROOT.check_key(key_spec)
    constraints = name_constraints.of_texts(permitted)
    refuse_without_this_host(constraints)
    key = keys.generate(key_spec)
    certificate = issuing.root(
        common_name, key, now=timezone.now(), lifetime=lifetime, constraints=constraints
    )
    return store(certificate, key, actor=actor, event="authority.created")


def refuse_without_this_host(constraints: x509.NameConstraints | None) -> None:
    """Limits that would leave this dashboard and the agent site without a certificate."""
    host = names.general_name(settings.HOST)
    try:
        name_constraints.refuse_outside(constraints, x509.Name([]), [host], field="permitted")
    except InvalidInput:
        raise InvalidInput(
            f"This host, {settings.HOST}, would lie outside, and its own sites could have no "
            "certificate. Add its name or the domain above it.",
            code="constraints.without_this_host",
            field="permitted",
        ) from None


def import_authority(material: Material, *, actor: Actor) -> Authority:
    """A root made elsewhere. Raises InvalidInput on ``files`` when it cannot serve as one."""
    refuse_second_root()
    checks.check_authority(material.certificate, now=timezone.now())
    if material.key is None:
        raise InvalidInput(
            "There is a certificate in what you gave, and no private key, without which nothing "
            "can be signed. Add the key (.key), or choose agent_root_ca.json or a PFX.",
            code="material.no_key",
            field="files",
        )
    return store(material.certificate, material.key, actor=actor, event="authority.imported")


def store(
    certificate: x509.Certificate, key: keys.PrivateKey, *, actor: Actor, event: str
) -> Authority:
    row = sealed_row(key)
    imported = event == "authority.imported"
    try:
        with transaction.atomic():
            identity = keys.key_identity(key.public_key())
            refuse_taken_key(identity, Holder(), field="files" if imported else "key")
            authority = add_rows(Authority(imported=imported), certificate, row)
            stored = authority.certificate
            limits = name_constraints.constraints_of(certificate)
            record(
                actor,
                event,
                authority,
                sha256=stored.sha256,
                key_algorithm=stored.key_algorithm,
                **({"permitted": name_constraints.in_words(limits)} if limits else {}),
            )
    except IntegrityError:
        raise second_root() from None
    return authority


def add_rows(authority: Authority, certificate: x509.Certificate, key: PrivateKey) -> Authority:
    """An unsaved authority with its certificate and sealed key, in the caller's transaction."""
    keep(key)
    source = Certificate.Source.IMPORTED if authority.imported else Certificate.Source.GENERATED
    stored = Certificate.objects.create(
        profile=ROOT.name,
        state=Certificate.State.ISSUED,
        source=source,
        private_key=key,
        issued_at=timezone.now(),
        **fields_of(certificate),
    )
    authority.common_name = stored.common_name or stored.subject[:64]
    authority.certificate, authority.private_key = stored, key
    authority.save(force_insert=True)
    stored.authority = authority
    stored.save(update_fields=["authority"])
    # Its responder and its first revocation list.
    bring_forward(PUBLICATION, timezone.now())
    return authority


def export_root_file(authority: Authority, *, actor: Actor, password: str) -> bytes:
    """``agent_root_ca.json`` with the key in it, encrypted when there is a password.

    Raises InvalidInput ``password.weak``.
    """
    if bundles.password_bytes(password):
        check_password(password, FILES, known=[settings.HOST, authority.common_name])
    content = root_file.write(
        parsed(authority.certificate), open_key(authority.private_key), password
    )
    with transaction.atomic():
        record(actor, "authority.exported", authority, encrypted=bool(password))
    return content


def refuse_second_root() -> None:
    if Authority.objects.filter(active=True).exists():
        raise second_root()


def second_root() -> Conflict:
    return Conflict(
        "There is a root already, and it is not replaced: every server and workstation trusts "
        "it. Go on with it, or replace it step by step under Authorities, Replace this root.",
        code="authority.exists",
    )
