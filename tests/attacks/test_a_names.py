"""Certificates for names that are not one's own: the dashboard's, another server's, anybody's."""

import ssl
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone

from certiflow_admin import tls
from certiflow_admin.temporary_certificate import TemporaryCertificate
from certiflow_admin.tls import CurrentContext
from pki.actions.actor import SYSTEM, Actor
from pki.actions.automatic_renewal import renew_due, set_renewal
from pki.actions.certificate_row import parsed
from pki.actions.rollover.stages import begin_reissuing
from pki.actions.rollover.starting import start_rollover
from pki.actions.rollover.waves import step
from pki.actions.server_certificates import issue_for_server, renew
from pki.actions.servers import add_server
from pki.models import AuditEvent, Authority, Certificate, Server, ServerRollover
from pki.x509 import bundles, keys
from pki.x509.keys import KeySpec
from tests.certiflow_admin.test_tls import fingerprint
from tests.pki.actions import made_elsewhere
from tests.pki.conftest import Signed
from tests.pki.dashboard.servers.test_servers import csr, text

P256 = KeySpec.parse("ec-p256")
SHELL = Actor(name="root", door="command")


@pytest.fixture
def host(authority: Authority) -> Server:
    """This host's own entry with the certificate both sites answer with."""
    server = add_server(settings.HOST, actor=SYSTEM, additional_names=["dash.example.test"])
    issue_for_server(server, actor=SYSTEM, key_spec=P256)
    server.refresh_from_db()
    return server


@pytest.fixture
def victim(authority: Authority) -> Server:
    server = add_server("cm1.example.com", actor=SYSTEM)
    issue_for_server(server, actor=SYSTEM, key_spec=P256)
    server.refresh_from_db()
    return server


def added(person: Signed, fqdn: str, *others: str, **further: str) -> Any:
    return person.post(
        "/servers/add/", {"fqdn": fqdn, "additional_names": "\n".join(others), **further}
    )


def by_csr(fqdn: str) -> dict[str, object]:
    """A form filled in with a request whose key its sender keeps."""
    return {"origin": "request", "csr_text": csr(fqdn).decode(), "days": "90"}


def self_signed(fqdn: str) -> list[SimpleUploadedFile]:
    key = made_elsewhere.new_key()
    certificate = made_elsewhere.certificate(fqdn, (fqdn,), key=key, issuer=None, issuer_key=key)
    return [
        SimpleUploadedFile("a.cer", bundles.pem(certificate)),
        SimpleUploadedFile("a.key", keys.to_pem(key)),
    ]


def speaks_for(name: str) -> list[Certificate]:
    return [row for row in Certificate.objects.filter(profile="server") if name in row.names]


# --- this host's names -----------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "admin.example.test",
        "ADMIN.example.TEST",
        "*.example.test",
        "dash.example.test",
        "127.0.0.1",
        "127.8.9.10",
        "::1",
        "::ffff:127.0.0.1",
        "0.0.0.0",
        "localhost",
        "db.localhost",
    ],
)
def test_an_operator_gets_no_server_that_has_a_name_of_this_host(
    as_operator: Signed, host: Server, name: str
) -> None:
    answer = added(as_operator, "own.example.com", name)
    assert answer.status_code == 200, "it was accepted"
    assert "ask an administrator" in text(answer).lower()
    assert not Server.objects.filter(fqdn="own.example.com").exists()


@pytest.mark.parametrize("name", ["localhost", "*.example.test"])
def test_nor_one_that_is_called_so(as_operator: Signed, host: Server, name: str) -> None:
    assert added(as_operator, name).status_code == 200
    assert not Server.objects.filter(fqdn=name).exists()


def test_nor_by_changing_a_server_that_is_there(
    as_operator: Signed, host: Server, victim: Server
) -> None:
    answer = as_operator.post(
        f"/servers/{victim.pk}/edit/",
        {"additional_names": settings.HOST, "comment": "", "owners": ""},
    )
    assert answer.status_code == 200
    victim.refresh_from_db()
    assert victim.additional_names == []


