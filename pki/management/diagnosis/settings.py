"""What Django's and the product's own system checks say about the settings in force."""

from collections.abc import Iterator

from django.core import checks

from pki.management.diagnosis.finding import Finding, said_by
from pki.system_checks import data_directory, key_files, master_keys


def findings() -> Iterator[Finding]:
    elsewhere = [*data_directory(), *key_files(), *master_keys()]
    said = [
        message
        for message in checks.run_checks(include_deployment_checks=True)
        if not message.is_silenced() and message not in elsewhere
    ]
    yield from said_by(said, "Settings", "The system checks find nothing.")
