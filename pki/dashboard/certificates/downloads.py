"""The files of a certificate: public parts to everyone, private keys by POST and with care."""

from collections.abc import Callable

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
)
from django.shortcuts import redirect, render

from pki.actions.certificate_row import chain_of, parsed
from pki.actions.exports import export_key, export_pfx
from pki.dashboard.access import actor_of
from pki.dashboard.attachments import attachment, file_stem
from pki.dashboard.authorities.views import authority_export
from pki.dashboard.certificates.forms import KeyForm, PfxForm
from pki.dashboard.certificates.lookup import by_serial
from pki.dashboard.form_errors import add_error
from pki.errors import CertiflowError
from pki.models import Certificate
from pki.x509 import bundles
from pki.x509.bundles import PfxEncryption

PRIVATE = {"key", "pfx", "json"}


def download(request: HttpRequest, serial: str, form: str) -> HttpResponseBase:
    """``cer``, ``pem`` and ``chain`` by GET; ``key``, ``pfx`` and ``json`` only by POST."""
    row = by_serial(serial)
    if form in PRIVATE:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        return private_download(request, row, form)
    render_form = PUBLIC.get(form)
    if render_form is None or not row.was_issued:
        raise Http404
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    return render_form(row)


def stem(row: Certificate) -> str:
    return "agent_root_ca" if row.profile == "root" else file_stem(row.common_name)


def cer(row: Certificate) -> HttpResponse:
    return attachment(bytes(row.der), f"{stem(row)}.cer", "application/pkix-cert")


def pem(row: Certificate) -> HttpResponse:
    content = bundles.pem(parsed(row))
    return attachment(content, f"{stem(row)}.pem", "application/x-pem-file")


def chain(row: Certificate) -> HttpResponse:
    content = bundles.chain_pem([parsed(row), *chain_of(row)])
    return attachment(content, f"{stem(row)}.chain.pem", "application/x-pem-file")


PUBLIC: dict[str, Callable[[Certificate], HttpResponse]] = {"cer": cer, "pem": pem, "chain": chain}


def private_download(request: HttpRequest, row: Certificate, form: str) -> HttpResponseBase:
    """The file, or the page that asks for it again with what was wrong."""
    if form == "json":
        if row.profile != "root" or row.authority_id is None:
            raise Http404
        return authority_export(request, str(row.authority_id))
    return pfx(request, row) if form == "pfx" else key(request, row)


def pfx(request: HttpRequest, row: Certificate) -> HttpResponse:
    form = PfxForm(request.POST)
    if form.is_valid():
        try:
            content = export_pfx(
                row,
                actor=actor_of(request),
                password=form.cleaned_data["password"],
                encryption=PfxEncryption(form.cleaned_data["encryption"]),
            )
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            return attachment(content, f"{stem(row)}.pfx", "application/x-pkcs12")
    return private_key_page(request, row, pfx_form=form, key_form=KeyForm(), status=400)


def key(request: HttpRequest, row: Certificate) -> HttpResponse:
    form = KeyForm(request.POST)
    if form.is_valid():
        try:
            content = export_key(
                row, actor=actor_of(request), password=form.cleaned_data["password"]
            )
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            return attachment(content, f"{stem(row)}.key", "application/x-pem-file")
    return private_key_page(request, row, pfx_form=PfxForm(), key_form=form, status=400)


def private_key(request: HttpRequest, serial: str) -> HttpResponse:
    """The page that asks for the passwords."""
    row = by_serial(serial)
    if row.private_key_id is None or row.profile == "root" or not row.was_issued:
        return redirect(row)
    return private_key_page(request, row, pfx_form=PfxForm(), key_form=KeyForm(), status=200)


def private_key_page(
    request: HttpRequest, row: Certificate, *, pfx_form: PfxForm, key_form: KeyForm, status: int
) -> HttpResponse:
    context = {"certificate": row, "pfx_form": pfx_form, "key_form": key_form}
    return render(request, "certificates/private_key.html", context, status=status)