def test_an_operator_cannot_add_the_entry_of_this_host(
    as_operator: Signed, authority: Authority
) -> None:
    assert added(as_operator, settings.HOST).status_code == 200
    assert not Server.objects.exists()


@pytest.mark.parametrize("page", ["renew", "import", "edit", "renewal", "renew-alike", "target"])
def test_an_operator_leaves_the_entry_of_this_host_alone(
    as_operator: Signed, host: Server, page: str
) -> None:
    current = host.certificate
    assert current is not None
    forms: dict[str, dict[str, object]] = {
        "renew": {**by_csr(settings.HOST), "expected": current.pk},
        "import": {"upload": self_signed(settings.HOST)},
        "edit": {"additional_names": "", "comment": "", "owners": ""},
        "renewal": {"days": "", "same_key": "on"},
        "renew-alike": {"expected": current.pk},
        "target": {"address": "cm1.example.com", "port": "3003", "probed": "on"},
    }
    url = {"target": "probe/target"}.get(page, page)
    before = Server.objects.filter(pk=host.pk).values().get()
    answer = as_operator.post(f"/servers/{host.pk}/{url}/", forms[page], follow=True)
    assert "administrator" in text(answer)
    assert Server.objects.filter(pk=host.pk).values().get() == before
    assert Certificate.objects.filter(server=host).count() == 1


@pytest.mark.parametrize("page", ["renew", "import"])
def test_not_even_an_administrator_brings_a_key_for_this_host(
    as_administrator: Signed, host: Server, page: str
) -> None:
    current = host.certificate
    assert current is not None
    form = {
        "renew": {**by_csr(settings.HOST), "expected": current.pk},
        "import": {"upload": self_signed(settings.HOST)},
    }[page]
    answer = as_administrator.post(f"/servers/{host.pk}/{page}/", form)
    assert "made here" in text(answer)
    host.refresh_from_db()
    assert host.certificate == current


def test_nor_issues_from_a_request_for_another_server_with_its_name(
    as_administrator: Signed, host: Server
) -> None:
    added(as_administrator, "own.example.com", "dash.example.test", shared="on")
    own = Server.objects.get(fqdn="own.example.com")
    answer = as_administrator.post(f"/servers/{own.pk}/issue/", by_csr("own.example.com"))
    assert "made here" in text(answer)
    assert not Certificate.objects.filter(server=own).exists()


def test_nor_from_the_shell(host: Server, tmp_path: Path) -> None:
    request = tmp_path / "a.csr"
    request.write_bytes(csr(settings.HOST))
    with pytest.raises(Exception, match="made here"):
        call_command("renew", "--server", settings.HOST, "--csr", str(request))


# --- what both sites answer with -------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CurrentContext:
    monkeypatch.setattr(tls, "LOOK_EVERY", 0.0)
    monkeypatch.setattr(tls, "close_old_connections", lambda: None)
    temporary = TemporaryCertificate(tmp_path / "tls")
    temporary.ensure(settings.HOST)
    return CurrentContext(temporary)


Broken = Callable[[Server], Certificate]


def put_in(server: Server, **fields: Any) -> Certificate:
    """As if it had come in by a way that no rule watches, such as an earlier release."""
    old = server.certificate
    assert old is not None
    values = {f.attname: getattr(old, f.attname) for f in Certificate._meta.concrete_fields}
    row = Certificate.objects.create(**{**values, "id": None, "serial_number": "ab", **fields})
    Server.objects.filter(pk=server.pk).update(certificate=row)
    return row


def of_nobody(server: Server) -> Certificate:
    key = made_elsewhere.new_key()
    made = made_elsewhere.certificate(
        settings.HOST, (settings.HOST,), key=key, issuer=None, issuer_key=key
    )
    return put_in(server, der=bundles.der(made), sha256="1" * 64, authority=None)


def with_another_name(server: Server) -> Certificate:
    other = add_server("cm7.example.com", actor=SYSTEM)
    issued = issue_for_server(other, actor=SYSTEM, key_spec=P256)
    return put_in(server, der=issued.der, sha256="2" * 64, private_key_id=issued.private_key_id)


