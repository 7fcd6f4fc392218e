"""The system keychain of macOS."""

import shlex
from pathlib import Path

from pki.certgen.stores.step import Step

KEYCHAIN = "/Library/Keychains/System.keychain"


def steps(root_file: Path) -> list[Step]:
    command = ("security", "add-trusted-cert", "-d", "-r", "trustRoot", "-k", KEYCHAIN,
               str(root_file))  # fmt: skip
    return [Step(command, shlex.join(command))]
