"""`certiflow doctor`: every disease it knows, and a clean bill of health."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from pki.actions.actor import SYSTEM
from pki.actions.channels import add_webhook
from pki.actions.key_ring import hand_over_responder_keys
from pki.actions.name_policy import change_name_policy
from pki.actions.recipients import default_group
from pki.actions.rollover.starting import start_rollover
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.models import AuditEvent, Authority, Backup, Certificate, PrivateKey, Secret, Server, User
from pki.x509.keys import KeySpec
from tests.pki.management.conftest import HOST, Shell

SOMEBODY = 1234
EC = KeySpec.parse("ec-p256")
Findings = Callable[[], dict[str, dict[str, str]]]


@pytest.fixture
def healthy(
    administrator: User,
    authority: Authority,
    tmp_path: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Settings:
    """An installation with nothing wrong, whose files are in ``tmp_path``."""
    tmp_path.chmod(0o700)
    settings.DATA_DIR = tmp_path
    settings.HOST = HOST
    settings.RESPONDER_KEYS_FILE = tmp_path / "responder_keys"
    hand_over_responder_keys()
    if os.geteuid() == 0:
        for path in (tmp_path, settings.RESPONDER_KEYS_FILE):
            os.chown(path, SOMEBODY, -1)
    monkeypatch.setattr("os.geteuid", lambda: SOMEBODY)
    issue_for_server(add_server(HOST, actor=SYSTEM), actor=SYSTEM, key_spec=EC)
    Backup.objects.create(made_by="anna", size=1, rows=1)
    change_name_policy(["example.com"], actor=SYSTEM)
    return settings


@pytest.fixture
def findings() -> Findings:
    """What it finds, the worst of each check, after what is not ok."""

    def look() -> dict[str, dict[str, str]]:
        out, err = StringIO(), StringIO()
        try:
            call_command("doctor", "--json", stdout=out, stderr=err)
            ended = 0
        except SystemExit as end:
            ended = int(str(end.code))
        document = json.loads(out.getvalue())
        assert document["ok"] is (ended == 0)
        found = [finding for finding in document["findings"] if finding["verdict"] != "ok"]
        assert any(finding["verdict"] == "mend" for finding in found) is (ended == 1)
        assert all(finding["way_out"] for finding in found)
        return {finding["check"]: finding for finding in found if finding["check"] != "Settings"}

    return look


def test_a_healthy_installation_has_nothing_to_mend(shell: Shell) -> None:
    said = shell.done("doctor")
    assert "mend" not in said.replace("Nothing has to be mended.", "")
    assert said.endswith("Nothing has to be mended.\n")
    assert shell.document("doctor")["ok"] is True


def test_a_new_installation_is_told_to_set_up(new_shell: Shell) -> None:
    finished = new_shell.run("doctor")
    assert finished.returncode == 1
    assert "certiflow setup" in finished.stdout
    assert finished.stderr == "1 thing has to be mended.\n"


def test_a_secret_that_lies_open_is_mended_by_one_command(new_shell: Shell) -> None:
    new_shell.set_up()
    data = new_shell.directory / "var"
    (data / "master_keys").chmod(0o640)
    (data / "secret_key").chmod(0o644)
    data.chmod(0o755)
    finished = new_shell.run("doctor")
    assert finished.returncode == 1
    assert finished.stderr == "2 things have to be mended.\n"
    for way_out in ("chmod 600", "chmod 700"):
        assert way_out in finished.stdout
    data.chmod(0o777)
    assert "Others than its owner may write to" in new_shell.run("doctor").stdout


def test_a_lost_key_ring_is_told_from_a_damaged_key(new_shell: Shell) -> None:
    new_shell.set_up()
    (new_shell.directory / "var" / "master_keys").rename(new_shell.directory / "elsewhere")
    finished = new_shell.run("doctor")
    assert finished.returncode == 1
    assert "master_keys is missing" in finished.stdout
    assert not (new_shell.directory / "var" / "master_keys").exists()


def test_a_database_that_does_not_answer_is_told_without_its_password(new_shell: Shell) -> None:
    new_shell.product.environment["DATABASE_URL"] = "postgres://u:geheim@127.0.0.1:1/x"
    finished = new_shell.run("doctor")
    if "psycopg" in finished.stderr:
        pytest.skip("The driver for PostgreSQL is not installed.")
    assert finished.returncode == 1
    assert "It does not answer" in finished.stdout
    assert "geheim" not in finished.stdout + finished.stderr


def test_nothing_is_found_where_nothing_is_wrong(healthy: Settings, findings: Findings) -> None:
    assert findings() == {}


def test_a_changed_key_is_named_with_its_certificate(healthy: Settings, findings: Findings) -> None:
    row = PrivateKey.objects.get(certificates__common_name=HOST)
    damaged = bytearray(row.sealed)
    damaged[-1] ^= 1
    PrivateKey.objects.filter(pk=row.pk).update(sealed=bytes(damaged))
    found = findings()["Private keys"]
    assert found["verdict"] == "mend"
    assert "1 of 2 do not open" in found["detail"]
    assert str(row.pk) in found["detail"]
    assert HOST in found["detail"]


def test_two_keys_that_changed_places_are_noticed(healthy: Settings, findings: Findings) -> None:
    one, other = PrivateKey.objects.all()
    PrivateKey.objects.filter(pk=one.pk).update(sealed=bytes(other.sealed))
    PrivateKey.objects.filter(pk=other.pk).update(sealed=bytes(one.sealed))
    assert "2 of 2 do not open" in findings()["Private keys"]["detail"]


def test_keys_under_an_older_ring_key_ask_for_rekey(healthy: Settings, findings: Findings) -> None:
    healthy.MASTER_KEYS = f"{'B' * 43}=,{healthy.MASTER_KEYS}"
    found = findings()["Sealing"]
    assert (found["verdict"], found["way_out"]) == ("warn", "Run “certiflow rekey”.")


def test_a_webhook_whose_address_does_not_open_is_named(
    healthy: Settings, findings: Findings
) -> None:
    add_webhook(default_group(), "Tickets", "https://tickets.example.com/hook", actor=SYSTEM)
    assert "Other secrets" not in findings()
    Secret.objects.filter(channel__isnull=False).update(sealed=b"damaged")
    found = findings()["Other secrets"]
    assert found["verdict"] == "mend"
    assert "Tickets" in found["detail"]


def test_keys_for_the_public_site_that_are_not_those_of_the_ring_are_told(
    healthy: Settings, findings: Findings, tmp_path: Path
) -> None:
    healthy.RESPONDER_KEYS_FILE.write_text("")
    assert findings()["Responder keys"]["verdict"] == "warn"
    hand_over_responder_keys()
    assert "Responder keys" not in findings()
    healthy.RESPONDER_KEYS_FILE.chmod(0o644)
    assert findings()["Key files"]["verdict"] == "mend"


def test_a_second_factor_in_the_clear_is_told(healthy: Settings, findings: Findings) -> None:
    assert "Second factors" not in findings()
    user = User.objects.get()
    Authenticator.objects.create(user=user, type="totp", data={"secret": "JBSWY3DP"})
    assert findings()["Second factors"]["verdict"] == "mend"


def test_a_left_over_reservation_is_named(healthy: Settings, findings: Findings) -> None:
    row = Certificate.objects.get(common_name=HOST)
    Server.objects.update(certificate=None)
    Certificate.objects.filter(pk=row.pk).update(
        state=Certificate.State.PREPARED, created_at=timezone.now() - timedelta(hours=1)
    )
    found = findings()
    assert row.serial_number in found["Unfinished certificates"]["detail"]
    assert found["This host"]["verdict"] == "mend"


@pytest.mark.parametrize(("days", "verdict"), [(-1, "mend"), (10, "warn")])
def test_the_certificate_of_this_host_is_watched(
    healthy: Settings, findings: Findings, days: int, verdict: str
) -> None:
    Certificate.objects.filter(common_name=HOST).update(
        not_after=timezone.now() + timedelta(days=days)
    )
    found = findings()["This host"]
    assert found["verdict"] == verdict
    assert f"certiflow renew --server {HOST}" in found["way_out"]


def test_a_host_certificate_without_its_key_is_of_no_use(
    healthy: Settings, findings: Findings
) -> None:
    Certificate.objects.filter(common_name=HOST).update(private_key=None)
    assert "not kept here" in findings()["This host"]["detail"]


def test_certificates_of_servers_are_counted(healthy: Settings, findings: Findings) -> None:
    for number, days in enumerate((-2, 3, 5)):
        server = add_server(f"cm{number}.example.com", actor=SYSTEM)
        row = issue_for_server(server, actor=SYSTEM, key_spec=EC)
        Certificate.objects.filter(pk=row.pk).update(not_after=timezone.now() + timedelta(days))
    found = findings()["Server certificates"]
    assert found["verdict"] == "warn"
    assert "ending within 30 days: 2, ended: 1" in found["detail"]


def test_a_clock_that_went_back_is_noticed(healthy: Settings, findings: Findings) -> None:
    AuditEvent.objects.create(
        event="user.signed_in",
        actor="anna",
        door="dashboard",
        at=timezone.now() + timedelta(days=2),
    )
    assert findings()["Clock"]["verdict"] == "mend"


def test_a_backup_that_was_never_made_or_long_ago_is_asked_for(
    healthy: Settings, findings: Findings
) -> None:
    Backup.objects.update(at=timezone.now() - timedelta(days=9))
    found = findings()["Backup"]
    assert (found["verdict"], "by anna" in found["detail"]) == ("warn", True)
    Backup.objects.all().delete()
    found = findings()["Backup"]
    assert found["verdict"] == "warn"
    assert "certiflow backup" in found["way_out"]


def test_nobody_who_can_sign_in_and_no_root_are_mended(
    administrator: User, healthy: Settings, findings: Findings
) -> None:
    User.objects.update(is_active=False)
    Authority.objects.update(active=False)
    found = findings()
    assert {found[check]["verdict"] for check in ("Administrator", "Root")} == {"mend"}


def test_a_missing_cache_table_is_made_by_one_command(
    healthy: Settings, findings: Findings
) -> None:
    table = "certiflow_cache_of_this_test"
    cache: dict[str, Any] = {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": table,
    }  # fmt: skip
    healthy.CACHES = {"default": cache}
    assert findings()["Cache tables"]["way_out"] == "Run “certiflow createcachetable”."
    call_command("createcachetable", verbosity=0)
    assert "Cache tables" not in findings()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {table}")


def test_a_root_that_is_being_replaced_is_told_and_asks_for_nothing(
    healthy: Settings, authority: Authority, findings: Findings
) -> None:
    with time_machine.travel(authority.certificate.not_after - timedelta(days=100)):
        assert "Replace it in the dashboard" in findings()["Root"]["way_out"]
        start_rollover(actor=SYSTEM, key_spec=EC)
        assert "Root" not in findings()


def test_an_open_name_policy_is_told_and_so_is_who_no_longer_renews(
    healthy: Settings, findings: Findings
) -> None:
    assert "Name policy" not in findings()
    server = add_server("login.example.com", actor=SYSTEM)
    change_name_policy(["example.org"], actor=SYSTEM, keep_existing=False)
    assert str(server) in findings()["Name policy"]["detail"]
    change_name_policy(["example.org"], actor=SYSTEM)
    assert "Name policy" not in findings()
    change_name_policy([], actor=SYSTEM)
    assert "certiflow permit" in findings()["Name policy"]["way_out"]


def test_a_host_certificate_that_does_not_serve_is_mended(
    healthy: Settings, findings: Findings
) -> None:
    other = issue_for_server(add_server("cm7.example.com", actor=SYSTEM), actor=SYSTEM, key_spec=EC)
    Server.objects.filter(pk=other.server_id).update(certificate=None)
    Server.objects.filter(fqdn=HOST).update(certificate=other)
    assert "would not serve" in findings()["This host"]["detail"]
