"""Who may read and change what: the one list of rules, a URL name each.

A page whose name is missing here is refused to everybody. A new view gets its line below,
in the section of its noun; `pki.dashboard.access_middleware` enforces it, and no view asks
for a role itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final, Literal

from django.http import HttpRequest

from pki.models import BulkChange, Role

#: Without a sign-in.
ANYONE: Final = "anyone"
#: A role and those above it; None: there is nothing to read, or nothing to change.
Who = Role | Literal["anyone"] | None


class Fresh(Enum):
    """When the password, a code or a passkey must have been given minutes ago."""

    NEVER = "never"
    #: For every change, while the page itself can be read.
    TO_CHANGE = "to change"
    #: For the page with the form as well: nothing is typed in vain.
    ALWAYS = "always"


@dataclass(frozen=True)
class Rule:
    read: Who
    change: Who = None
    fresh: Fresh = Fresh.NEVER
    #: For what is grave only with certain values; asked after the role was checked.
    fresh_when: Callable[[HttpRequest, Mapping[str, Any]], bool] | None = None
    #: Also until set-up is done; what is open to anyone always is.
    before_setup: bool = False
    #: Also for somebody who still has to add the second factor that the role needs.
    while_enrolling: bool = False


def is_open(name: str) -> bool:
    """Whether a page is open to people who have not signed in."""
    rule = RULES.get(name)
    return rule is not None and ANYONE in {rule.read, rule.change}


def is_before_setup(name: str) -> bool:
    """Whether a page is there before an administrator and an authority are."""
    rule = RULES.get(name)
    return rule is not None and (rule.before_setup or is_open(name))


def is_while_enrolling(name: str) -> bool:
    """Whether a page is open without the second factor that a role needs."""
    rule = RULES.get(name)
    return rule is not None and (rule.while_enrolling or is_open(name))


def revokes(_request: HttpRequest, arguments: Mapping[str, Any]) -> bool:
    return bool(arguments["verb"] == "revoke")


def revokes_many(_request: HttpRequest, arguments: Mapping[str, Any]) -> bool:
    """Until it was started; then the same page shows how far it is."""
    waiting = BulkChange.objects.filter(pk=arguments["pk"], started_at=None)
    return "revoke" in waiting.values_list("verb", flat=True)


def is_automatic(request: HttpRequest, _arguments: Mapping[str, Any]) -> bool:
    return bool(request.POST.get("automatic"))


VIEWER, OPERATOR, ADMINISTRATOR = Role.VIEWER, Role.OPERATOR, Role.ADMINISTRATOR

OPEN = Rule(ANYONE, ANYONE)
OPEN_TO_READ = Rule(ANYONE)
#: Only read.
PAGE = Rule(VIEWER)
ADMINISTRATORS_PAGE = Rule(ADMINISTRATOR)
#: What concerns the person's own account and nobody else.
OWN = Rule(VIEWER, VIEWER)
#: What proves who somebody is: needed to get to everything else, and so before it.
OWN_PROOF = replace(OWN, before_setup=True, while_enrolling=True)
OWN_PROOF_PAGE = replace(OWN_PROOF, change=None)
#: As `OWN_PROOF`, where a stranger at the screen would gain a way in for good.
OWN_SECRET = replace(OWN_PROOF, fresh=Fresh.ALWAYS)
#: A page with a form for daily work, and a button for it on another page.
DAILY = Rule(OPERATOR, OPERATOR)
DAILY_BUTTON = Rule(None, OPERATOR)
#: A form for a change of consequence, and a button for one.
GRAVE = Rule(ADMINISTRATOR, ADMINISTRATOR, Fresh.ALWAYS)
GRAVE_BUTTON = Rule(None, ADMINISTRATOR, Fresh.TO_CHANGE)
#: The wizard's pages, after its first two.
SETUP_PAGE = replace(ADMINISTRATORS_PAGE, before_setup=True)
SETUP = replace(GRAVE, before_setup=True)
#: For administrators, and harmless at an unlocked screen.
ADMINISTRATORS_BUTTON = Rule(None, ADMINISTRATOR)

RULES: Mapping[str, Rule] = {
    "theme": Rule(None, ANYONE),
    "overview": PAGE,
    "search": PAGE,
    # Set-up: the first two lead to a code or a sign-in themselves.
    "setup": OPEN_TO_READ,
    "setup-administrator": OPEN,
    "setup-root": SETUP_PAGE,
    "setup-root-new": SETUP,
    "setup-root-import": SETUP,
    "setup-host": SETUP,
    "setup-done": SETUP_PAGE,
    # Authorities and their replacement.
    "authority-list": PAGE,
    "authority-detail": PAGE,
    "authority-export": GRAVE,
    "rollover": PAGE,
    "rollover-start": GRAVE,
    "rollover-decide": GRAVE,
    "rollover-silent": GRAVE,
    "rollover-waves": DAILY_BUTTON,
    "rollover-sizes": DAILY,
    "rollover-servers": PAGE,
    "rollover-trust": DAILY_BUTTON,
    # Servers.
    "server-list": PAGE,
    "server-add": DAILY,
    "server-detail": PAGE,
    "server-edit": DAILY,
    "server-issue": DAILY,
    "server-renew": DAILY,
    "server-renew-alike": DAILY_BUTTON,
    "server-probe": DAILY_BUTTON,
    "server-target": DAILY,
    "server-renewal": DAILY,
    "server-import": DAILY,
    # Certificates. Operators revoke workstations, by the workstation's own page.
    "certificate-list": PAGE,
    "certificate-detail": PAGE,
    "certificate-compare": PAGE,
    "certificate-revoke": GRAVE,
    "certificate-private-key": GRAVE,
    # Public parts are read; what holds a private key is posted for.
    "certificate-download": Rule(VIEWER, ADMINISTRATOR, Fresh.TO_CHANGE),
    # Workstations.
    "workstation-list": PAGE,
    "workstation-export": PAGE,
    "workstation-detail": PAGE,
    "workstation-edit": DAILY,
    "workstation-task": DAILY,
    "workstation-renew": DAILY_BUTTON,
    "workstation-dismiss": DAILY_BUTTON,
    "workstation-decide": replace(DAILY, fresh_when=revokes),
    "workstation-bulk": DAILY_BUTTON,
    "bulk-change": replace(DAILY, fresh_when=revokes_many),
    "bulk-step": DAILY_BUTTON,
    "bulk-undo": DAILY_BUTTON,
    "view-save": DAILY_BUTTON,
    "view-delete": DAILY_BUTTON,
    # Tasks and enrollment tokens.
    "task-list": PAGE,
    "task-detail": PAGE,
    "task-cancel": DAILY_BUTTON,
    "token-list": PAGE,
    "token-new": replace(DAILY, fresh_when=is_automatic),
    "token-withdraw": DAILY,
    "registration": GRAVE,
    # Reminders, jobs, the audit trail, calendars.
    "reminder-list": PAGE,
    "reminder-detail": PAGE,
    "reminder-acknowledge": DAILY,
    "reminder-acknowledge-all": DAILY_BUTTON,
    "reminder-snooze": DAILY,
    "reminder-take-back": DAILY_BUTTON,
    "job-list": PAGE,
    "job-detail": PAGE,
    "job-run": DAILY_BUTTON,
    "audit-list": PAGE,
    "audit-csv": PAGE,
    # An address that works without a sign-in, for good.
    "calendar": replace(OWN, fresh=Fresh.TO_CHANGE),
    # Its address is the secret.
    "calendar-feed": OPEN_TO_READ,
    # Messages and to whom they go.
    "recipients": ADMINISTRATORS_PAGE,
    "recipients-add": GRAVE,
    "recipients-group": ADMINISTRATORS_PAGE,
    "recipients-edit": GRAVE,
    "recipients-remove": GRAVE,
    "recipients-test": ADMINISTRATORS_BUTTON,
    "webhook-add": GRAVE,
    "chat-add": GRAVE,
    "channel-test": ADMINISTRATORS_BUTTON,
    "channel-pause": GRAVE_BUTTON,
    "channel-key": GRAVE,
    "channel-remove": GRAVE,
    "delivery-list": ADMINISTRATORS_PAGE,
    "delivery-detail": ADMINISTRATORS_PAGE,
    "delivery-again": ADMINISTRATORS_BUTTON,
    # Settings and people.
    "settings": ADMINISTRATORS_PAGE,
    "settings-addresses": GRAVE,
    "settings-names": GRAVE,
    "settings-sign-in": GRAVE,
    "settings-reminders": Rule(ADMINISTRATOR, ADMINISTRATOR, Fresh.TO_CHANGE),
    "settings-reminder": GRAVE,
    "settings-users": ADMINISTRATORS_PAGE,
    "settings-user-add": GRAVE,
    "settings-user": GRAVE,
    "settings-user-password": GRAVE,
    "settings-user-second-factor": GRAVE,
    # Signing in and the own account; these views limit attempts themselves.
    "account_login": OPEN,
    "account_logout": OPEN,
    "account_inactive": OPEN_TO_READ,
    "account_reauthenticate": OWN_PROOF,
    "account_change_password": OWN_PROOF,
    "mfa_index": OWN_PROOF_PAGE,
    "mfa_authenticate": OPEN,
    "mfa_login_webauthn": OPEN,
    "mfa_reauthenticate": OWN_PROOF,
    "mfa_reauthenticate_webauthn": OWN_PROOF,
    "mfa_list_webauthn": OWN_PROOF_PAGE,
    "mfa_activate_totp": OWN_SECRET,
    "mfa_deactivate_totp": OWN_SECRET,
    "mfa_view_recovery_codes": replace(OWN_PROOF_PAGE, fresh=Fresh.ALWAYS),
    "mfa_generate_recovery_codes": OWN_SECRET,
    "mfa_download_recovery_codes": replace(OWN_PROOF_PAGE, fresh=Fresh.ALWAYS),
    "mfa_add_webauthn": OWN_SECRET,
    "mfa_remove_webauthn": OWN_SECRET,
    "mfa_edit_webauthn": OWN_SECRET,
    # What is published; these views check the caller themselves where they must.
    "authority-certificate": OPEN_TO_READ,
    "revocation-list": OPEN_TO_READ,
    "ocsp": Rule(None, ANYONE),
    "ocsp-get": OPEN_TO_READ,
    "metrics": OPEN_TO_READ,
    "healthz": OPEN_TO_READ,
    "readyz": OPEN_TO_READ,
}
