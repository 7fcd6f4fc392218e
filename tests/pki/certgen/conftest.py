"""Roots to sign with."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pki.x509 import issuing, keys, root_file
from pki.x509.keys import KeySpec
from tests.pki.certgen.running import FAST, certgen


@pytest.fixture(scope="package")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root and a first server, as the generator makes them."""
    directory = tmp_path_factory.mktemp("generated")
    done = certgen(directory, "/root", *FAST, "/sn", "cm1.example.com")
    assert done.returncode == 0, done.stderr
    return directory


@pytest.fixture
def elliptic_root(tmp_path: Path) -> Path:
    """A root that signs at once, in a file of its own."""
    key = keys.generate(KeySpec.parse("ec-p256"))
    root = issuing.root("CM Agent CA", key, now=datetime.now(UTC))
    file = tmp_path / "elliptic.json"
    file.write_bytes(root_file.write(root, key))
    return file
