"""Making enrollment tokens, and who registers without one."""

import re

from pki.actions.registration_policy import current_policy
from pki.models import Authority, EnrollmentToken
from tests.pki.conftest import Agent, Signed

GIVEN = {"name": "Branch", "days": "7", "uses": "2", "automatic": "on", "name_pattern": ""}


def test_a_token_is_shown_once_with_the_command_and_works(
    authority: Authority, confirmed: Signed
) -> None:
    page = confirmed.post("/tokens/new/", GIVEN).content.decode()
    [token] = re.findall(r'<code id="token">(cft_[^<]+)</code>', page)
    assert f"--root-sha256 {authority.certificate.sha256} --token-stdin" in page
    assert token not in confirmed.get("/tokens/").content.decode()
    assert Agent("pc-1", token).register().certificate is not None
    assert "1 of 2" in confirmed.get("/tokens/").content.decode()


def test_a_withdrawn_token_says_so(authority: Authority, as_operator: Signed) -> None:
    as_operator.post("/tokens/new/", {**GIVEN, "automatic": ""})
    row = EnrollmentToken.objects.get()
    as_operator.post(f"/tokens/{row.pk}/withdraw/")
    assert "Withdrawn" in as_operator.get("/tokens/").content.decode()
    again = as_operator.post(f"/tokens/{row.pk}/withdraw/")
    assert again.status_code == 409
    assert "withdrawn already" in again.content.decode()


def test_viewers_make_no_tokens(authority: Authority, as_viewer: Signed) -> None:
    assert as_viewer.post("/tokens/new/", GIVEN).status_code == 403
    assert not EnrollmentToken.objects.exists()


def test_only_administrators_let_agents_in_without_a_token(
    authority: Authority, as_operator: Signed
) -> None:
    assert as_operator.post("/tokens/registration/", {"policy": "open"}).status_code == 403
    assert not current_policy().open


def test_an_administrator_opens_registration(authority: Authority, confirmed: Signed) -> None:
    confirmed.post("/tokens/registration/", {"policy": "open"})
    assert Agent("pc-1").register().workstation.state == "pending"
    confirmed.post("/tokens/registration/", {"policy": "automatic"})
    assert Agent("pc-2").register().workstation.state == "approved"
    confirmed.post("/tokens/registration/", {"policy": "token-only"})
    assert not current_policy().open
