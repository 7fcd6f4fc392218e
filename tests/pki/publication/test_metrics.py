"""What Prometheus reads, and who may."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from pki.actions import clock
from pki.actions.acknowledging import acknowledge
from pki.actions.actor import SYSTEM
from pki.actions.reminding import remind
from pki.actions.revocation_lists import current_list
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.models import Backup, Certificate, Reminder, Workstation
from pki.x509.keys import KeySpec

RULES = Path(__file__).parents[3] / "deploy" / "prometheus-alerts.yml"


def read(client: Client, **headers: str) -> dict[str, dict[tuple[str, ...], float]]:
    """By name, the values by their labels' values."""
    answer = client.get("/metrics", secure=True, headers=headers)
    assert answer.status_code == 200, answer.content
    return {
        family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(answer.content.decode())
    }


def test_the_figures_are_those_of_the_database(
    client: Client, issued: Certificate, trusted: Workstation
) -> None:
    clock.tick({"tidying": timedelta(hours=1)})
    clock.run("tidying", lambda: "done")
    assert issued.authority is not None
    current_list(issued.authority.pk)
    backup = Backup.objects.create(made_by="anna", size=1, rows=1)
    found = read(client)
    assert found["certiflow_last_backup_timestamp_seconds"] == {(): backup.at.timestamp()}
    assert found["certiflow_certificates_valid"][("server",)] == 1
    assert found["certiflow_workstations"][("trusted",)] == 1
    assert found["certiflow_workstations"][("revoked",)] == 0
    expiry = found["certiflow_server_certificate_expiry_timestamp_seconds"]
    assert expiry == {("cm1.example.com",): issued.not_after.timestamp()}
    [tick] = found["certiflow_clock_last_tick_timestamp_seconds"].values()
    assert timezone.now().timestamp() - tick < 60
    assert found["certiflow_job_failures"][("tidying",)] == 0
    [overdue] = found["certiflow_revocation_list_next_update_timestamp_seconds"].values()
    assert overdue > timezone.now().timestamp()


@pytest.mark.django_db
def test_an_empty_installation_has_figures_too(client: Client) -> None:
    found = read(client)
    assert found["certiflow_clock_last_tick_timestamp_seconds"] == {(): 0}
    assert found["certiflow_last_backup_timestamp_seconds"] == {(): 0}


def test_the_alert_rules_name_figures_there_are(
    client: Client, issued: Certificate, trusted: Workstation
) -> None:
    clock.tick({"tidying": timedelta(hours=1)})
    clock.run("tidying", lambda: "done")
    assert issued.authority is not None
    current_list(issued.authority.pk)
    named = {
        word.strip("({")
        for word in RULES.read_text().replace("(", " ").replace(")", " ").replace("{", " ").split()
        if word.startswith("certiflow_")
    }
    assert named
    assert named <= set(read(client))


@pytest.mark.django_db
def test_strangers_need_the_token(client: Client, settings: Settings) -> None:
    elsewhere = {"secure": True, "REMOTE_ADDR": "192.0.2.7"}
    assert client.get("/metrics", **elsewhere).status_code == 401
    settings.METRICS_TOKEN = "a long token"
    for given, status in (("Bearer wrong", 401), ("Bearer a long token", 200)):
        answer = client.get("/metrics", headers={"Authorization": given}, **elsewhere)
        assert answer.status_code == status


@pytest.mark.django_db
def test_a_proxy_on_this_machine_makes_nobody_local(client: Client) -> None:
    answer = client.get("/metrics", secure=True, headers={"X-Forwarded-For": "127.0.0.1"})
    assert answer.status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("trusted", "secret", "status"),
    [
        ([], "", 200), (["192.0.2.1"], "", 200), (["127.0.0.1"], "", 401), (["::1"], "", 401),
        (["0.0.0.0/0"], "", 401), (["192.0.2.1"], "x" * 32, 200), (["127.0.0.1"], "x" * 32, 401),
    ],
)  # fmt: skip
def test_nor_does_one_that_says_nothing_about_its_callers(
    client: Client, settings: Settings, trusted: list[str], secret: str, status: int
) -> None:
    """Every request comes from this machine there: only the token tells who asks."""
    settings.TRUSTED_PROXIES, settings.PROXY_SECRET = trusted, secret
    settings.METRICS_TOKEN = "a long token"
    assert client.get("/metrics", secure=True).status_code == status
    given = {"Authorization": "Bearer a long token"}
    assert client.get("/metrics", secure=True, headers=given).status_code == 200


def test_it_asks_the_database_as_often_for_many_servers(
    client: Client, issued: Certificate
) -> None:
    read(client)
    with CaptureQueriesContext(connection) as for_one:
        read(client)
    for number in range(20):
        server = add_server(f"many{number}.example.com", actor=SYSTEM)
        issue_for_server(server, actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
    with CaptureQueriesContext(connection) as for_many:
        assert len(read(client)["certiflow_server_certificate_expiry_timestamp_seconds"]) == 21
    assert len(for_many) == len(for_one)


def test_open_reminders_are_counted_and_acknowledged_ones_are_not(
    client: Client, issued: Certificate
) -> None:
    remind(issued.not_after - timedelta(days=20), actor=SYSTEM)
    assert read(client)["certiflow_reminders_open"][("server",)] == 1
    assert read(client)["certiflow_reminders_open"][("silent",)] == 0
    acknowledge(Reminder.objects.get(kind="server"), "Mine.", actor=SYSTEM)
    assert read(client)["certiflow_reminders_open"][("server",)] == 0
