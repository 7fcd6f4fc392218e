"""What makes one-time and recovery codes does not lie in the database for its readers."""

import base64
import time
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP as Activated
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.core.cache import caches
from django.db import connection
from django.db.models import QuerySet
from django.test import Client, override_settings

from certiflow_admin.preparation import prepare
from pki.actions import audit_key
from pki.actions.actor import SYSTEM
from pki.actions.authorities import create_authority
from pki.actions.channels import add_chat
from pki.actions.recipients import add_group
from pki.actions.rekey import rekey
from pki.errors import CertiflowError
from pki.models import AuditEvent, Channel, Role, Secret, User
from pki.x509.keys import KeySpec
from tests.pki.conftest import PASSWORD, Signed

LOGIN = "/accounts/login/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def anna(db: None) -> User:
    caches["counters"].clear()
    create_authority(actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
    return User.objects.create_user("anna", password=PASSWORD, role=Role.ADMINISTRATOR)


def code(secret: str) -> str:
    padded = secret + "=" * (-len(secret) % 8)
    return TOTP(base64.b32decode(padded), 6, SHA1(), 30).generate(int(time.time())).decode()


def everything_stored() -> str:
    """As a reader of the database sees these tables."""
    found = []
    with connection.cursor() as cursor:
        for table in ("mfa_authenticator", "pki_secret", "pki_auditevent"):
            cursor.execute(f"SELECT * FROM {table}")
            found += [str(row) for row in cursor.fetchall()]
    return "\n".join(found)


def signs_in(given: str) -> bool:
    caches["counters"].clear()
    client = Client()
    client.post(LOGIN, {"login": "anna", "password": PASSWORD}, secure=True)
    answer = client.post("/accounts/two-step/authenticate/", {"code": given}, secure=True)
    return answer.status_code == 302


def test_a_second_step_is_sealed_and_works(
    anna: User, django_capture_on_commit_callbacks: Any
) -> None:
    browser = Signed(anna)
    browser.confirm()
    browser.get("/accounts/two-step/totp/activate/")
    secret = browser.session["mfa.totp.secret"]
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post("/accounts/two-step/totp/activate/", {"code": code(secret)})
    assert answer.status_code == 302
    recovery = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    stored = everything_stored()
    assert secret not in stored
    assert not [each for each in recovery if each in stored]
    assert not signs_in("000000")
    assert signs_in(code(secret))
    assert signs_in(recovery[0])
    assert not signs_in(recovery[0])


def test_a_rekey_covers_it(anna: User, tmp_path: Path) -> None:
    with override_settings(
        MASTER_KEYS="",
        MASTER_KEYS_FILE=tmp_path / "master_keys",
        RESPONDER_KEYS_FILE=tmp_path / "responder_keys",
    ):
        (tmp_path / "master_keys").write_text("dGVzdHMgdXNlIHRoaXMga2V5LCBub2JvZHkgZWxzZSE=")
        Activated.activate(anna, SECRET)
        assert rekey(actor=SYSTEM, forget_others=True).others == 0
        assert signs_in(code(SECRET))


def test_those_of_before_are_sealed_at_the_next_start(anna: User, tmp_path: Path) -> None:
    seed = RecoveryCodes.generate_seed()
    Authenticator.objects.create(user=anna, type="totp", data={"secret": SECRET})
    Authenticator.objects.create(
        user=anna, type="recovery_codes", data={"seed": seed, "used_mask": 1}
    )
    assert signs_in(code(SECRET))
    with override_settings(RESPONDER_KEYS_FILE=tmp_path / "responder_keys"):
        prepare()
        prepare()
    stored = everything_stored()
    assert SECRET not in stored
    assert seed not in stored
    assert factors().count() == 2
    assert AuditEvent.objects.filter(event="vault.second_factors_sealed").count() == 1
    assert signs_in(code(SECRET))
    codes = Authenticator.objects.get(type="recovery_codes").wrap()
    assert len(codes.get_unused_codes()) == len(codes.generate_codes()) - 1


def factors() -> "QuerySet[Secret]":
    """Without the one of the audit trail."""
    return Secret.objects.exclude(pk=audit_key.SECRET_ID)


def test_taken_away_its_secret_is_gone(anna: User) -> None:
    Activated.activate(anna, SECRET)
    RecoveryCodes.activate(anna)
    assert factors().count() == 2
    Authenticator.objects.filter(user=anna).delete()
    assert factors().count() == 0


def test_another_kind_of_secret_cannot_be_put_in_its_place(anna: User) -> None:
    """Whoever writes the database knows what his own webhook's secret holds."""
    factor = Activated.activate(anna, SECRET).instance
    group = add_group("On call", actor=SYSTEM)
    channel = add_chat(group, "Chat", "mailto://user:pass@example.com", actor=SYSTEM)
    Authenticator.objects.filter(pk=factor.pk).update(
        data={"secret": f"sealed:{Channel.objects.get(pk=channel.pk).secret_id}"}
    )
    with pytest.raises(CertiflowError) as refused:
        Authenticator.objects.get(pk=factor.pk).wrap().validate_code("123456")
    assert refused.value.code == "second_factor.missing"
