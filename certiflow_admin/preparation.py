"""What has to be there before anything runs: data directory, key ring, database, static files."""

import io

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from pki.actions.key_ring import current_ring


def prepare() -> None:
    """Safe to repeat, and quiet unless something is wrong."""
    make_data_directory()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    current_ring()


def prepare_static_files() -> None:
    call_command("collectstatic", verbosity=0, interactive=False, stdout=io.StringIO())


def make_data_directory() -> None:
    try:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ImproperlyConfigured(
            f"CERTIFLOW_DATA_DIR is not usable: {error.strerror}: {settings.DATA_DIR}. Name a "
            "directory this user may write to."
        ) from None
