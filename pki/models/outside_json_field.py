"""A JSON column that may hold texts from outside, read so that every page can show them."""

from typing import Any

from django.db import models

from pki.outside_json import with_texts, without_surrogates


class OutsideJSONField(models.JSONField):
    """What was stored before texts were checked does not fail a page, an export or a backup."""

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        found = super().from_db_value(value, expression, connection)
        # Only an escape can say half a character.
        if isinstance(value, str) and "\\ud" in value.lower():
            return with_texts(found, without_surrogates)
        return found
