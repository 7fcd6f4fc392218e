"""A successor to the root: made, cross-certified with it, and announced to agents."""

import re
from datetime import timedelta
from uuid import UUID

from cryptography import x509
from django.db import IntegrityError, transaction
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.authorities import add_rows
from pki.actions.certificate_row import fields_of, parsed
from pki.actions.key_reuse import is_compromised
from pki.actions.signer import addresses_of
from pki.actions.stored_keys import open_key, sealed_row
from pki.errors import Conflict, InvalidInput
from pki.models import Authority, Certificate, Rollover
from pki.x509 import facts, issuing, keys, names
from pki.x509.name_constraints import constraints_of
from pki.x509.names import COMMON_NAME_LIMIT
from pki.x509.profiles import CROSS, ROOT

GENERATION = re.compile(r" G(\d{1,4})$")
#: A successor that ends sooner than the root it follows is no gain.
SHORTEST = timedelta(days=365)


def start_rollover(
    *,
    actor: Actor,
    common_name: str = "",
    key_spec: keys.KeySpec = ROOT.default_key,
    lifetime: timedelta | None = None,
    old_key_safe: bool = True,
) -> Rollover:
    """A successor with a new key, which agents are told of and nothing is signed with yet.

    Where the old root is limited to some names, so is the successor.

    An empty name is the old root's with the next generation. Where the old key may be known to
    others, say that it is not safe: then the new root vouches for nothing the old one signs.

    Raises InvalidInput on ``common_name``, ``key`` or ``days``, and Conflict
    ``authority.missing`` or ``rollover.open``.

    Everything is signed before it is stored, in one transaction: until that is committed the
    new key exists nowhere else, and what was signed about it is of no use to anybody.
    """
    old = active_root()
    refuse_second_rollover()
    name = names.common_name(common_name.strip() or next_name(old))
    refuse_taken_name(name)
    ROOT.check_key(key_spec)
    refuse_short(lifetime)
    key = keys.generate(key_spec)
    certificate = issuing.root(
        name,
        key,
        now=timezone.now(),
        lifetime=lifetime,
        constraints=constraints_of(parsed(old.certificate)),
    )
    successor = Authority(active=False)
    crossed = cross_both(old, successor.pk, certificate, key)
    old_key_safe = old_key_safe and not is_compromised(old.certificate.key_identity)
    if not old_key_safe:
        del crossed[1:]
    sealed = sealed_row(key)
    try:
        with transaction.atomic():
            add_rows(successor, certificate, sealed)
            stored = [store(each, by) for each, by in zip(crossed, (old, successor), strict=False)]
            if stored and allows_below(parsed(old.certificate)):
                successor.bridge = stored[0]
                successor.save(update_fields=["bridge"])
            rollover = Rollover.objects.create(
                old=old, successor=successor, started_by=actor.name[:150]
            )
            record(
                actor,
                "rollover.started",
                rollover,
                old=old.common_name,
                successor=successor.common_name,
                sha256=successor.certificate.sha256,
                key_algorithm=successor.certificate.key_algorithm,
                cross_certificates=[row.serial_number for row in stored],
                old_key_safe=old_key_safe,
            )
    except IntegrityError:
        raise second_rollover() from None
    return rollover


def active_root() -> Authority:
    """Raises Conflict ``authority.missing``."""
    root = Authority.objects.filter(active=True).select_related("certificate", "private_key")
    found = root.first()
    if found is None:
        raise Conflict(
            "There is no root yet, so there is none to replace. Create or import one first.",
            code="authority.missing",
        )
    return found


def next_name(old: Authority) -> str:
    """The old name with the next generation that no root here has: CM Agent CA G2."""
    found = GENERATION.search(old.common_name)
    generation = int(found[1]) if found else 1
    base = GENERATION.sub("", old.common_name)
    taken = set(Authority.objects.values_list("common_name", flat=True))
    while True:
        generation += 1
        suffix = f" G{generation}"
        name = base[: COMMON_NAME_LIMIT - len(suffix)] + suffix
        if name not in taken:
            return name


def refuse_taken_name(name: str) -> None:
    if Authority.objects.filter(common_name__iexact=name).exists():
        raise InvalidInput(
            f"There is a root called “{name}” already, and clients that look an issuer up by its "
            "name alone would confuse the two. Choose another name, such as one with a number at "
            "its end.",
            code="rollover.name_taken",
            field="common_name",
        )


def refuse_short(lifetime: timedelta | None) -> None:
    if lifetime is not None and lifetime < SHORTEST:
        raise InvalidInput(
            f"A root that is valid for less than {SHORTEST.days} days would have to be replaced "
            f"before everybody trusts it. Enter {SHORTEST.days} days or more.",
            code="lifetime.too_short",
            field="days",
        )


def refuse_second_rollover() -> None:
    if Rollover.objects.filter(is_open=True).exists():
        raise second_rollover()


def second_rollover() -> Conflict:
    return Conflict(
        "The root is being replaced already. Finish or cancel that first.", code="rollover.open"
    )


def cross_both(
    old: Authority, successor_id: UUID, successor: x509.Certificate, key: keys.PrivateKey
) -> list[x509.Certificate]:
    """The new one signed by the old one, and the old one by the new one.

    None when the old root has ended: nobody would accept them, and a successor is the only
    way on from there.
    """
    before = parsed(old.certificate)
    if before.not_valid_after_utc <= timezone.now():
        return []
    return [
        cross(successor, before, open_key(old.private_key), old.pk),
        cross(before, successor, key, successor_id),
    ]


def cross(
    subject: x509.Certificate, issuer: x509.Certificate, key: keys.PrivateKey, issuer_id: UUID
) -> x509.Certificate:
    """The subject's name and key, signed by the issuer."""
    prepared = issuing.prepare(
        issuing.cross_request(subject),
        issuer,
        now=timezone.now(),
        addresses=addresses_of(issuer_id),
    )
    return issuing.issue(prepared, key)


def store(certificate: x509.Certificate, issuer: Authority) -> Certificate:
    """Without a link to the authority's key, which leaves only with its own certificate."""
    return Certificate.objects.create(
        profile=CROSS.name,
        state=Certificate.State.ISSUED,
        authority=issuer,
        issued_at=timezone.now(),
        **fields_of(certificate),
    )


def allows_below(root: x509.Certificate) -> bool:
    """Whether clients take an authority below this root; an imported one may say no."""
    basic = facts.extension(root, x509.BasicConstraints)
    return basic is None or basic.path_length != 0
