"""`certiflow certificates`: the list, one of them, and its files once more."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from pki.actions.actor import SYSTEM
from pki.actions.server_certificates import issue_for_server, renew
from pki.actions.servers import add_server
from pki.errors import Conflict
from pki.models import AuditEvent, Certificate, Server
from pki.x509.keys import KeySpec
from tests.pki.management.conftest import Shell

EC = KeySpec.parse("ec-p256")


def listed(*arguments: str) -> Any:
    out = StringIO()
    call_command("certificates", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_a_pipe_gets_columns_that_awk_can_take_apart(issued: Certificate) -> None:
    out = StringIO()
    call_command("certificates", stdout=out)
    heading, newest, *_ = out.getvalue().splitlines()
    assert heading.split() == ["SERIAL", "STATE", "EXPIRES", "DAYS", "NAMES"]
    serial, state, expires, _days, *names = newest.split()
    assert (serial, state) == (issued.serial_number, "valid")
    assert expires == f"{issued.not_after:%Y-%m-%d}"
    assert names == ["cm1.example.com,", "10.0.0.5"]


def test_a_terminal_gets_a_table(shell: Shell) -> None:
    ours, theirs = pty.openpty()
    subprocess.run(
        [Path(sys.executable).with_name("certiflow"), "certificates"],
        stdout=theirs,
        env=shell.product.environment | {"COLUMNS": "140", "TERM": "xterm-256color"},
        check=True,
    )
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert "Serial number" in shown
    assert "\x1b[32mvalid" in shown


def test_json_holds_what_scripts_ask_for(issued: Certificate) -> None:
    row = next(row for row in listed() if row["serial"] == issued.serial_number)
    assert row["names"] == ["cm1.example.com", "10.0.0.5"]
    assert row["state"] == "issued"
    assert row["condition"] == "valid"
    assert row["fingerprints"] == {"sha1": issued.sha1, "sha256": issued.sha256}
    assert row["server"] == "cm1.example.com"
    assert row["authority"] == "CM Agent CA"
    assert row["not_after"] == f"{issued.not_after:%Y-%m-%dT%H:%M:%SZ}"
    assert row["days_left"] in {396, 397}


@pytest.mark.django_db
def test_an_empty_list_is_a_document_too() -> None:
    assert listed() == []
    out = StringIO()
    call_command("certificates", stdout=out)
    assert out.getvalue() == "There are none.\n"


def test_expiring_means_in_use_and_near_its_end_or_past_it(issued: Certificate) -> None:
    soon = add_server("soon.example.com", actor=SYSTEM)
    issue_for_server(soon, actor=SYSTEM, key_spec=EC, lifetime=timedelta(days=5))
    renewed = add_server("renewed.example.com", actor=SYSTEM)
    old = issue_for_server(renewed, actor=SYSTEM, key_spec=EC, lifetime=timedelta(days=4))
    renewed.refresh_from_db()
    renew(renewed, actor=SYSTEM, expected=old, key_spec=EC)
    ended = issue_for_server(add_server("ended.example.com", actor=SYSTEM), actor=SYSTEM)
    Certificate.objects.filter(pk=ended.pk).update(not_after=timezone.now() - timedelta(days=1))
    found = [row["common_name"] for row in listed("--expiring", "30")]
    assert found == ["ended.example.com", "soon.example.com"]
    assert [row["common_name"] for row in listed("--expiring", "1")] == ["ended.example.com"]


def test_a_long_list_is_read_with_one_query(
    issued: Certificate, django_assert_num_queries: Callable[[int], Any]
) -> None:
    row = Certificate.objects.get(pk=issued.pk)
    copies = [
        Certificate(
            **{
                field.attname: getattr(row, field.attname)
                for field in Certificate._meta.concrete_fields
                if field.name not in {"id", "serial_number", "sha256"}
            },
            serial_number=f"{number:x}",
            sha256=f"{number:064x}",
        )
        for number in range(1, 2501)
    ]
    Certificate.objects.bulk_create(copies)
    with django_assert_num_queries(1):
        assert len(listed()) == 2502


def test_the_files_of_an_issued_certificate_are_written_once_more(
    shell: Shell, tmp_path: Path, openssl: Callable[..., str], trusting_only: Callable[..., str]
) -> None:
    serial = shell.document("issue", "--server", "more.example.com")["serial"]
    said = shell.done(
        "certificates", serial.upper(), "--out", str(tmp_path), "--pwd-stdin", "--pfx-format",
        "modern", stdin="another secret\n",
    )  # fmt: skip
    assert "agent_ssl_cert.pfx" in said
    assert trusting_only(tmp_path).endswith("OK")
    shown = openssl(
        "pkcs12", "-in", tmp_path / "agent_ssl_cert.pfx", "-passin", "stdin", "-info", "-noout",
        stdin="another secret\n",
    )  # fmt: skip
    assert shown == ""
    assert "already exist" in shell.refused("certificates", serial, "--out", str(tmp_path))


def test_handing_the_key_out_again_is_written_down(issued: Certificate, tmp_path: Path) -> None:
    call_command("certificates", issued.serial_number, out=tmp_path, stdout=StringIO())
    assert AuditEvent.objects.filter(event="private_key.exported", door="command").count() == 2


def test_of_the_root_only_the_certificate_is_written(issued: Certificate, tmp_path: Path) -> None:
    assert issued.authority is not None
    serial = issued.authority.certificate.serial_number
    out = StringIO()
    call_command("certificates", serial, out=tmp_path, stdout=out)
    assert "trust stores" in out.getvalue()
    assert ".pfx" not in out.getvalue()
    assert [path.name for path in tmp_path.iterdir()] == ["agent_root_ca.cer"]
    assert not AuditEvent.objects.filter(event="private_key.exported").exists()


def test_a_reservation_has_no_files(server: Server, issued: Certificate, tmp_path: Path) -> None:
    Certificate.objects.filter(pk=issued.pk).update(state=Certificate.State.ABANDONED)
    with pytest.raises(Conflict, match="never issued"):
        call_command("certificates", issued.serial_number, out=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [["--out", "x"], ["abc", "--expiring", "3"], ["--expiring", "soon"], ["abc", "--pwd-stdin"]],
)
def test_wrong_usage_ends_with_2(shell: Shell, arguments: list[str]) -> None:
    assert shell.run("certificates", *arguments).returncode == 2


def test_a_reader_that_stops_early_is_told_nothing(shell: Shell) -> None:
    read, write = os.pipe()
    os.close(read)
    finished = subprocess.run(
        [Path(sys.executable).with_name("certiflow"), "certificates"],
        stdout=write,
        stderr=subprocess.PIPE,
        env=shell.product.environment,
        check=False,
    )
    os.close(write)
    assert finished.stderr == b""
