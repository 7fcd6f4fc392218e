"""An authority's pages."""

from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from pki.actions.authorities import export_root_file
from pki.actions.certificate_row import parsed
from pki.dashboard.access import actor_of
from pki.dashboard.attachments import attachment
from pki.dashboard.authorities.forms import ExportForm
from pki.dashboard.authorities.tables import AuthorityTable
from pki.dashboard.authorities.wording import role_badge
from pki.dashboard.form_errors import add_error
from pki.dashboard.paging import show_page
from pki.errors import CertiflowError
from pki.models import Authority, Certificate, RevocationList, Rollover
from pki.models.certificate import EXPIRING
from pki.password_rule import random_password
from pki.x509 import facts


def authority_list(request: HttpRequest) -> HttpResponse:
    table = AuthorityTable(Authority.objects.select_related("certificate"))
    show_page(table, request)
    return render(request, "authorities/list.html", {"table": table})


def authority_detail(request: HttpRequest, pk: str) -> HttpResponse:
    authority = get_object_or_404(Authority.objects.select_related("certificate"), pk=pk)
    issued = Certificate.objects.filter(authority=authority).exclude(pk=authority.certificate_id)
    context = {
        "authority": authority,
        "certificate": authority.certificate,
        "facts": facts.describe(parsed(authority.certificate)),
        "counts": counts(issued),
        "list": RevocationList.objects.filter(authority=authority).defer("der").first(),
        "published": settings.PUBLIC_URL or f"https://{request.get_host()}",
        "names_addresses": bool(settings.PUBLIC_URL),
        "role": role_badge(authority),
        "rollover": Rollover.objects.filter(is_open=True).first(),
        "newest": issued.select_related("server").defer("der", "chain")[:8],
    }
    return render(request, "authorities/detail.html", context)


def counts(issued: Any) -> dict[str, int]:
    """How many of its certificates are in which state, in one query."""
    now = timezone.now()
    good = Q(state=Certificate.State.ISSUED)
    return issued.aggregate(
        all=Count("pk"),
        valid=Count("pk", filter=good & Q(not_after__gt=now)),
        expiring=Count("pk", filter=good & Q(not_after__gt=now, not_after__lt=now + EXPIRING)),
        expired=Count("pk", filter=good & Q(not_after__lte=now)),
        revoked=Count("pk", filter=Q(state=Certificate.State.REVOKED)),
    )


def authority_export(request: HttpRequest, pk: str) -> HttpResponse:
    """``agent_root_ca.json``, with the root's private key in it."""
    authority = get_object_or_404(
        Authority.objects.select_related("certificate", "private_key"), pk=pk
    )
    form = ExportForm(request.POST or None, initial={"generated": random_password()})
    if form.is_valid():
        try:
            content = export_root_file(
                authority, actor=actor_of(request), password=form.cleaned_data["password"]
            )
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            return attachment(content, "agent_root_ca.json", "application/json")
    return render(request, "authorities/export.html", {"authority": authority, "form": form})
