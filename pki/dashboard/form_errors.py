"""Putting a refusal of an action where the person filling in the form looks."""

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest

from pki.dashboard.access import note_refusal
from pki.errors import CertiflowError, Forbidden


def add_error(request: HttpRequest, form: BaseForm, error: CertiflowError) -> None:
    """On the field the error names, else above the form.

    A form whose fields are called otherwise says so in ``error_fields``.
    """
    note_if_forbidden(request, error)
    name = getattr(form, "error_fields", {}).get(error.field, error.field)
    form.add_error(name if name in form.fields else None, error.message)


def add_message(
    request: HttpRequest, error: CertiflowError, *, level: int = messages.ERROR, before: str = ""
) -> None:
    """On the page that follows, where there is no form to show it in."""
    note_if_forbidden(request, error)
    messages.add_message(request, level, before + error.message)


def note_if_forbidden(request: HttpRequest, error: CertiflowError) -> None:
    """Somebody tried what is not for them: the trail has it, as of a page that is refused."""
    if isinstance(error, Forbidden):
        note_refusal(request, error)
