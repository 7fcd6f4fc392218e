"""The certificate of the first minutes: made once, renewed in time, for its owner only."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from certiflow_admin.temporary_certificate import TemporaryCertificate


@pytest.fixture
def temporary(tmp_path: Path) -> TemporaryCertificate:
    return TemporaryCertificate(tmp_path / "temporary_tls")


def test_it_is_made_once_and_only_its_owner_may_read_it(temporary: TemporaryCertificate) -> None:
    first = temporary.ensure("admin.example.com")
    assert temporary.ensure("admin.example.com") == first
    assert stat.S_IMODE(temporary.directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in temporary.directory.iterdir()} == {0o600}


def test_another_name_or_damage_or_age_makes_a_new_one(temporary: TemporaryCertificate) -> None:
    seen = {temporary.ensure("admin.example.com"), temporary.ensure("other.example.com")}
    temporary.key_file.write_text("damaged")
    seen.add(temporary.ensure("other.example.com"))
    temporary.certificate_file.unlink()
    seen.add(temporary.ensure("other.example.com"))
    with time_machine.travel(datetime.now(UTC) + timedelta(days=25), tick=False):
        seen.add(temporary.ensure("other.example.com"))
    assert len(seen) == 5


@pytest.mark.parametrize("host", ["under_score", "10.0.0.5", "a" * 60 + ".example.com"])
def test_a_host_that_fits_no_certificate_still_gets_one(
    temporary: TemporaryCertificate, host: str
) -> None:
    assert temporary.ensure(host) == temporary.ensure(host)
