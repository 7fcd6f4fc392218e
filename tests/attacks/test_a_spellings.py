"""A name that is taken or is this host's, written in another way or told in another setting."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from pki.actions.actor import SYSTEM, Actor
from pki.actions.own_names import own_names
from pki.actions.servers import add_server
from pki.models import Authority, Server
from pki.x509 import bundles
from tests.pki.actions import made_elsewhere
from tests.pki.actions.evidence import refused
from tests.pki.conftest import Signed
from tests.pki.dashboard.servers.test_servers import text

OPERATOR = Actor(name="oper", door="dashboard")
MAPPED = "::ffff:10.1.2.3"
SPELLINGS = [MAPPED, "::ffff:a01:203", "::FFFF:0a01:0203", "0:0:0:0:0:ffff:10.1.2.3"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_address_is_taken_in_every_spelling(authority: Authority, spelling: str) -> None:
    add_server("cm1.example.com", actor=SYSTEM, additional_names=["10.1.2.3"])
    with refused("name.taken", field="additional_names"):
        add_server("own.example.com", actor=OPERATOR, additional_names=[spelling])


@pytest.mark.parametrize("stored", [MAPPED, "::ffff:a01:203"])
@pytest.mark.parametrize("spelling", ["10.1.2.3", *SPELLINGS])
def test_also_where_it_was_written_otherwise_first(
    authority: Authority, stored: str, spelling: str
) -> None:
    """Also by another version of Python, which writes such an address in another way."""
    server = add_server("cm1.example.com", actor=SYSTEM, additional_names=[MAPPED])
    server.claims.exclude(name=server.fqdn).update(name=stored)
    with refused("name.taken", field="additional_names"):
        add_server("own.example.com", actor=OPERATOR, additional_names=[spelling])


def test_an_address_of_its_own_is_free(authority: Authority) -> None:
    add_server("cm1.example.com", actor=SYSTEM, additional_names=["10.1.2.3", "2001:db8::3"])
    assert add_server(
        "own.example.com", actor=OPERATOR, additional_names=["::ffff:10.1.2.4", "2001:db8::4"]
    )


def test_an_imported_certificate_has_no_other_spelling_either(
    as_operator: Signed, authority: Authority
) -> None:
    add_server("cm1.example.com", actor=SYSTEM, additional_names=[MAPPED])
    own = add_server("own.example.com", actor=OPERATOR)
    key = made_elsewhere.new_key()
    names = (own.fqdn, "10.1.2.3")
    made = made_elsewhere.certificate(own.fqdn, names, key=key, issuer=None, issuer_key=key)
    upload = SimpleUploadedFile("a.cer", bundles.pem(made))
    answer = as_operator.post(f"/servers/{own.pk}/import/", {"upload": [upload]})
    assert "belongs to the server cm1.example.com" in text(answer)
    assert Server.objects.get(pk=own.pk).certificate is None


# --- this host --------------------------------------------------------------------------


@pytest.mark.parametrize("site", ["DASHBOARD", "AGENT", "PUBLIC"])
@pytest.mark.parametrize("bind", ["10.9.9.9:8443", "[::ffff:10.9.9.9]:8443"])
@pytest.mark.parametrize("spelling", ["10.9.9.9", "::ffff:10.9.9.9", "::ffff:a09:909"])
def test_an_address_of_this_host_is_its_own_in_every_spelling(
    settings: object, site: str, bind: str, spelling: str
) -> None:
    setattr(settings, f"{site}_BIND", bind)
    assert own_names([spelling, "10.9.9.8"]) == [spelling]


@pytest.mark.parametrize("setting", ["DASHBOARD_URL", "PUBLIC_URL"])
def test_so_is_every_host_that_the_product_tells_others(
    authority: Authority, settings: object, setting: str
) -> None:
    setattr(settings, setting, "http://PKI.example.com:8080/ca")
    for name in ("pki.example.com", "*.example.com"):
        with refused("host.own_name", field="additional_names"):
            add_server("own.example.net", actor=OPERATOR, additional_names=[name])
    setattr(settings, setting, "http://[::ffff:10.9.9.9]/")
    assert own_names(["10.9.9.9", "pki.example.com"]) == ["10.9.9.9"]
