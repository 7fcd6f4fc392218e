"""What a start prepares, and what it leaves alone when it is there already."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from certiflow_admin.preparation import prepare_directory, prepare_static_files
from pki.errors import Unavailable


@pytest.fixture
def source(tmp_path: Path, settings: Settings) -> Path:
    """A style sheet among the static files, which are collected beside it."""
    (tmp_path / "source").mkdir()
    path = tmp_path / "source" / "page.css"
    path.write_text("a {}")
    settings.STATICFILES_DIRS = [tmp_path / "source"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    return path


def test_static_files_are_collected_once_for_each_state(source: Path, settings: Settings) -> None:
    prepare_static_files()
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    manifest.write_text("as it was")
    prepare_static_files()
    assert manifest.read_text() == "as it was"
    source.write_text("a { color: red }")
    prepare_static_files()
    assert "page." in manifest.read_text()


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="CERTIFLOW_DATA_DIR"):
        prepare_directory(tmp_path / "file" / "var")
