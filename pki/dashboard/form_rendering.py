"""How a form looks: `{{ form }}` is enough on every page."""

from typing import Any

from django.forms import BoundField, Widget, widgets
from django.forms.renderers import TemplatesSetting


class TablerBoundField(BoundField):
    """A field whose widget carries the class Tabler styles it by."""

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: Widget | None = None
    ) -> dict[str, Any]:
        attrs = super().build_widget_attrs(attrs, widget)
        widget = widget or self.field.widget
        classes = [widget.attrs.get("class"), tabler_class(widget)]
        if self.errors:
            classes.append("is-invalid")
        if not widget.is_hidden:
            attrs["class"] = " ".join(filter(None, classes))
        return attrs

    @property
    def is_checkbox(self) -> bool:
        return isinstance(self.field.widget, widgets.CheckboxInput)


def tabler_class(widget: Widget) -> str:
    match widget:
        case widgets.CheckboxInput() | widgets.RadioSelect() | widgets.CheckboxSelectMultiple():
            return "form-check-input"
        case widgets.Select():
            return "form-select"
        case _:
            return "form-control"


class TablerRenderer(TemplatesSetting):
    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
    bound_field_class = TablerBoundField
