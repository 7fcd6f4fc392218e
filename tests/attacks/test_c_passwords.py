"""Passwords that are guessed at once are taken nowhere; files want more than people."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from pki.actions.accounts import add_user, set_password
from pki.actions.actor import SYSTEM
from pki.actions.authorities import export_root_file
from pki.actions.backups import back_up
from pki.actions.setup_code import new_setup_code
from pki.certgen import passwords as certgen_passwords
from pki.certgen.options import Options
from pki.errors import InvalidInput
from pki.models import Authority, Role, User
from pki.password_rule import FILES, JUDGED, check_password, random_password
from pki.vault.container import Lock
from pki.x509 import root_file
from tests.pki.conftest import PASSWORD, Signed

#: Of somebody called administrator, on admin.example.test.
WEAK = [
    "aaaaaaaaaaaa",
    " " * 12,
    "administratoradministrator",
    "Administrator1234",
    "certiflow2026!",
    "qwertyuiop1234",
    "admin.example.test",
    "p4ssw0rdp4ssw0rd",
    "abcdefghijklmnop",
]
#: Enough for a page that counts, and not for a file that is tried for years.
FOR_PEOPLE_ONLY = "pfx-password-1"


@pytest.mark.parametrize("password", WEAK)
def test_no_door_takes_a_weak_password_of_a_person(
    db: None, password: str, administrator: User, authority: Authority, client: Client
) -> None:
    with pytest.raises(InvalidInput, match="guess"):
        add_user("administrator2", password.replace("administrator", "administrator2"),
                 Role.VIEWER, actor=SYSTEM)  # fmt: skip
    with pytest.raises(InvalidInput, match="guess"):
        set_password(administrator, password, actor=SYSTEM)
    browser = Signed(administrator)
    browser.confirm()
    twice = {"password": password, "password_again": password}
    answers = [
        browser.post("/settings/users/add/", {"username": "bob", "role": "viewer", **twice}),
        browser.post(f"/settings/users/{administrator.pk}/password/", twice),
        browser.post(
            "/accounts/password/change/",
            {"oldpassword": PASSWORD, "password1": password, "password2": password},
        ),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert "too easy to guess" in answer.content.decode()
    assert User.objects.get(pk=administrator.pk).check_password(PASSWORD)


def test_the_wizard_takes_no_weak_password(db: None, client: Client) -> None:
    answer = client.post(
        "/setup/administrator/",
        {"code": new_setup_code(), "username": "anna-schmidt", "password": "anna-schmidt12",
         "password_again": "anna-schmidt12"},
        secure=True,
    )  # fmt: skip
    assert "too easy to guess" in answer.content.decode()
    assert not User.objects.exists()


def test_the_sentence_says_why_and_what_to_do(administrator: User) -> None:
    with pytest.raises(InvalidInput) as refusal:
        set_password(administrator, "aaaaaaaaaaaa", actor=SYSTEM)
    assert "repeats like" in refusal.value.message
    assert "four or five words" in refusal.value.message


@pytest.mark.parametrize("password", [*WEAK, FOR_PEOPLE_ONLY])
def test_a_backup_wants_more(tmp_path: Path, authority: Authority, password: str) -> None:
    with pytest.raises(InvalidInput, match="generate-password") as refusal:
        back_up(tmp_path / "backup", password, actor=SYSTEM)
    assert refusal.value.code == "backup.password"
    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize("password", [*WEAK, FOR_PEOPLE_ONLY])
def test_a_root_leaves_under_no_weak_password(
    authority: Authority, confirmed: Signed, password: str
) -> None:
    with pytest.raises(InvalidInput, match="guess"):
        export_root_file(authority, actor=SYSTEM, password=password)
    serial = authority.certificate.serial_number
    answer = confirmed.post(
        f"/certificates/{serial}/download/json",
        {"password": password, "password_again": password},
    )
    assert "too easy to guess" in answer.content.decode()


@pytest.mark.parametrize("password", [*WEAK[:6], FOR_PEOPLE_ONLY])
def test_nor_does_certgen_make_one(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"{password}\n".encode())))
    with pytest.raises(InvalidInput, match=r"root-pwd-stdin.*generate-root-pwd"):
        certgen_passwords.read(Options(root=True, root_password_from_stdin=True))


def test_certgen_still_opens_a_root_under_a_weak_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"weak\n")))
    given = certgen_passwords.read(Options(root_key=Path("x"), root_password_from_stdin=True))
    assert given.root == "weak"


def test_a_root_is_exported_under_the_password_that_the_page_made(
    authority: Authority, confirmed: Signed
) -> None:
    page = confirmed.get(f"/authorities/{authority.pk}/export/")
    made = page.context["form"]["generated"].value()
    assert made in page.content.decode()
    serial = authority.certificate.serial_number
    answer = confirmed.post(
        f"/certificates/{serial}/download/json",
        {"password": "", "password_again": "", "generated": made, "use_generated": "yes"},
    )
    content = answer.getvalue() if answer.streaming else answer.content
    assert b"encryptedPrivateKey" in content
    assert root_file.read(content, made).key is not None
    again = confirmed.get(f"/authorities/{authority.pk}/export/")
    assert made not in again.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_backup_under_a_generated_password_prints_it_once(
    tmp_path: Path, authority: Authority, administrator: User
) -> None:
    out, err = io.StringIO(), io.StringIO()
    call_command("backup", str(tmp_path / "backup"), "--generate-password", stdout=out, stderr=err)
    password = err.getvalue().split()[-1]
    assert len(password) == 29
    assert password not in out.getvalue()
    with (tmp_path / "backup").open("rb") as file:
        assert Lock.read(file, password)


def test_a_generated_password_and_one_from_stdin_exclude_each_other(db: None) -> None:
    with pytest.raises((CommandError, SystemExit)):
        call_command("backup", "x", "--generate-password", "--password-stdin")


def test_generated_passwords_pass_every_rule(db: None, administrator: User) -> None:
    made = {random_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        check_password(password, FILES)
        assert not set(password) & set("il1o0")


def test_of_a_long_password_only_the_beginning_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The estimate takes seconds for hundreds of characters that stand for letters."""
    judged: list[str] = []

    def estimate(password: str, *_: Any, **__: Any) -> dict[str, Any]:
        judged.append(password)
        return {"guesses": 10**12, "feedback": {"warning": "", "suggestions": []}}

    monkeypatch.setattr("zxcvbn.zxcvbn", estimate)
    check_password("4@8({[<369&!1/|0$5+7%2" * 40, FILES)
    assert [len(password) for password in judged] == [JUDGED]
