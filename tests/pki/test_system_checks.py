"""What `certiflow check --deploy` tells an operator."""

from pathlib import Path

import pytest
from django.core.checks import run_checks
from pytest_django.fixtures import Settings


@pytest.fixture
def directory(tmp_path: Path, settings: Settings) -> Path:
    settings.DATA_DIR = tmp_path / "var"
    settings.MASTER_KEYS_FILE = tmp_path / "var" / "master_keys"
    settings.MASTER_KEYS = ""
    settings.DATA_DIR.mkdir(mode=0o700)
    return settings.DATA_DIR


def found() -> list[str]:
    """The identifiers of our own messages."""
    messages = run_checks(include_deployment_checks=True)
    return [message.id for message in messages if (message.id or "").startswith("pki.")]


def test_a_fresh_installation_has_nothing_wrong_and_looking_makes_no_keys(directory: Path) -> None:
    assert found() == []
    assert list(directory.iterdir()) == []


def test_nothing_is_wrong_before_the_first_start(directory: Path) -> None:
    directory.rmdir()
    assert found() == []


def test_an_open_data_directory_is_told(directory: Path) -> None:
    directory.chmod(0o755)
    assert found() == ["pki.W002"]


@pytest.mark.parametrize("name", ["secret_key", "master_keys"])
def test_a_key_file_that_others_may_read_is_told(directory: Path, name: str) -> None:
    path = directory / name
    path.write_text("dGVzdHMgdXNlIHRoaXMga2V5LCBub2JvZHkgZWxzZSE=\n")
    path.chmod(0o600)
    assert found() == []
    path.chmod(0o640)
    assert found() == ["pki.E003"]


def test_a_key_ring_that_cannot_be_read_is_told_without_its_content(
    directory: Path, settings: Settings
) -> None:
    settings.MASTER_KEYS = "open-sesame"
    assert found() == ["pki.E004"]
    assert "open-sesame" not in str(run_checks(include_deployment_checks=True))


@pytest.mark.parametrize("host", ["under_score", "10.0.0.5", "two words", "x" * 65])
def test_a_host_that_fits_no_certificate_is_told(
    directory: Path, settings: Settings, host: str
) -> None:
    settings.HOST = host
    assert found() == ["pki.W005"]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", []),
        ("http://pki.example.com", []),
        ("https://pki.example.com", ["pki.W007"]),
        ("http://pki.example.com/?a=b", ["pki.E006"]),
    ],
)
def test_a_public_address_that_clients_cannot_use_is_told(
    directory: Path, settings: Settings, url: str, told: list[str]
) -> None:
    settings.PUBLIC_URL = url
    assert found() == told


@pytest.mark.parametrize(
    ("proxies", "secret", "said"),
    [
        ([], "", []),
        (["127.0.0.1"], "", ["pki.W008"]),
        (["192.0.2.1"], "", ["pki.W008"]),
        ([], "x" * 32, ["pki.W009"]),
        (["127.0.0.1"], "x" * 32, []),
    ],
)
def test_a_proxy_that_proves_nothing_is_named(
    directory: Path, settings: Settings, proxies: list[str], secret: str, said: list[str]
) -> None:
    settings.TRUSTED_PROXIES, settings.PROXY_SECRET = proxies, secret
    assert found() == said
