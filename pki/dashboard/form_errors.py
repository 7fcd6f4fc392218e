"""Putting a refusal of an action where the person filling in the form looks."""

from django.forms import BaseForm

from pki.errors import CertiflowError


def add_error(form: BaseForm, error: CertiflowError) -> None:
    """On the field the error names, else above the form."""
    field = error.field if error.field in form.fields else None
    form.add_error(field, error.message)
