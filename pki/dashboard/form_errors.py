"""Putting a refusal of an action where the person filling in the form looks."""

from django.forms import BaseForm

from pki.errors import CertiflowError


def add_error(form: BaseForm, error: CertiflowError) -> None:
    """On the field the error names, else above the form.

    A form whose fields are called otherwise says so in ``error_fields``.
    """
    name = getattr(form, "error_fields", {}).get(error.field, error.field)
    form.add_error(name if name in form.fields else None, error.message)
