"""Pausing the waves, letting them go on, and how large they are."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from pki.actions.rollover.open_rollover import open_rollover
from pki.actions.rollover.stages import go_on, pause, set_wave_sizes
from pki.actions.rollover.waves import step, try_again
from pki.dashboard.access import actor_of
from pki.dashboard.form_errors import add_error
from pki.dashboard.rollover.forms import SizesForm
from pki.errors import CertiflowError


@require_POST
def change_waves(request: HttpRequest, verb: str) -> HttpResponse:
    row, actor = open_rollover(), actor_of(request)
    if row is None:
        return redirect("rollover")
    match verb:
        case "pause":
            pause(row, actor=actor)
            said = "Paused. What was renewed stays; no further wave begins."
        case "go-on":
            go_on(row, actor=actor)
            said = "It goes on within a minute."
        case "next":
            said = f"{step(row, actor=actor, next_wave=True).in_words()}."
        case "try-again":
            try_again(row, actor=actor)
            said = f"{step(row, actor=actor).in_words()}."
        case _:
            raise Http404("There is no such thing to do.")
    messages.success(request, said)
    return redirect("rollover")


def wave_sizes(request: HttpRequest) -> HttpResponse:
    row = open_rollover()
    if row is None:
        return redirect("rollover")
    initial = {"servers": row.servers_at_once, "workstations": row.workstations_at_once}
    form = SizesForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            set_wave_sizes(row, actor=actor_of(request), **form.cleaned_data)
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(request, "The sizes hold from the next wave on.")
            return redirect("rollover")
    return render(request, "rollover/sizes.html", {"form": form})
