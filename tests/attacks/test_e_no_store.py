"""Nothing of the product stays in a cache but what is meant for everybody."""

from collections.abc import Iterable

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings

from certiflow_admin import agent_settings, public_settings, settings
from pki.models import Authority, Certificate, Workstation
from tests.attacks.agent_callers import AgentCaller
from tests.pki.conftest import Signed


def kept(answers: Iterable[HttpResponse]) -> list[tuple[int, str]]:
    """Those that a cache may keep."""
    return [
        (answer.status_code, answer.get("Cache-Control", ""))
        for answer in answers
        if "no-store" not in answer.get("Cache-Control", "")
    ]


def test_no_page_export_or_redirect_is_kept(
    issued: Certificate, trusted: Workstation, confirmed: Signed
) -> None:
    paths = [
        "/",
        "/servers/",
        f"/servers/{issued.server_id}/",
        f"/certificates/{issued.serial_number}/download/pem",
        "/workstations/export/",
        "/audit/csv/",
        "/settings/",
        "/calendar/",
        "/accounts/login/",
        "/accounts/two-step/",
        "/accounts/two-step/totp/activate/",
        "/nothing/here/",
        "/search?q=x",
        "/tokens/new/",
    ]
    assert kept(confirmed.get(path) for path in paths) == []
    assert kept([confirmed.post("/servers/add/", {}), confirmed.put("/servers/")]) == []
    pfx = f"/certificates/{issued.serial_number}/download/pfx"
    assert kept([confirmed.post(pfx, {"password": "x"})]) == []


def test_no_answer_to_a_stranger_is_kept(authority: Authority, client: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    answers = [
        client.get("/", secure=True),
        client.get("/"),
        client.get("/accounts/login/", secure=True),
        client.get("/nothing/", secure=True),
        client.get("/healthz", secure=True),
        client.get("/readyz", secure=True),
        client.get("/calendar/unknown.ics", secure=True),
        strict.post("/accounts/login/", {"login": "a", "password": "b"}, secure=True),
    ]
    assert kept(answers) == []


def test_a_failure_is_not_kept(
    authority: Authority, confirmed: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("pki.dashboard.jobs.views.standings", fails)
    confirmed.raise_request_exception = False
    answer = confirmed.get("/jobs/")
    assert answer.status_code == 500
    assert kept([answer]) == []


def test_no_answer_of_the_agent_site_is_kept(trusted: Workstation) -> None:
    assert trusted.certificate is not None
    caller = AgentCaller(bytes(trusted.certificate.der))
    calls = [
        ("POST", "/agent/v1/hello"),
        ("GET", "/agent/v1/tasks"),
        ("GET", "/.well-known/est/cacerts"),
        ("GET", "/.well-known/est/csrattrs"),
        ("POST", "/.well-known/est/simpleenroll"),
        ("POST", "/agent/v1/register"),
        ("PUT", "/agent/v1/hello"),
        ("GET", "/nothing"),
        ("GET", "/healthz"),
    ]
    assert kept(caller.call(*each) for each in calls) == []


@pytest.mark.parametrize(
    ("urls", "middleware"),
    [
        (settings.ROOT_URLCONF, settings.MIDDLEWARE),
        (agent_settings.ROOT_URLCONF, agent_settings.MIDDLEWARE),
        (public_settings.ROOT_URLCONF, public_settings.MIDDLEWARE),
    ],
    ids=["dashboard", "agent site", "public site"],
)
def test_what_is_published_keeps_its_own_lifetime(
    urls: str, middleware: list[str], authority: Authority, client: Client
) -> None:
    client.raise_request_exception = False
    with override_settings(ROOT_URLCONF=urls, MIDDLEWARE=middleware):
        for path in (f"/pki/{authority.pk}.crl", f"/pki/{authority.pk}.cer"):
            assert client.get(path, secure=True)["Cache-Control"].startswith("public, max-age=")
        gone = "/pki/00000000-0000-4000-8000-000000000000.cer"
        assert kept([client.get(gone, secure=True), client.get("/none", secure=True)]) == []


@override_settings(WHITENOISE_USE_FINDERS=True)
def test_static_files_are_kept() -> None:
    assert "max-age" in Client().get("/static/js/zone.js", secure=True)["Cache-Control"]
