"""What a trusted agent says breaks no page, no export, no backup and no terminal."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import RequestFactory
from django.urls import resolve

from pki.actions.actor import SYSTEM
from pki.actions.agent_tasks import assign_task, lease_tasks
from pki.actions.audit import record
from pki.actions.backups import back_up
from pki.errors import InvalidInput
from pki.models import AgentTask, AuditEvent, Workstation
from pki.x509 import root_file
from tests.pki import conftest as installation
from tests.pki.conftest import Signed

authority = installation.authority
administrator = installation.administrator
as_viewer = installation.as_viewer
automatic_registration = installation.automatic_registration
trusted = installation.trusted
forgotten_attempts = installation.forgotten_attempts

PASSWORD = "correct horse battery staple"
#: A lone surrogate, an escape sequence of a terminal, and what turns the text's direction round.
HALF, ESCAPE, OVERRIDE = "\\ud800", "\\u001b]0;owned\\u0007", "\\u202e"


class Shown:
    def __init__(self, der: bytes) -> None:
        self.der = der

    def getpeercert(self, _binary: bool) -> bytes:
        return self.der


def sent(row: Workstation, path: str, body: str | bytes) -> Any:
    """A verified call of the agent of ``row``."""
    row.refresh_from_db()
    assert row.certificate is not None
    content = body.encode() if isinstance(body, str) else body
    request = RequestFactory().post(path, content, content_type="application/json")
    request.META["gunicorn.socket"] = Shown(bytes(row.certificate.der))
    match = resolve(path, "certiflow_admin.agent_urls")
    return match.func(request, **match.kwargs)


@pytest.fixture
def task(trusted: Workstation) -> AgentTask:
    assign_task(trusted, "collect-log", {}, actor=SYSTEM)
    [given] = lease_tasks(trusted, actor=SYSTEM)
    return given


def everything_answers(row: Workstation, browser: Signed, tmp_path: Path) -> None:
    pages = ["/workstations/", f"/workstations/{row.pk}/", "/workstations/export/", "/tasks/"]
    pages += [f"/tasks/{task.pk}/" for task in AgentTask.objects.all()]
    for address in ["/", *pages, "/audit/"]:
        answer = browser.get(address)
        assert answer.status_code == 200, address
        content = b"".join(answer) if answer.streaming else answer.content
        text = content.decode()
        assert "\x1b" not in text, address
        assert "\u202e" not in text, address
    path = tmp_path / "backup"
    back_up(path, PASSWORD, actor=SYSTEM)
    assert path.stat().st_size > 1000


NOT_TAKEN = [
    ('{"a": "' + HALF + '"}', "surrogate"),
    ('{"' + HALF + '": 1}', "surrogate"),
    ('{"a": ["' + HALF + "x" + HALF + '"]}', "surrogate"),
    ('{"a": "b\\u0000c"}', "U+0000"),
    ('{"a": NaN}', "NaN"),
    ('{"a": -Infinity}', "Infinity"),
    ('{"a": 1e999}', "too large"),
    ('{"a": ' + "9" * 5000 + "}", "100 characters"),
    ('{"a": 1' + "0" * 90_000 + "e1}", "100 characters"),
    ('{"a": ' + "[" * 30 + "]" * 30 + "}", "nested"),
    ('{"a": ' * 30 + "1" + "}" * 30, "nested"),
    ('{"a":' + "[" * 60_000, "nested"),
    ('{"a": 1, "a": 2}', "twice"),
    ('{"a": [' + "1," * 60_000 + "1]}", "50,000 values"),
    (b'{"a": "\xff"}', "UTF-8"),
    ('{"a": 1}'.encode("utf-16"), "UTF-8"),
    (b'{"a": "\xed\xa0\x80"}', "UTF-8"),
]


@pytest.mark.parametrize(("body", "reason"), NOT_TAKEN)
def test_no_entrance_takes_json_that_a_store_or_a_page_cannot_hold(
    trusted: Workstation, task: AgentTask, body: str | bytes, reason: str
) -> None:
    as_result = f"/agent/v1/tasks/{task.pk}/result"
    for path in ("/agent/v1/hello", as_result, "/agent/v1/renew", "/agent/v1/register"):
        answer = sent(trusted, path, body)
        assert answer.status_code == 400, path
        problem = json.loads(answer.content)
        assert problem["code"] == "body.json"
        assert reason in problem["detail"], problem
    data = body.encode() if isinstance(body, str) else body
    with pytest.raises(InvalidInput) as caught:
        root_file.read(data)
    assert caught.value.code == "root_file.not_json"


def test_a_backslash_and_some_letters_are_a_text_like_any_other(
    trusted: Workstation, task: AgentTask, as_viewer: Signed
) -> None:
    said = "C:\\\\u0000\\\\ud800"
    assert sent(trusted, "/agent/v1/hello", f'{{"path": "{said}"}}').status_code == 200
    path = f"/agent/v1/tasks/{task.pk}/result"
    result = f'{{"outcome": "completed", "result": {{"log": "{said}"}}}}'
    assert sent(trusted, path, result).status_code == 200
    trusted.refresh_from_db()
    assert trusted.inventory == {"path": r"C:\u0000\ud800"}
    assert r"C:\u0000\ud800" in as_viewer.get(f"/tasks/{task.pk}/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_texts_of_agents_are_printable_at_every_entrance(
    trusted: Workstation, task: AgentTask, as_viewer: Signed, tmp_path: Path
) -> None:
    bad = f"x{ESCAPE}{OVERRIDE}y"
    hello = (
        f'{{"hostname": "{bad}", "os": "{bad}", "agent_version": "{bad}", '
        f'"{bad}": {{"deep": ["{bad}\\nsecond line"]}}}}'
    )
    assert sent(trusted, "/agent/v1/hello", hello).status_code == 200
    result = (
        f'{{"outcome": "error", "message": "{bad}", '
        f'"result": {{"log": "1\\t{bad}\\r\\n2", "{bad}": ["{bad}"]}}}}'
    )
    assert sent(trusted, f"/agent/v1/tasks/{task.pk}/result", result).status_code == 200

    row = Workstation.objects.get(pk=trusted.pk)
    task.refresh_from_db()
    for text in (row.hostname, row.os, row.agent_version, task.message):
        assert text.isprintable()
    assert json.dumps(row.inventory, ensure_ascii=False).isprintable()
    lines = task.result["log"].split("\n")
    assert lines[1] == "2"
    assert lines[0].startswith("1\tx")
    assert lines[0].replace("\t", "").isprintable()
    everything_answers(row, as_viewer, tmp_path)


def test_an_agent_registers_with_printable_texts_only(authority: Any) -> None:
    agent = installation.Agent("pc-1")
    installation.change_policy(open_to_all=True, automatic=True, actor=SYSTEM)
    registration = installation.Registration(
        agent_id="pc-1",
        request=agent.request,
        hostname="x\x1b[31m\u202ey",
        os="x\u2028y",
        agent_version="1\u200b0",
    )
    row = installation.register(registration, actor=SYSTEM).workstation
    for text in (row.name, row.hostname, row.os, row.agent_version):
        assert text.isprintable()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL never stored these")
def test_rows_that_hold_half_a_character_already_stop_nothing(
    trusted: Workstation, task: AgentTask, as_viewer: Signed, tmp_path: Path
) -> None:
    half = json.dumps({"log": "a\ud800b", "\udfff": ["\ud800"]})
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pki_workstation SET inventory = %s", [half])
        cursor.execute("UPDATE pki_agenttask SET result = %s", [half])
    record(SYSTEM, "agent.refused", trusted, reason="a\ud800b")

    everything_answers(trusted, as_viewer, tmp_path)

    assert "a\ufffdb" in as_viewer.get(f"/tasks/{task.pk}/").content.decode()
    call_command("workstations", "--json")
    assert AuditEvent.objects.get(event="agent.refused").detail == {"reason": "a\ufffdb"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL never stored these")
def test_a_backup_does_not_fail_on_any_json_that_is_stored(
    trusted: Workstation, tmp_path: Path
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pki_certificate SET names = %s", [json.dumps(["a\ud800"])])
    back_up(tmp_path / "backup", PASSWORD, actor=SYSTEM)
    assert (tmp_path / "backup").stat().st_size > 1000
