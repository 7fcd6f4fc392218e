"""What happened in the years, in a few sentences for the documentation."""

from collections import Counter
from typing import Any

#: What notices are about.
ABOUT = {
    "server": "of server certificates that near their end",
    "installation": "of certificates to install",
    "workstation": "of workstation certificates that were not renewed",
    "silent": "of silent agents",
    "pending": "of workstations that wait",
    "backup": "of the forgotten backup",
}


def summary(document: dict[str, Any]) -> str:
    """In Markdown, a line each."""
    reports = document["reports"]
    judgements = sum(month.get("judgements", 0) for month in document["months"])
    incidents = len(document["incidents"])
    return "".join(
        f"- {line}\n"
        for line in (
            *reminders(reports["reminders"]),
            *replacement(reports["replacement"]),
            f"{judgements:,} judgements by openssl and the dashboard's own clients, and "
            f"{incidents:,} incidents. The run took {document['seconds']:,} seconds.",
        )
    )


def reminders(report: dict[str, Any]) -> list[str]:
    kinds = Counter(each["kind"] for each in report["notices"].values())
    said = ", ".join(f"{number:,} {ABOUT.get(kind, kind)}" for kind, number in kinds.most_common())
    sorts = Counter(each["sort"] for each in report["deliveries"].values())
    again = sum(each["attempts"] > 1 for each in report["deliveries"].values())
    deeds = Counter(each["what"] for each in report["deeds"])
    return [
        f"{len(report['notices']):,} notices: {said}.",
        f"{sorts['digest']:,} digests, {sorts['urgent']:,} urgent mails and {sorts['webhook']:,} "
        f"webhook calls told them, each of {len(report['tellings']):,} tellings once; {again:,} "
        "of these messages arrived at a later attempt.",
        f"{deeds['taken_up']:,} reminders were taken up, {deeds['put_off']:,} put off.",
    ]


def replacement(report: dict[str, Any]) -> list[str]:
    steps = ", ".join(f"{what} on {at[:10]}" for what, at in report["happened"].items())
    return [
        f"The root's replacement: {steps}. There were {report['server_waves']:,} waves of servers "
        f"and {report['workstation_waves']:,} of workstations; {report['given_up']:,} workstations "
        "that held it up were gone and revoked."
    ]
