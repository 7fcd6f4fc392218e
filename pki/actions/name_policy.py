"""The name policy: what is permitted, changing it, and which servers lie outside."""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.own_names import is_host_entry, own_names
from pki.errors import Forbidden
from pki.models import Certificate, Server, ServerName
from pki.models import NamePolicy as StoredPolicy
from pki.x509 import name_policy
from pki.x509.name_policy import NamePolicy

#: Of the names outside a new policy, so many stand in the audit trail.
NAMED = 50


def current_name_policy() -> NamePolicy:
    stored = StoredPolicy.objects.filter(pk=1).values_list("permitted", flat=True).first()
    return policy_of(json.dumps(stored or []))


@lru_cache(maxsize=16)
def policy_of(permitted: str) -> NamePolicy:
    """The policy that this JSON list of canonical entries stands for."""
    return name_policy.parse(json.loads(permitted))


def change_name_policy(
    permitted: Sequence[str], *, actor: Actor, keep_existing: bool = True
) -> NamePolicy:
    """Without an entry every name is permitted.

    With ``keep_existing`` the servers that have names outside the new policy are accepted as
    they are, so that their automatic renewal goes on; otherwise it is refused. Raises
    InvalidInput on ``permitted`` and Forbidden ``access.role``.
    """
    policy = name_policy.parse(permitted)
    if not actor.is_administrator:
        raise Forbidden("The name policy is for administrators.", code="access.role")
    with transaction.atomic():
        stored = locked_policy()
        before, stored.permitted = stored.permitted, policy.entries
        stored.save(update_fields=["permitted"])
        left = outside(policy)
        if keep_existing:
            accept(left, actor)
        names = sorted({row.name for row in left})
        record(
            actor,
            "names.policy_changed",
            permitted=policy.entries,
            before=before,
            names_outside=names[:NAMED],
            renewed_all_the_same=keep_existing,
        )
    return policy


def locked_policy() -> StoredPolicy:
    """Until the end of the transaction nobody else claims a name or changes the policy."""
    return StoredPolicy.objects.select_for_update().get_or_create(pk=1)[0]


def outside(policy: NamePolicy) -> list[ServerName]:
    """The names of servers that ``policy`` does not permit, with their servers."""
    if policy.is_open:
        return []
    permitted = Q(name__in=policy.suffixes)
    for suffix in policy.suffixes:
        permitted |= Q(name__endswith=f".{suffix}")
    # Networks are no matter for SQL; few names are addresses.
    rows = ServerName.objects.filter(held=False).exclude(permitted).select_related("server")
    return [
        row
        for row in rows.order_by("server__fqdn", "name")
        if outside_policy(policy, row.server, [row.name])
    ]


def outside_policy(policy: NamePolicy, server: Server, names: Iterable[str]) -> list[str]:
    """This host's own names need no permission on its own entry, which has rules of its own."""
    found = policy.outside(names)
    if found and is_host_entry(server):
        own = set(own_names(found))
        return [name for name in found if name not in own]
    return found


def not_accepted(policy: NamePolicy) -> list[Server]:
    """Servers with a name that lies outside and that nobody accepted for the key they go on with.

    They do not renew.
    """
    rows = outside(policy)
    void = with_another_key([row.pk for row in rows if row.accepted_by])
    return sorted({row.server for row in rows if not row.accepted_by or row.pk in void}, key=str)


def with_another_key(accepted: Sequence[int]) -> set[int]:
    """Of these, the names of servers that go on with a key from outside nobody accepted."""
    brought = Certificate.objects.filter(source=Certificate.Source.IMPORTED)
    found = ServerName.objects.filter(
        Q(server__renew_same_key=True) | Q(server__certificate__source=Certificate.Source.REQUEST),
        Q(server__certificate__private_key=None)
        | Q(server__certificate__private_key__in=brought.values("private_key")),
        pk__in=accepted,
        server__certificate__isnull=False,
    )
    other = found.exclude(accepted_key=F("server__certificate__public_key_sha256"))
    return set(other.values_list("pk", flat=True))


def accept(rows: Iterable[ServerName], actor: Actor, *, key_sha256: str = "") -> None:
    """Automatic renewal of these goes on although they lie outside.

    With this public key, or the one of the server's current certificate, or one made here.
    """
    current = Certificate.objects.filter(current_for=OuterRef("server_id"))
    key = Coalesce(Subquery(current.values("public_key_sha256")[:1]), Value(""))
    ServerName.objects.filter(pk__in=[row.pk for row in rows]).update(
        accepted_by=actor.name[:150],
        accepted_at=timezone.now(),
        accepted_key=Value(key_sha256) if key_sha256 else key,
    )
