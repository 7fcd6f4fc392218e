"""Sessions as Django keeps them in the database, found by a hash of the cookie's value."""

import base64
import hashlib
from typing import Any

from django.contrib.sessions.backends import db
from django.utils import timezone

#: As many bytes of SHA-256 as fit into Django's column of 40 characters.
DIGEST_BYTES = 30


def stored_key(cookie: str | None) -> str:
    """Whoever reads the table learns no cookie's value from it."""
    digest = hashlib.sha256((cookie or "").encode()).digest()
    return base64.urlsafe_b64encode(digest[:DIGEST_BYTES]).decode()


class SessionStore(db.SessionStore):
    """``session_key`` is the cookie's value here, and its hash in the table.

    Only for code that is not asynchronous, as all of the product is.
    """

    def _get_session_from_db(self) -> Any:
        key = stored_key(self.session_key)
        row = self.model.objects.filter(session_key=key, expire_date__gt=timezone.now()).first()
        if row is None:
            self._session_key = None
        return row

    def exists(self, session_key: str) -> bool:
        return super().exists(stored_key(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row = super().create_model_instance(data)
        row.session_key = stored_key(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            super().delete(stored_key(key))
