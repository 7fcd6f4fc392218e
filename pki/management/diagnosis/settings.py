"""What Django and the product's own system checks say about the settings in force."""

from collections.abc import Iterator

from django.core import checks

from pki.management.diagnosis.finding import Finding, mend, ok, warn

CHECK = "Settings"


def findings() -> Iterator[Finding]:
    said = [
        message
        for message in checks.run_checks(include_deployment_checks=True)
        if not message.is_silenced()
    ]
    for message in said:
        kind = mend if message.is_serious() else warn
        yield kind(CHECK, f"{' '.join(message.msg.split())} ({message.id})", message.hint or "")
    if not said:
        yield ok(CHECK, "The system checks find nothing.")
