"""A year and a bit of a small world, by the week: the real processes under a moved clock."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simulation.moved_clock import preload

ROOT = Path(__file__).parent.parent.parent
pytestmark = [
    pytest.mark.started,
    pytest.mark.skipif(not preload(), reason="faketime is not installed"),
]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    directory = tmp_path_factory.mktemp("year")
    log = directory / "log.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "simulation", "a-year"),
            *("--json", log, "--directory", directory / "world"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert log.exists(), done.stdout + done.stderr
    found: dict[str, Any] = json.loads(log.read_text())
    return found


def total(document: dict[str, Any], name: str) -> int:
    return sum(month.get(name, 0) for month in document["months"])


def test_nothing_expires_goes_stale_or_fails_in_a_year(document: dict[str, Any]) -> None:
    assert document["incidents"] == []


def test_servers_and_agents_were_renewed_and_judged_meanwhile(document: dict[str, Any]) -> None:
    assert len(document["months"]) >= 13
    assert total(document, "servers_renewed") >= 3
    assert total(document, "agents_renewed") >= 2
    assert total(document, "agents_failed") == 0
    assert total(document, "judgements") > 300


def test_people_were_reminded_by_mail_and_webhook_and_nothing_was_lost(
    document: dict[str, Any],
) -> None:
    """That each came once and on its day is what the run itself judges."""
    told = document["reports"]["reminders"]
    kinds = {each["kind"] for each in told["notices"].values()}
    assert {"server", "installation", "silent", "backup"} <= kinds
    assert {each["state"] for each in told["deliveries"].values()} == {"sent"}
    assert max(each["attempts"] for each in told["deliveries"].values()) > 1
    assert total(document, "renewed_by_hand") >= 2
    assert total(document, "mails") > 15
    assert total(document, "calls") > 8


def test_the_root_was_replaced(document: dict[str, Any]) -> None:
    replaced = document["reports"]["replacement"]
    assert replaced["stage"] == "finished"
    assert replaced["server_waves"] >= 2
    assert {"paused", "resumed"} <= replaced["happened"].keys()
    assert (replaced["servers_old"], replaced["workstations_old"]) == (0, 0)


def test_revocation_lists_and_responders_followed_one_another(document: dict[str, Any]) -> None:
    numbers = [month["list_number"] for month in document["months"]]
    assert numbers == sorted(numbers)
    assert numbers[-1] >= 60
    responders = [month["responders"] for month in document["months"]]
    assert responders[-1] >= 12
    assert total(document, "revocations") >= 2
