"""Keeping the filters of the list under a name."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from pki.actions.workstations import delete_view, save_view
from pki.dashboard.access import actor_of
from pki.dashboard.form_errors import add_message
from pki.errors import CertiflowError
from pki.models import SavedView


@require_POST
def view_save(request: HttpRequest) -> HttpResponse:
    query = request.POST.get("query", "")
    try:
        view = save_view(request.POST.get("name", ""), query, actor=actor_of(request))
    except CertiflowError as error:
        add_message(request, error)
        return redirect(f"/workstations/?{query}")
    messages.success(request, f"The view “{view}” is saved; everybody sees it.")
    return redirect(view)


@require_POST
def view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(SavedView, pk=pk)
    delete_view(view, actor=actor_of(request))
    messages.success(request, f"The view “{view}” is deleted. No workstation was changed.")
    return redirect("workstation-list")
