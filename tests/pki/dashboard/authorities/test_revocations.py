"""The page of a root tells where its revocations are published."""

from pytest_django.fixtures import Settings

from pki.actions.actor import SYSTEM
from pki.actions.revocation import revoke
from pki.actions.revocation_lists import current_list
from pki.models import Authority, Certificate
from tests.pki.conftest import Signed


def test_the_page_says_where_and_what(
    as_viewer: Signed, authority: Authority, issued: Certificate, settings: Settings
) -> None:
    address = f"/authorities/{authority.pk}/"
    page = as_viewer.get(address).content.decode()
    assert f"https://testserver/pki/{authority.pk}.crl" in page
    assert "none yet" in page
    assert "CERTIFLOW_PUBLIC_URL is not set" in page
    revoke(issued, "superseded", actor=SYSTEM)
    current_list(authority.pk)
    settings.PUBLIC_URL = "http://pki.example.com"
    page = as_viewer.get(address).content.decode()
    assert f"http://pki.example.com/pki/{authority.pk}.crl" in page
    assert "number 1 with 1 entry" in page
    assert "CERTIFLOW_PUBLIC_URL" not in page
