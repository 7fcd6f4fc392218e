"""`certiflow setup`: the wizard without a browser."""

import pytest

from tests.pki.management.conftest import HOST, PASSWORD, SETUP, Shell


def test_an_empty_machine_has_a_root_and_certificates_after_one_command(new_shell: Shell) -> None:
    said = new_shell.done(*SETUP, "--server", "cm1.example.com", stdin=f"{PASSWORD}\n")
    assert "Administrator alice added." in said
    assert "Root “CM Agent CA” created with RSA 2048" in said
    assert f"Certificate for {HOST} issued" in said
    assert "Certificate for cm1.example.com issued" in said
    assert "certiflow up" in said
    names = {row["common_name"] for row in new_shell.document("certificates")}
    assert names == {"CM Agent CA", HOST, "cm1.example.com"}
    assert new_shell.run("doctor").returncode == 0


def test_repeating_it_changes_nothing_and_adds_what_is_new(shell: Shell) -> None:
    before = {row["serial"] for row in shell.document("certificates")}
    again = shell.document(*SETUP, stdin="another long password\n")
    assert again["administrator"] == {"name": "alice", "made": False}
    assert not again["root"]["made"]
    assert [step["made"] for step in again["servers"]] == [False]
    assert before == {row["serial"] for row in shell.document("certificates")}
    more = shell.document("setup", "--admin", "alice", "--server", "later.example.com")
    assert [step["made"] for step in more["servers"]] == [False, True]
    assert "the password was not changed" in shell.done("setup", "--admin", "alice")


@pytest.mark.parametrize("other", [("--root-cn", "Other CA"), ("--root-key-size", "4096")])
def test_it_refuses_to_replace_the_root(shell: Shell, other: tuple[str, str]) -> None:
    before = shell.document("certificates")
    sentence = shell.refused("setup", "--admin", "eve", "--password-stdin", *other, stdin="x" * 16)
    assert "There is a root already, “CM Agent CA” with RSA 2048" in sentence
    assert "not replaced" in sentence
    assert len(shell.document("certificates")) == len(before)


def test_repeating_it_after_the_root_was_replaced_is_no_wish_for_another_one(
    shell: Shell,
) -> None:
    shell.done(
        *("shell", "--no-imports", "-c"),
        "from pki.actions.actor import SYSTEM; from pki.x509.keys import KeySpec; "
        "from pki.actions.rollover.starting import start_rollover; "
        "from pki.actions.rollover.stages import begin_reissuing; "
        "begin_reissuing(start_rollover(actor=SYSTEM, key_spec=KeySpec.parse('ec-p256')), "
        "actor=SYSTEM)",
    )
    said = shell.document("setup", "--admin", "alice", "--root-cn", "CM Agent CA")
    assert said["root"]["common_name"] == "CM Agent CA G2"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--root-key-size", "1024"), "too weak for a root certificate. Use 2048 to 8192 bits"),
        (("--root-cn", "x" * 65), "this one has 65"),
        (("--server", "two words"), "has a space in it"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_before_anything_is_made(
    new_shell: Shell, arguments: tuple[str, str], part: str
) -> None:
    command = ("setup", "--admin", "alice", "--password-stdin", *arguments)
    assert part in new_shell.refused(*command, stdin=f"{PASSWORD}\n")
    assert "no such table" in (said := new_shell.refused("certificates")) or "not exist" in said


def test_a_password_that_is_too_short_makes_no_administrator_and_no_root(new_shell: Shell) -> None:
    assert "at least 12 characters" in new_shell.refused(*SETUP, stdin="short\n")
    assert new_shell.document("certificates") == []


def test_a_missing_password_is_asked_for_in_a_sentence(new_shell: Shell) -> None:
    assert "--password-stdin" in new_shell.refused("setup", "--admin", "alice")
    assert "no password" in new_shell.refused("setup", "--admin", "alice", "--password-stdin")


def test_leaving_the_administrator_out_is_wrong_usage(new_shell: Shell) -> None:
    finished = new_shell.run("setup")
    assert finished.returncode == 2
    assert "--admin" in finished.stderr


def test_automatic_registration_is_stored_until_someone_chooses_otherwise(shell: Shell) -> None:
    said = shell.done("setup", "--admin", "alice", "--automatic-registration")
    assert "Automatic registration is on" in said
    assert shell.document("setup", "--admin", "alice")["automatic_registration"] is True
    assert shell.done("registration", "token-only").startswith("token-only: ")
    assert shell.document("setup", "--admin", "alice")["automatic_registration"] is False


def test_a_host_name_that_no_certificate_takes_names_the_setting(new_shell: Shell) -> None:
    new_shell.product.environment["CERTIFLOW_HOST"] = "under_score.example.com"
    sentence = new_shell.refused(*SETUP, stdin=f"{PASSWORD}\n")
    assert "CERTIFLOW_HOST" in sentence
    assert "underscore" in sentence


def test_before_setting_up_the_other_commands_say_what_to_run(new_shell: Shell) -> None:
    assert "certiflow setup" in new_shell.refused("issue", "--server", "cm1.example.com")
