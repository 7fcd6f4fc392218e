"""The jobs as people see them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from pki.actions import clock
from pki.jobs import KINDS
from pki.models import AuditEvent, Clock, Job
from tests.pki.conftest import Signed

EVERY = {kind.name: kind.every for kind in KINDS.values()}
pytestmark = pytest.mark.usefixtures("authority")


def test_every_job_is_listed_before_it_ever_ran(as_viewer: Signed) -> None:
    page = as_viewer.get("/jobs/").content.decode()
    for kind in KINDS.values():
        assert kind.label in page
    assert "Not yet" in page
    assert "Run now" not in page


def test_the_list_says_what_a_run_did_and_when_the_next_is(as_operator: Signed) -> None:
    clock.tick(EVERY)
    clock.run("unfinished", KINDS["unfinished"].work)
    page = as_operator.get("/jobs/").content.decode()
    assert "Nothing was left unfinished" in page
    assert "every 5 minutes" in page
    assert "Done" in page
    assert "Nothing was left unfinished" in as_operator.get("/jobs/unfinished/").content.decode()


def test_run_now_makes_it_due_and_is_written_down(as_operator: Signed) -> None:
    clock.tick(EVERY)
    assert clock.tick(EVERY) == []
    as_operator.post("/jobs/unfinished/run/")
    assert clock.tick(EVERY) == ["unfinished"]
    assert AuditEvent.objects.get(event="job.requested").object_label == "unfinished"


def test_viewers_ask_for_no_run(as_viewer: Signed) -> None:
    assert as_viewer.post("/jobs/unfinished/run/").status_code == 403


def test_a_job_there_is_not_is_not_found(as_operator: Signed) -> None:
    assert as_operator.get("/jobs/nothing/").status_code == 404


def test_a_stopped_clock_is_told_everywhere(as_viewer: Signed, client: Client) -> None:
    clock.tick(EVERY)
    for address in ("/", "/jobs/"):
        assert "clock has stopped" not in as_viewer.get(address).content.decode()
    Clock.objects.update(ticked_at=timezone.now() - timedelta(minutes=4))
    for address in ("/", "/jobs/"):
        assert "clock has stopped" in as_viewer.get(address).content.decode()
    ready = client.get("/readyz", secure=True)
    assert (ready.status_code, b"clock has stopped" in ready.content) == (200, True)


def test_a_failed_job_stands_on_the_overview(as_viewer: Signed) -> None:
    def fail() -> str:
        raise OSError("The disk is full")

    for _ in range(2):
        with pytest.raises(OSError, match="full"):
            clock.run("tidying", fail)
    assert Job.objects.get(name="tidying").failures == 2
    assert "failed, 2 times in a row" in as_viewer.get("/").content.decode()
    assert "The disk is full" in as_viewer.get("/jobs/").content.decode()
    clock.run("tidying", KINDS["tidying"].work)
    assert "in a row" not in as_viewer.get("/").content.decode()
