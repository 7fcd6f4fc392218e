"""The command that macOS gets, read as text: there is no macOS here to run it."""

from pathlib import Path

from pki.certgen.stores import macos


def test_the_root_is_trusted_in_the_keychain_of_the_system() -> None:
    (step,) = macos.steps(Path("my folder/agent_root_ca.cer"))
    assert step.command[:2] == ("security", "add-trusted-cert")
    assert "/Library/Keychains/System.keychain" in step.command
    assert step.typed.endswith("'my folder/agent_root_ca.cer'")
