"""What this installation is made of; it is changed in the environment, and so is shown here."""

from importlib.metadata import version

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from pki.actions.backups import last_backup
from pki.actions.key_ring import current_ring
from pki.actions.name_policy import current_name_policy
from pki.actions.postbox import nobody_gets_mail
from pki.models import PrivateKey, Role, User


def settings_page(request: HttpRequest) -> HttpResponse:
    ring = current_ring()
    context = {
        "facts": [
            ("Version", version("certiflow-admin"), ""),
            ("Name of this host", settings.HOST, "CERTIFLOW_HOST"),
            ("Dashboard listens on", settings.DASHBOARD_BIND, "CERTIFLOW_DASHBOARD_BIND"),
            ("Port of the agent site", settings.AGENT_BIND, "CERTIFLOW_AGENT_BIND"),
            ("Address in messages", settings.DASHBOARD_URL, "CERTIFLOW_DASHBOARD_URL"),
            ("Mail comes from", settings.DEFAULT_FROM_EMAIL, "CERTIFLOW_MAIL_FROM"),
            ("Mail server", mail_server(), "EMAIL_URL"),
            ("Public address", settings.PUBLIC_URL or "none", "CERTIFLOW_PUBLIC_URL"),
            (
                "Trusted proxies",
                ", ".join(settings.TRUSTED_PROXIES) or "none",
                "CERTIFLOW_TRUSTED_PROXIES",
            ),
            (
                "Certificates from proxies",
                f"in the format {settings.PROXY_CERTIFICATE}, with the secret"
                if settings.PROXY_SECRET
                else "not accepted",
                "CERTIFLOW_PROXY_SECRET",
            ),
            ("Data directory", str(settings.DATA_DIR), "CERTIFLOW_DATA_DIR"),
            ("Database", connection.display_name, "DATABASE_URL"),
            (
                "Key ring",
                "in the environment" if settings.MASTER_KEYS else str(settings.MASTER_KEYS_FILE),
                "CERTIFLOW_MASTER_KEYS",
            ),
            ("Sealing key", ring.first.id, ""),
            ("Other keys in the ring", ", ".join(key.id for key in ring.keys[1:]) or "none", ""),
            ("Last backup", backup_in_words(), ""),
            ("Private keys kept here", f"{PrivateKey.objects.count():,}", ""),
        ],
        "name_policy": current_name_policy(),
        "mail_is_printed": nobody_gets_mail(),
        "administrators": User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).count(),
        "people": User.objects.filter(is_active=True).count(),
    }
    return render(request, "settings/settings.html", context)


def backup_in_words() -> str:
    last = last_backup()
    if last is None:
        return "none yet; run certiflow backup FILE"
    return f"{last.at:%Y-%m-%d %H:%M} UTC by {last.made_by}, {last.size:,} bytes"


def mail_server() -> str:
    """Without the password that may stand in EMAIL_URL."""
    if nobody_gets_mail():
        return "none"
    return f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
