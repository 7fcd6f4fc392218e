"""Which names server certificates may have, and the servers whose names lie outside."""

from collections.abc import Iterator

from pki.actions.name_policy import current_name_policy, not_accepted
from pki.management.diagnosis.finding import Finding, ok, warn

CHECK = "Name policy"


def findings() -> Iterator[Finding]:
    policy = current_name_policy()
    if policy.is_open:
        yield warn(
            CHECK,
            "It is open: operators may issue for every name, also one that is not yours.",
            "Run “certiflow permit DOMAIN NETWORK …”, or set it under Settings, Name policy.",
        )
        return
    left = not_accepted(policy)
    if left:
        named = ", ".join(str(server) for server in left[:5])
        yield warn(
            CHECK,
            f"{len(left):,} have names outside it and so do not renew automatically: {named}.",
            "Renew them with “certiflow renew --server FQDN”, or extend the policy.",
        )
        return
    yield ok(CHECK, f"Permitted: {policy.in_words()}.")
