"""The commands that Windows gets, read as text: there is no Windows here to run them."""

from pathlib import Path, PureWindowsPath

from pki.certgen.stores import windows
from pki.certgen.stores.step import PASSWORD_VARIABLE, environment


def test_the_root_goes_to_root_and_the_key_to_my_of_the_machine() -> None:
    trust, importing = windows.steps(Path("root.cer"), Path("it's.pfx"))
    assert trust.command == ("certutil", "-addstore", "-f", "Root", "root.cer")
    script = importing.command[-1]
    assert "-CertStoreLocation Cert:\\LocalMachine\\My" in script
    assert "-FilePath 'it''s.pfx'" in script
    assert script.startswith("$ErrorActionPreference = 'Stop'")


def test_only_the_command_that_needs_the_password_gets_it_and_in_the_environment() -> None:
    trust, importing = windows.steps(Path("root.cer"), Path("server.pfx"))
    assert (trust.needs_password, importing.needs_password) == (False, True)
    assert f"$env:{PASSWORD_VARIABLE}" in importing.command[-1]
    assert environment("sesame")[PASSWORD_VARIABLE] == "sesame"
    assert PASSWORD_VARIABLE not in environment(None)


def test_what_runs_is_shown_and_what_a_person_types_asks_for_the_password() -> None:
    _, importing = windows.steps(Path("root.cer"), Path("server.pfx"))
    assert importing.shown.startswith("powershell -NoProfile -NonInteractive -Command ")
    assert importing.typed.endswith("-Password (Read-Host -AsSecureString 'Password')")


def test_without_a_server_there_is_only_the_root() -> None:
    (trust,) = windows.steps(Path("C:\\Program Files") / "root.cer", None)
    assert str(PureWindowsPath("C:\\Program Files")) in trust.shown