def with_another_key(server: Server) -> Certificate:
    other = add_server("cm7.example.com", actor=SYSTEM)
    issued = issue_for_server(other, actor=SYSTEM, key_spec=P256)
    assert server.certificate is not None
    return put_in(server, sha256="3" * 64, private_key_id=issued.private_key_id)


def out_of_date(server: Server) -> Certificate:
    current = server.certificate
    assert current is not None
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        return renew(server, expected=current, actor=SYSTEM, key_spec=P256)


@pytest.mark.parametrize("broken", [of_nobody, with_another_name, with_another_key, out_of_date])
def test_a_certificate_that_would_not_serve_both_sites_is_not_put_in_force(
    site: CurrentContext, host: Server, broken: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = host.certificate
    assert current is not None
    assert fingerprint(site.get()) == current.sha256
    broken(host)
    assert fingerprint(site.get()) == current.sha256
    # Nor by a process that starts now.
    monkeypatch.setattr(site, "_context", None)
    started = CurrentContext(site._temporary)
    assert fingerprint(started.get()) == current.sha256


def test_the_temporary_certificate_does_not_come_back(site: CurrentContext, host: Server) -> None:
    current = host.certificate
    assert current is not None
    assert fingerprint(site.get()) == current.sha256
    put_in(host, private_key=None, source="request", sha256="4" * 64)
    assert fingerprint(site.get()) == current.sha256
    Server.objects.filter(pk=host.pk).update(certificate=None)
    assert fingerprint(site.get()) == current.sha256


def test_an_administrator_renews_it_and_agents_go_on_trusting_it(
    site: CurrentContext, as_administrator: Signed, host: Server
) -> None:
    current = host.certificate
    assert current is not None
    answer = as_administrator.post(
        f"/servers/{host.pk}/renew/",
        {"origin": "here", "key": "ec-p256", "days": "90", "expected": current.pk},
    )
    assert answer.status_code == 302, text(answer)
    host.refresh_from_db()
    assert host.certificate is not None
    assert host.certificate != current
    assert fingerprint(site.get()) == host.certificate.sha256
    assert isinstance(site.get(), ssl.SSLContext)


# --- another server's name -------------------------------------------------------------


@pytest.mark.parametrize("name", ["cm1.example.com", "CM1.Example.com", "*.example.com"])
def test_an_operator_cannot_have_the_name_of_another_server(
    as_operator: Signed, victim: Server, name: str
) -> None:
    answer = added(as_operator, "own.example.net", name)
    assert answer.status_code == 200, "it was accepted"
    assert "cm1.example.com is a server of its own" in text(answer)
    answer = added(as_operator, "own.example.net", name, shared="on", outside_policy="on")
    assert answer.status_code == 200, "the operator's own confirmation was accepted"
    assert not speaks_for(name.lower()) or speaks_for(name.lower()) == [victim.certificate]


def test_nor_one_that_its_wildcard_stands_for(as_operator: Signed, authority: Authority) -> None:
    add_server("*.example.com", actor=SYSTEM)
    assert added(as_operator, "cm9.example.com").status_code == 200
    assert not Server.objects.filter(fqdn="cm9.example.com").exists()


def test_nor_import_a_certificate_that_has_it(as_operator: Signed, victim: Server) -> None:
    added(as_operator, "own.example.com")
    own = Server.objects.get(fqdn="own.example.com")
    key = made_elsewhere.new_key()
    made = made_elsewhere.certificate(
        "own.example.com", ("own.example.com", "CM1.example.com"), key=key, issuer=None,
        issuer_key=key,
    )  # fmt: skip
    upload = SimpleUploadedFile("a.cer", bundles.pem(made))
    answer = as_operator.post(f"/servers/{own.pk}/import/", {"upload": [upload]})
    assert "cm1.example.com is a server of its own" in text(answer)
    own.refresh_from_db()
    assert own.certificate is None


def test_an_administrator_confirms_that_two_servers_share_a_name(
    as_administrator: Signed, victim: Server
) -> None:
    answer = added(as_administrator, "own.example.net", "cm1.example.com")
    assert "Confirm that both servers share it" in text(answer)
    assert 'name="shared"' in text(answer)
    answer = added(as_administrator, "own.example.net", "cm1.example.com", shared="on")
    assert answer.status_code == 302
    event = AuditEvent.objects.get(event="names.shared")
    assert event.detail == {"names": ["cm1.example.com"], "servers": ["cm1.example.com"]}
    own = Server.objects.get(fqdn="own.example.net")
    answer = as_administrator.post(f"/servers/{own.pk}/issue/", by_csr("own.example.net"))
    assert answer.status_code == 302, text(answer)


def test_the_shell_has_to_say_so_as_well(victim: Server) -> None:
    with pytest.raises(Exception, match=r"is a server of its own here\. Give --shared"):
        call_command("issue", "--server", "own.example.net", "--san", "cm1.example.com")
    assert not Server.objects.filter(fqdn="own.example.net").exists()
    call_command(
        "issue", "--server", "own.example.net", "--san", "cm1.example.com", "--shared",
        "--key-type", "ec-p256",
    )  # fmt: skip
    assert Server.objects.get(fqdn="own.example.net").certificate is not None


# --- names outside the policy ----------------------------------------------------------


def permit(*entries: str, **options: Any) -> None:
    call_command("permit", *entries, **options)


@pytest.mark.parametrize("fqdn", ["*.co.uk", "co.uk", "*.github.io"])
@pytest.mark.parametrize("person", ["as_operator", "as_administrator"])
def test_nobody_speaks_for_a_public_suffix(
    request: pytest.FixtureRequest, authority: Authority, person: str, fqdn: str
) -> None:
    answer = added(request.getfixturevalue(person), fqdn, outside_policy="on", shared="on")
    assert "public suffix" in text(answer)
    assert not Server.objects.exists()
    with pytest.raises(Exception, match="public suffix"):
        call_command("issue", "--server", fqdn)


def test_nor_for_one_that_was_added_before_there_was_a_rule(
    as_administrator: Signed, authority: Authority
) -> None:
    server = Server.objects.create(fqdn="*.co.uk")
    answer = as_administrator.post(
        f"/servers/{server.pk}/issue/",
        {"origin": "here", "key": "ec-p256", "days": "90", "outside_policy": "on"},
    )
    assert "public suffix" in text(answer)
    assert not Certificate.objects.filter(server=server).exists()


@pytest.mark.parametrize(
    "name", ["login.example.org", "8.8.8.8", "example.com.evil.org", "example.org"]
)
def test_an_operator_stays_within_the_policy(
    as_operator: Signed, authority: Authority, name: str
) -> None:
    permit("example.com", "10.0.0.0/8")
    answer = added(as_operator, "own.example.com", name, outside_policy="on")
    assert f"{name} lies outside the name policy, which permits example.com, 10.0.0.0/8" in text(
        answer
    )
    assert not Server.objects.exists()
    assert added(as_operator, "own.example.com", "10.2.3.4", "*.sub.example.com").status_code == 302


def test_an_operator_does_not_issue_for_what_was_added_before(
    as_operator: Signed, authority: Authority
) -> None:
    server = add_server("login.example.org", actor=SYSTEM)
    permit("example.com")
    for url, form in {
        "issue": by_csr(server.fqdn),
        "import": {"upload": self_signed(server.fqdn)},
    }.items():
        answer = as_operator.post(f"/servers/{server.pk}/{url}/", {**form, "outside_policy": "on"})
        assert "outside the name policy" in text(answer), url
    assert not Certificate.objects.filter(server=server).exists()


def test_nor_renews_what_an_administrator_accepted(
    as_operator: Signed, as_administrator: Signed, authority: Authority
) -> None:
    permit("example.com")
    call_command("issue", "--server", "login.example.org", "--key-type", "ec-p256")
    server = Server.objects.get()
    assert server.certificate is not None
    form = {**by_csr(server.fqdn), "expected": server.certificate.pk}
    answer = as_operator.post(f"/servers/{server.pk}/renew/", form)
    assert "outside the name policy" in text(answer)
    answer = as_operator.post(
        f"/servers/{server.pk}/renew-alike/", {"expected": server.certificate.pk}, follow=True
    )
    assert "outside the name policy" in text(answer)
    assert Certificate.objects.filter(server=server).count() == 1


def test_an_administrator_says_so_for_each_certificate(
    as_administrator: Signed, authority: Authority
) -> None:
    permit("example.com")
    answer = added(as_administrator, "login.example.org")
    assert 'name="outside_policy"' in text(answer)
    assert not Server.objects.exists()
    assert added(as_administrator, "login.example.org", outside_policy="on").status_code == 302
    server = Server.objects.get()
    form = {"origin": "here", "key": "ec-p256", "days": "90"}
    answer = as_administrator.post(f"/servers/{server.pk}/issue/", form)
    assert 'name="outside_policy"' in text(answer)
    assert not Certificate.objects.filter(server=server).exists()
    form["outside_policy"] = "on"
    assert as_administrator.post(f"/servers/{server.pk}/issue/", form).status_code == 302
    events = AuditEvent.objects.filter(event="names.accepted")
    assert [event.actor for event in events] == ["administrator", "administrator"]
    assert events[0].detail == {"names": ["login.example.org"], "permitted": ["example.com"]}


def test_the_shell_may_and_the_trail_has_it(authority: Authority) -> None:
    permit("example.com")
    call_command("issue", "--server", "login.example.org", "--key-type", "ec-p256")
    added_and_issued = AuditEvent.objects.filter(event="names.accepted")
    assert [event.door for event in added_and_issued] == ["command", "command"]
    assert added_and_issued[0].detail["names"] == ["login.example.org"]


# --- automatic renewal and the waves of a rollover -------------------------------------


@pytest.fixture
def outsider(authority: Authority) -> Server:
    """Accepted by an administrator although it lies outside."""
    permit("example.com")
    call_command("issue", "--server", "login.example.org", "--key-type", "ec-p256")
    server = Server.objects.get(fqdn="login.example.org")
    return set_renewal(server, days=30, same_key=False, actor=SHELL)


def renewed_automatically(server: Server) -> str:
    """Why not; empty when it was."""
    server.refresh_from_db()
    assert server.certificate is not None
    with time_machine.travel(server.certificate.not_after - timedelta(days=5)):
        [result] = list(renew_due(timezone.now(), actor=SYSTEM))
    return result.reason


def test_what_an_administrator_accepted_renews_automatically(outsider: Server) -> None:
    assert renewed_automatically(outsider) == ""


def test_what_nobody_accepted_does_not_and_says_so(authority: Authority) -> None:
    server = add_server("login.example.org", actor=SYSTEM)
    issue_for_server(server, actor=SYSTEM, key_spec=P256)
    set_renewal(server, days=30, same_key=False, actor=SHELL)
    permit("example.com", refuse_existing=True)
    assert "outside the name policy" in renewed_automatically(server)
    permit("example.com")
    assert renewed_automatically(server) == ""


def test_the_waves_of_a_rollover_keep_to_the_same_rule(outsider: Server) -> None:
    permit(open=True)
    other = add_server("files.example.org", actor=SHELL)
    issue_for_server(other, actor=SHELL, key_spec=P256)
    permit("example.com", refuse_existing=True)
    rollover = begin_reissuing(
        start_rollover(actor=SHELL, common_name="Next CA", key_spec=P256), actor=SHELL
    )
    step(rollover, actor=SYSTEM)
    problems = dict(ServerRollover.objects.values_list("server__fqdn", "problem"))
    assert problems["login.example.org"] == ""
    assert "outside the name policy" in problems["files.example.org"]


def test_the_certificate_of_this_host_renews_automatically(host: Server) -> None:
    permit("example.org")
    set_renewal(host, days=30, same_key=False, actor=SHELL)
    assert renewed_automatically(host) == ""
    host.refresh_from_db()
    assert host.certificate is not None
    assert settings.HOST in parsed(host.certificate).subject.rfc4514_string()
