"""Finding, reading, comparing and revoking certificates."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from pki.actions.certificate_row import chain_of, parsed
from pki.actions.revocation import revoke
from pki.dashboard.access import actor_of
from pki.dashboard.certificates.comparison import compare
from pki.dashboard.certificates.filters import CertificateFilter
from pki.dashboard.certificates.forms import RevokeForm
from pki.dashboard.certificates.lookup import by_serial
from pki.dashboard.certificates.put_to_work import instructions
from pki.dashboard.certificates.tables import PROFILE_LABELS, CertificateTable
from pki.dashboard.form_errors import add_error
from pki.dashboard.paging import show_page
from pki.errors import CertiflowError
from pki.models import Certificate
from pki.x509 import facts
from pki.x509.checks import server_verdicts


def certificate_list(request: HttpRequest) -> HttpResponse:
    found = CertificateFilter(request.GET, Certificate.objects.defer("der", "chain"))
    table = CertificateTable(found.qs)
    show_page(table, request)
    return render(
        request,
        "certificates/list.html",
        {
            "table": table,
            "filter": found,
            "any": bool(request.GET) or Certificate.objects.exists(),
        },
    )


def certificate_detail(request: HttpRequest, serial: str) -> HttpResponse:
    row = by_serial(serial)
    context: dict[str, object] = {
        "certificate": row,
        "kind": PROFILE_LABELS.get(row.profile, row.profile),
        "is_current": row.server is not None and row.server.certificate_id == row.pk,
        "is_root": row.profile == "root",
        "replaced_by": row.replaced_by.exclude(state=Certificate.State.ABANDONED).first(),
    }
    if row.was_issued:
        context |= in_full(row)
    return render(request, "certificates/detail.html", context)


def in_full(row: Certificate) -> dict[str, object]:
    """What only a certificate that exists can show."""
    certificate = parsed(row)
    foreign = row.server is not None and row.source == Certificate.Source.IMPORTED
    return {
        "facts": facts.describe(certificate),
        "chain": [facts.describe(issuer) for issuer in chain_of(row)],
        "verdicts": server_verdicts(certificate, row.server.fqdn) if foreign and row.server else [],
        "instructions": instructions(row),
    }


def certificate_compare(request: HttpRequest, serial: str) -> HttpResponse:
    """A certificate beside the one it replaces."""
    new = by_serial(serial)
    old = new.replaces
    if old is None or not (old.was_issued and new.was_issued):
        return redirect(new)
    return render(
        request,
        "certificates/compare.html",
        {"new": new, "old": old, "rows": compare(old, new)},
    )


def certificate_revoke(request: HttpRequest, serial: str) -> HttpResponse:
    row = by_serial(serial)
    form = RevokeForm(request.POST or None, only_key=row.only_key_can_be_reported)
    if form.is_valid():
        try:
            revoke(row, form.cleaned_data["reason"], actor=actor_of(request))
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(request, told(row))
            return redirect(row)
    return render(request, "certificates/revoke.html", {"certificate": row, "form": form})


def told(row: Certificate) -> str:
    if row.authority_id is None:
        return (
            f"The key of the certificate of {row.common_name} is certified for nobody any more. "
            "Tell the authority that issued it too: our revocation list does not name it."
        )
    said = f"The certificate of {row.common_name} is revoked."
    if row.admits_workstation:
        said += " The workstation is revoked with it. If it shall come back, reinstate it."
    return said
