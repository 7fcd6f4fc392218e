"""Whether a certificate would serve both sites of this host."""

from datetime import UTC, datetime, timedelta

import pytest

from pki.errors import InvalidInput
from pki.x509.checks import check_serves
from tests.pki.actions import made_elsewhere

NOW = datetime.now(UTC)
ROOT_KEY, KEY = made_elsewhere.new_key(), made_elsewhere.new_key()
ROOT = made_elsewhere.root(key=ROOT_KEY)
OTHER = made_elsewhere.root("Another Root", key=made_elsewhere.new_key())
GOOD = made_elsewhere.certificate(
    "admin.example.com", ("admin.example.com",), key=KEY, issuer=ROOT, issuer_key=ROOT_KEY
)
NO_SERVER = made_elsewhere.certificate(
    "admin.example.com", ("admin.example.com",), key=KEY, issuer=ROOT, issuer_key=ROOT_KEY,
    server_auth=False,
)  # fmt: skip


def test_one_of_a_current_root_serves() -> None:
    check_serves(GOOD, KEY.public_key(), [OTHER, ROOT], host="admin.example.com", now=NOW)


def test_without_a_date_an_expired_one_serves_too() -> None:
    later = NOW + timedelta(days=3650)
    with pytest.raises(InvalidInput) as refusal:
        check_serves(GOOD, KEY.public_key(), [ROOT], host="admin.example.com", now=later)
    assert refusal.value.code == "host.dates"
    check_serves(GOOD, KEY.public_key(), [ROOT], host="admin.example.com", now=None)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"roots": [OTHER]}, "host.chain"),
        ({"roots": []}, "host.chain"),
        ({"host": "dash.example.com"}, "host.names"),
        ({"public_key": ROOT_KEY.public_key()}, "host.key"),
        ({"certificate": NO_SERVER}, "host.purpose"),
        ({"now": NOW - timedelta(days=30)}, "host.dates"),
    ],
)
def test_what_clients_would_refuse_does_not(changes: dict[str, object], code: str) -> None:
    arguments = {
        "certificate": GOOD, "public_key": KEY.public_key(), "roots": [ROOT],
        "host": "admin.example.com", "now": NOW, **changes,
    }  # fmt: skip
    with pytest.raises(InvalidInput) as refusal:
        check_serves(**arguments)  # type: ignore[arg-type]
    assert refusal.value.code == code
