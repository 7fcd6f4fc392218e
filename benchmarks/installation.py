"""An installation of its own for the benchmarks: the product's settings, a SQLite file."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

#: On the disk of the checkout: /tmp may be memory, where writing costs nothing.
HERE = Path(__file__).parent


@contextlib.contextmanager
def temporary() -> Iterator[None]:
    """Django set up on an empty database, with the settings that users have."""
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".data-", dir=results) as directory:
        for name in ("DATABASE_URL", "CERTIFLOW_MASTER_KEYS", "CERTIFLOW_MASTER_KEYS_FILE"):
            os.environ.pop(name, None)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "certiflow_admin.settings",
            "CERTIFLOW_DATA_DIR": directory,
            "CERTIFLOW_HOST": "admin.example.test",
            "EMAIL_URL": "memorymail://",
        }
        import django

        django.setup()
        switch_database(Path(directory) / "certiflow.sqlite3")
        yield
        from django.db import connection

        connection.close()


def switch_database(path: Path) -> None:
    """Go on with the database in ``path``, made if it is missing."""
    from django.core.management import call_command
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = str(path)
    if not path.exists():
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)


def data_directory() -> Path:
    from django.conf import settings

    return Path(settings.DATA_DIR)
