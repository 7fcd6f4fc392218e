"""Who may have which name: the one place that every way to a server's certificate passes.

Names are checked when a server gets them, and again for each certificate, since the policy,
the person and where the key comes from may be others by then.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.confirmations import Confirmations
from pki.actions.name_claims import claim, claim_for_certificate, holders
from pki.actions.name_policy import accept, current_name_policy, locked_policy, outside_policy
from pki.actions.own_names import is_host_entry, own_names
from pki.errors import CertiflowError, Forbidden, InvalidInput
from pki.models import Certificate, PrivateKey, Server, ServerName
from pki.x509.name_policy import NamePolicy, check_never_permitted


def check_entry(server: Server, actor: Actor, confirmed: Confirmations) -> None:
    """This host's own entry is for administrators. Raises Forbidden ``host.administrators``."""
    if is_host_entry(server) and not (actor.is_administrator or confirmed.as_before):
        raise Forbidden(
            f"{server} is this host: its certificate is the dashboard's and the agent site's. Ask "
            "an administrator to do this.",
            code="host.administrators",
        )


def take_names(
    server: Server, before: Sequence[str], *, actor: Actor, confirmed: Confirmations
) -> None:
    """``server`` gets its names, inside a transaction; those of ``before`` it has already."""
    check_entry(server, actor, confirmed)
    wanted = names_of(server)
    added = [name for name in wanted if name not in before]
    check_names(server, added, actor, confirmed)
    claim(server, wanted, actor=actor, confirmed=confirmed)
    check_policy(server, added, current_name_policy(), actor=actor, confirmed=confirmed)


def names_of(server: Server) -> list[str]:
    return list(dict.fromkeys([server.fqdn, *server.additional_names]))


def check_names(
    server: Server, wanted: Sequence[str], actor: Actor, confirmed: Confirmations
) -> list[str]:
    """What needs no look at other servers; those of the names that speak for this host."""
    if is_host_entry(server):
        check_never_permitted([name for name in wanted if name != server.fqdn])
        return [server.fqdn]
    check_never_permitted(wanted, fqdn=server.fqdn)
    own = own_names(wanted)
    if own and not (actor.is_administrator or confirmed.as_before):
        raise Forbidden(
            f"{own[0]} leads to this host, where the dashboard and the agent site answer. Choose "
            "another name, or ask an administrator.",
            code="host.own_name",
            field="fqdn" if own[0] == server.fqdn else "additional_names",
        )
    return own


def check_policy(
    server: Server,
    wanted: Sequence[str],
    policy: NamePolicy,
    *,
    actor: Actor,
    confirmed: Confirmations,
    key: "CertifiedKey | None" = None,
) -> None:
    """``key`` is what a certificate is about to be issued or taken in for.

    Raises Forbidden or InvalidInput ``name.outside_policy``; records ``names.accepted``.
    """
    found = outside_policy(policy, server, wanted)
    if not found:
        return
    claims = list(ServerName.objects.filter(server=server, name__in=found, held=False))
    if confirmed.as_before:
        accepted = {row.name for row in claims if was_accepted(row, key)}
        found = [name for name in found if name not in accepted]
        if not found:
            return
    said = confirmed.outside_policy or actor.is_at_the_shell
    if not actor.is_administrator or not said:
        raise outside(server, found[0], policy, actor, confirmed)
    accept(claims, actor, key_sha256=key.sha256 if key else "")
    record(actor, "names.accepted", server, names=found, permitted=policy.entries)


def was_accepted(row: ServerName, key: "CertifiedKey | None") -> bool:
    """For the key it was accepted for, or one made here: nobody brought another one since."""
    if not row.accepted_by or key is None:
        return False
    return key.sha256 == row.accepted_key or was_made_here(key.private_key)


def outside(
    server: Server, name: str, policy: NamePolicy, actor: Actor, confirmed: Confirmations
) -> CertiflowError:
    what = f"{name} lies outside the name policy, which permits {policy.in_words()}."
    field = "fqdn" if name == server.fqdn else "additional_names"
    code = "name.outside_policy"
    if confirmed.as_before:
        return Forbidden(
            f"{what} No administrator has accepted it for {server} and the key it has, so it is "
            "not renewed automatically. Renew it on its page, take the name away, or extend the "
            "policy.",
            code=code,
        )
    if not actor.is_administrator:
        return Forbidden(
            f"{what} Choose a name within it, or ask an administrator to accept this one or to "
            "extend the policy.",
            code=code,
            field=field,
        )
    return InvalidInput(
        f"{what} Confirm that it may be used all the same, choose another name, or "
        "extend the policy under Settings, Name policy.",
        code=code,
        field=field,
    )


@dataclass(frozen=True)
class CertifiedKey:
    """The public key of a certificate; where its private key is kept here, that as well."""

    sha256: str
    private_key: PrivateKey | None = None


@dataclass(frozen=True)
class Wanted:
    """A certificate about to be issued, and what the database says of its server now."""

    server: Server
    names: Sequence[str]
    key: CertifiedKey
    policy: NamePolicy
    #: How many of its names the server has claimed, and whether it shares one.
    claims: int
    shares: bool


def check_issuing(wanted: Wanted, *, actor: Actor, confirmed: Confirmations) -> None:
    """Inside the transaction that reserves the certificate."""
    server = wanted.server
    check_entry(server, actor, confirmed)
    own = check_names(server, wanted.names, actor, confirmed)
    shares = wanted.shares
    if wanted.claims != len(wanted.names):
        claim(server, wanted.names, actor=actor, confirmed=confirmed)
        shares = True
    if shares and not own:
        own = [row.name for row in holders(server, wanted.names) if is_host_entry(row.server)]
    # Also where it goes on as before: the key may have come in since that was confirmed.
    if own and not was_made_here(wanted.key.private_key):
        raise key_not_made_here(own[0])
    check_policy(
        server, wanted.names, wanted.policy, actor=actor, confirmed=confirmed, key=wanted.key
    )


def was_made_here(private_key: PrivateKey | None) -> bool:
    if private_key is None:
        return False
    if private_key._state.adding:
        return True
    imported = Certificate.objects.filter(
        private_key=private_key, source=Certificate.Source.IMPORTED
    )
    return not imported.exists()


def key_not_made_here(name: str, *, field: str = "key") -> InvalidInput:
    return InvalidInput(
        f"{name} stands for this host, {settings.HOST}, and agents and browsers would trust "
        "whoever holds the key as if it were this product. Its key is made here only: issue or "
        "renew with a new key made here.",
        code="host.key_made_here",
        field=field,
    )


def check_import(
    server: Server,
    certified: Sequence[str],
    key: CertifiedKey,
    *,
    actor: Actor,
    confirmed: Confirmations,
) -> None:
    """Names of a certificate issued elsewhere, inside the transaction that stores it.

    And those of the server, which its key may be renewed for from then on.
    """
    check_entry(server, actor, confirmed)
    if is_host_entry(server):
        raise InvalidInput(
            f"{server} is this host, and agents trust only certificates of your root with a key "
            "made here. Issue or renew its certificate instead of importing one.",
            code="host.key_made_here",
            field="files",
        )
    names = list(dict.fromkeys([*certified, *names_of(server)]))
    own = check_names(server, names, actor, confirmed)
    locked_policy()
    own = own or [row.name for row in holders(server, names) if is_host_entry(row.server)]
    if own:
        raise key_not_made_here(own[0], field="files")
    claim_for_certificate(server, certified, actor=actor, confirmed=confirmed)
    check_policy(server, names, current_name_policy(), actor=actor, confirmed=confirmed, key=key)
