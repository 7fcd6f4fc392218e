"""A name that was given back, or only imported, while a certificate with it is still good."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from pki.actions.actor import SYSTEM, Actor
from pki.actions.confirmations import Confirmations
from pki.actions.foreign_certificates import import_server_certificate
from pki.actions.name_policy import change_name_policy, outside
from pki.actions.revocation import revoke
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server, change_server
from pki.models import Authority, Certificate, Server, ServerName
from pki.x509 import bundles
from pki.x509.keys import KeySpec
from pki.x509.material import Material
from tests.pki.actions import made_elsewhere
from tests.pki.actions.evidence import audited, refused
from tests.pki.conftest import Signed
from tests.pki.dashboard.servers.test_servers import text

P256 = KeySpec.parse("ec-p256")
SHELL = Actor(name="root", door="command")
OPERATOR = Actor(name="oper", door="dashboard")
SHARED = Confirmations(shared=True)
PAYROLL = "payroll.example.com"


@pytest.fixture
def hoard(authority: Authority) -> Certificate:
    """In force for a key its holder keeps, for a name that its server has no more."""
    server = add_server("hoard.example.org", actor=OPERATOR, additional_names=[PAYROLL])
    row = issue_for_server(server, actor=OPERATOR, csr=made_elsewhere.csr())
    change_server(server, actor=OPERATOR, additional_names=[], comment="")
    return row


def added(person: Signed, *names: str, **further: str) -> str:
    fields = {"fqdn": names[0], "additional_names": "\n".join(names[1:]), **further}
    answer = person.post("/servers/add/", fields)
    return "" if answer.status_code == 302 else text(answer)


def names_of(server: Server) -> set[str]:
    return set(server.claims.values_list("name", flat=True))


@pytest.mark.parametrize("name", [PAYROLL, "*.example.com"])
def test_the_next_server_does_not_get_it_unasked(
    as_operator: Signed, hoard: Certificate, name: str
) -> None:
    assert f"A certificate of hoard.example.org has {PAYROLL} until" in added(
        as_operator, "next.example.net", name
    )
    if name == PAYROLL:
        assert added(as_operator, name)
    assert not Server.objects.exclude(fqdn="hoard.example.org").exists()


def test_an_administrator_who_knows_says_so(as_administrator: Signed, hoard: Certificate) -> None:
    assert "revoke" in added(as_administrator, PAYROLL)
    with audited("names.shared", "server.added"):
        assert added(as_administrator, PAYROLL, shared="on") == ""
    server = Server.objects.get(fqdn=PAYROLL)
    assert issue_for_server(server, actor=SHELL, key_spec=P256).state == "issued"


def test_the_entry_of_this_host_does_not_get_it_unasked_either(hoard: Certificate) -> None:
    with refused("name.taken", field="additional_names"):
        add_server(settings.HOST, actor=SHELL, additional_names=[PAYROLL])
    host = add_server(settings.HOST, actor=SHELL, additional_names=[PAYROLL], confirmed=SHARED)
    assert issue_for_server(host, actor=SHELL, key_spec=P256).state == "issued"


def test_its_server_does_not_get_it_back_unasked_once_another_has_it(
    hoard: Certificate,
) -> None:
    add_server(PAYROLL, actor=SHELL, confirmed=SHARED)
    assert hoard.server is not None
    with refused("name.taken", field="additional_names"):
        change_server(hoard.server, actor=OPERATOR, additional_names=[PAYROLL], comment="")


def test_nor_one_that_only_an_imported_certificate_has(
    as_operator: Signed, authority: Authority
) -> None:
    server = add_server("hoard.example.org", actor=OPERATOR)
    key = made_elsewhere.new_key()
    made = made_elsewhere.certificate(
        server.fqdn, (server.fqdn, "PAYROLL.example.com"), key=key, issuer=None, issuer_key=key
    )
    upload = SimpleUploadedFile("a.cer", bundles.pem(made))
    as_operator.post(f"/servers/{server.pk}/import/", {"upload": [upload]})
    assert Certificate.objects.filter(server=server).exists()
    assert f"A certificate of hoard.example.org has {PAYROLL} until" in added(as_operator, PAYROLL)
    # Its next certificate does not have the name, and this one is still good.
    server.refresh_from_db()
    change_server(server, actor=OPERATOR, additional_names=["cm.example.com"], comment="")
    assert added(as_operator, PAYROLL)


def test_nor_one_whose_certificate_is_only_being_signed(hoard: Certificate) -> None:
    Certificate.objects.filter(pk=hoard.pk).update(state="prepared")
    with refused("name.taken", field="fqdn"):
        add_server(PAYROLL, actor=OPERATOR)


# --- what stays allowed ----------------------------------------------------------------


def test_a_revoked_certificate_holds_nothing(hoard: Certificate) -> None:
    revoke(hoard, "superseded", actor=SHELL)
    server = add_server(PAYROLL, actor=OPERATOR)
    assert list(ServerName.objects.filter(name=PAYROLL).values_list("server", "shared")) == [
        (server.pk, False)
    ]


def test_nor_does_an_expired_one(hoard: Certificate) -> None:
    with time_machine.travel(hoard.not_after + timedelta(days=1)):
        add_server("next.example.net", actor=OPERATOR, additional_names=[PAYROLL])
        assert hoard.server is not None
        change_server(hoard.server, actor=OPERATOR, additional_names=[], comment="")
    assert names_of(hoard.server) == {"hoard.example.org"}


def test_a_name_that_was_never_certified_is_free_at_once(authority: Authority) -> None:
    server = add_server("cm1.example.com", actor=OPERATOR, additional_names=[PAYROLL])
    change_server(server, actor=OPERATOR, additional_names=[], comment="")
    assert add_server(PAYROLL, actor=OPERATOR)


def test_its_own_server_takes_it_back_and_renews(hoard: Certificate) -> None:
    server = hoard.server
    assert server is not None
    change_server(server, actor=OPERATOR, additional_names=[PAYROLL], comment="")
    assert not ServerName.objects.filter(held=True).exists()
    change_server(server, actor=OPERATOR, additional_names=[], comment="")
    assert names_of(server) == {"hoard.example.org", PAYROLL}


def test_a_held_name_is_no_name_of_the_server_otherwise(hoard: Certificate) -> None:
    policy = change_name_policy(["example.net"], actor=SHELL)
    assert [row.name for row in outside(policy)] == ["hoard.example.org"]
    change_name_policy([], actor=SHELL)
    server = Server.objects.get(pk=hoard.server_id)
    key = made_elsewhere.new_key()
    made = made_elsewhere.certificate(
        server.fqdn, (server.fqdn,), key=key, issuer=None, issuer_key=key
    )
    with audited("certificate.imported"):
        import_server_certificate(server, Material(made, key), actor=SYSTEM)
