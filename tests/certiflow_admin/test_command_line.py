"""`certiflow`: the list of commands, and what is said when a command cannot run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from certiflow_admin.command_line import OURS

ROOT = Path(__file__).parent.parent.parent


def certiflow(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run([str(Path(sys.executable).with_name("certiflow")), *arguments], environment)


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        command, capture_output=True, text=True, env={**inherited, **environment}, check=False
    )


def sentence(text: str) -> str:
    """A failure is told in one paragraph, without a traceback."""
    assert text.count("\n") == 1, text
    return text.strip()


def test_help_lists_every_command_of_ours_and_no_other() -> None:
    listed = certiflow("--help")
    assert listed.returncode == 0
    names = {line.split()[0] for line in listed.stdout.splitlines() if line.startswith("  ")}
    commands = (ROOT / "pki/management/commands").glob("[a-z]*.py")
    assert names == {path.stem for path in commands} | {"certgen"} == set(OURS)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["help"], [], ["--version"], ["certgen", "--help"]]
)
def test_these_answer_without_loading_django_or_settings(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        f"sys.argv = ['certiflow', *{arguments!r}]\n"
        "from certiflow_admin.command_line import main\n"
        "try:\n    code = main()\nexcept SystemExit as end:\n    code = end.code\n"
        "sys.exit('django' in sys.modules or code)\n"
    )
    # A value that would stop whoever reads the settings.
    answered = run([sys.executable, "-c", code], {"CERTIFLOW_DASHBOARD_BIND": "nowhere"})
    assert answered.returncode == 0, answered.stderr
    assert answered.stdout


def test_an_unknown_command_is_a_usage_error_with_the_nearest_one(tmp_path: Path) -> None:
    refused = certiflow("doktor", CERTIFLOW_DATA_DIR=str(tmp_path))
    assert refused.returncode == 2
    assert "Did you mean “doctor”?" in sentence(refused.stderr)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CERTIFLOW_DASHBOARD_BIND", "8443"),
        ("CERTIFLOW_PUBLIC_URL", "ftp://pki.example.com"),
        ("CERTIFLOW_DASHBOARD_URL", "admin.example.com"),
        ("CERTIFLOW_MAIL_FROM", "certiflow"),
        ("EMAIL_URL", "pigeon://someone:open-sesame@mail.example.com"),
        ("CERTIFLOW_TRUSTED_PROXIES", "the proxy"),
        ("CERTIFLOW_PROXY_CERTIFICATE", "varnish"),
        ("CERTIFLOW_PROXY_SECRET", "open-sesame"),
        ("CERTIFLOW_PROXY_SECRET_FILE", "/proc/nowhere"),
        ("CERTIFLOW_AUTOMATIC_REGISTRATION", "perhaps"),
        ("CERTIFLOW_DATA_DIR", "/proc/nowhere"),
        ("DATABASE_URL", "mysql://someone:open-sesame@db/pki"),
        ("DATABASE_URL", "mongo://someone:open-sesame@db/pki"),
    ],
)
@pytest.mark.parametrize("command", ["up", "check", "doctor"])
def test_a_wrong_setting_is_named_in_one_sentence(
    tmp_path: Path, variable: str, value: str, command: str
) -> None:
    refused = certiflow(command, **{"CERTIFLOW_DATA_DIR": str(tmp_path), variable: value})
    assert refused.returncode == 1
    assert sentence(refused.stderr).startswith(f"{variable} is not usable: ")
    assert "open-sesame" not in refused.stderr


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    refused = certiflow(
        "migrate",
        CERTIFLOW_DATA_DIR=str(tmp_path),
        DATABASE_URL="postgres://someone:open-sesame@127.0.0.1:1/pki",
    )
    assert refused.returncode == 1
    assert "DATABASE_URL" in sentence(refused.stderr)
    assert "open-sesame" not in refused.stderr


def test_djangos_own_commands_work_under_both_names(tmp_path: Path) -> None:
    here = {"CERTIFLOW_DATA_DIR": str(tmp_path)}
    assert certiflow("check", **here).returncode == 0
    assert run([sys.executable, str(ROOT / "manage.py"), "check"], here).returncode == 0


def test_a_fresh_installation_passes_the_checks_of_deployment(tmp_path: Path) -> None:
    checked = certiflow(
        "check",
        "--deploy",
        "--fail-level=WARNING",
        CERTIFLOW_DATA_DIR=str(tmp_path / "var"),
        CERTIFLOW_HOST="admin.example.com",
    )
    assert checked.returncode == 0, checked.stderr
