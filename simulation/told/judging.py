"""Every reminder once: what the database says was told, what arrived, and what was promised."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from simulation.fleet import MOST
from simulation.parts.part import Witness
from simulation.plan import Plan
from simulation.told.documents import (
    ADMINISTRATOR,
    CLOSED,
    ESCALATED,
    HEAD,
    MOST_NAMED,
    WEBHOOK,
    sentences,
)
from simulation.told.steps import Life, promised

#: What never happens in these years, so that there is nothing to remind of.
NEVER = ("root", "probe", "revocation-list", "job")
#: Days after which a silent agent is told.
SILENT_AFTER = 30
Told = Mapping[str, Any]


def judge(plan: Plan, report: dict[str, Any], witness: Witness) -> list[str]:
    told = dict(report, notices={int(pk): each for pk, each in report["notices"].items()})
    return [
        *nothing_needless(plan, told),
        *recipients(plan, told),
        *sent(told),
        *letters(told, witness),
        *calls(told, witness),
        *one_digest_a_day(told),
        *steps(plan, told),
        *silent_agents(plan, told),
        *outage(plan, told),
    ]


def nothing_needless(plan: Plan, told: Told) -> Iterator[str]:
    automatic = {each.fqdn for each in plan.servers if each.by_hand is None}
    for each in told["notices"].values():
        if each["kind"] in NEVER:
            yield f"Told although there was nothing to tell: {each['text']}"
        if each["kind"] == "server" and each["label"] in automatic:
            yield f"Told of a server that renews itself: {each['text']}"


def recipients(plan: Plan, told: Told) -> Iterator[str]:
    """Each once, and nobody else."""
    owners = {each.fqdn: each.owner for each in plan.servers if each.owner}
    to: dict[int, list[str]] = defaultdict(list)
    for each in told["tellings"]:
        to[each["notice"]].append(each["to"])
    for pk, notice in told["notices"].items():
        expected = {HEAD} if notice["step"] == ESCALATED else {ADMINISTRATOR, WEBHOOK}
        if notice["step"] != ESCALATED and notice["kind"] in {"server", "installation"}:
            expected |= {owners[notice["label"]]} if notice["label"] in owners else set()
        if sorted(to[pk]) != sorted(expected):
            yield f"Told to {to[pk]} instead of {sorted(expected)}: {notice['text']}"


def sent(told: Told) -> Iterator[str]:
    """Nothing waits in the end, and nothing was given up."""
    left = sum(not each["delivery"] for each in told["tellings"])
    if left:
        yield f"{left} tellings are in no message."
    for pk, each in told["deliveries"].items():
        if each["state"] != "sent":
            yield f"The message {pk} to {each.get('to')} is {each['state']}."


def in_messages(told: Told) -> dict[str, list[int]]:
    """Keys of the notices in each message."""
    found: dict[str, list[int]] = defaultdict(list)
    for each in told["tellings"]:
        found[each["delivery"]].append(each["notice"])
    return found


def letters(told: Told, witness: Witness) -> Iterator[str]:
    """Every mail arrived once, at whom it is for, and says exactly what it has to."""
    arrived = defaultdict(list)
    for letter in witness.letters:
        arrived[letter.id].append(letter)
    contents = in_messages(told)
    for pk, each in told["deliveries"].items():
        if each["to"] == WEBHOOK:
            continue
        found = arrived.pop(pk, [])
        if [letter.recipients for letter in found] != [(each["to"],)]:
            yield f"The mail {pk} to {each['to']} arrived {len(found)} times."
            continue
        expected = lines([(n, told["notices"][n]) for n in sorted(contents[pk])])
        said = Counter(sentences(found[0].text))
        for number in expected.pop("", ()):
            folded = [line for line in said if line.startswith(f"{number} ")]
            if not folded:
                yield f"The mail {pk} does not tell of {number} at once."
            else:
                said[folded[0]] -= 1
        if +said != Counter(expected[None]):
            yield f"The mail {pk} to {each['to']} says {+said} instead of {expected[None]}."
    left = [letter.subject for found in arrived.values() for letter in found]
    if len(left) != 1:
        yield f"Letters that no message is: {left[:20]}"


def lines(notices: list[tuple[int, Any]]) -> dict[Any, list[Any]]:
    """The sentences of a mail under None, and how many are told as a number under ""."""
    newest = {notice["reminder"]: notice for _, notice in notices}
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for notice in newest.values():
        over = notice["step"] == CLOSED
        alike["" if over else notice["kind"], notice["step"]].append(notice["text"])
    found: dict[Any, list[Any]] = {None: [], "": []}
    for texts in alike.values():
        if len(texts) > MOST_NAMED:
            found[""].append(len(texts))
        else:
            found[None] += texts
    return found


def calls(told: Told, witness: Witness) -> Iterator[str]:
    """Each notice in one call, each call once; signatures were checked when it came."""
    ids = Counter(call.id for call in witness.calls)
    expected = {pk for pk, each in told["deliveries"].items() if each["to"] == WEBHOOK}
    if ids != Counter(expected):
        yield f"Calls that came twice or not at all: {ids - Counter(expected)}"
    said = Counter(
        (fact["reminder"], fact["step"], fact["text"])
        for call in witness.calls
        for fact in call.document["notices"]
    )
    notices = Counter(
        (each["reminder"], each["step"], each["text"])
        for each in told["notices"].values()
        if each["step"] != ESCALATED
    )
    if said != notices:
        yield f"By webhook was told too much {said - notices} or too little {notices - said}."


def one_digest_a_day(told: Told) -> Iterator[str]:
    days = Counter(
        (each["to"], each["at"][:10])
        for each in told["deliveries"].values()
        if each.get("sort") == "digest"
    )
    for (address, day), number in days.items():
        if number > 1:
            yield f"{address} got {number} digests on {day}."


def steps(plan: Plan, told: Told) -> Iterator[str]:
    """Of certificates that people renew, and of those whose agents did not."""
    looks = [datetime.fromisoformat(each) for each in told["looks"]]
    by_key: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for notice in told["notices"].values():
        by_key[notice["kind"], notice["key"]].append(notice)
    deeds: dict[int, list[Any]] = defaultdict(list)
    for deed in told["deeds"]:
        deeds[deed["reminder"]].append(deed)
    automatic = {each.fqdn for each in plan.servers if each.by_hand is None}
    for each in told["lives"]:
        life = Life.read(each)
        if life.whose in automatic:
            continue
        notices = by_key.pop((life.kind, each["key"]), [])
        mine = [deed for pk in {notice["reminder"] for notice in notices} for deed in deeds[pk]]
        expected = [(step, f"{look:%Y-%m-%d}") for step, look in promised(life, looks, mine)]
        said = [(notice["step"], notice["at"][:10]) for notice in notices]
        if said != expected:
            yield f"Of {life.whose}, which ends on {life.ends:%Y-%m-%d}: {said}, not {expected}."
    for (kind, key), notices in by_key.items():
        if kind in {"server", "workstation"}:
            yield f"Told of {key}, which no certificate is: {notices[0]['text']}"


def silent_agents(plan: Plan, told: Told) -> Iterator[str]:
    """Each silence is told once, and of nobody who came by."""
    begin = datetime.fromisoformat(told["looks"][0]) - timedelta(days=plan.size.step)
    last = {each.agent_id: each.away[0] if each.away else each.dies for each in plan.agents}
    of: dict[str, list[Any]] = defaultdict(list)
    for notice in told["notices"].values():
        if notice["kind"] == "silent" and notice["step"] == "since":
            of[told["agents"][notice["key"]]].append(notice)
    for agent, notices in of.items():
        if last[agent] is None:
            yield f"{agent} comes by, and was told as silent: {notices[0]['text']}"
        elif len(notices) != 1:
            yield f"{agent} was told as silent {len(notices)} times."
    for each in plan.agents:
        if each.dies is None or each.dies + SILENT_AFTER + plan.size.step >= plan.size.days:
            continue
        at = [datetime.fromisoformat(notice["at"]) for notice in of[each.agent_id]]
        day = (at[0] - begin).days if at else None
        earliest = each.dies + SILENT_AFTER - MOST - 1
        if day is None or not earliest <= day <= each.dies + SILENT_AFTER + plan.size.step:
            yield f"{each.agent_id} died on day {each.dies} and was told as silent on day {day}."


def outage(plan: Plan, told: Told) -> Iterator[str]:
    """There was something to tell when nothing arrived, or the outage would show nothing."""
    again = [each for each in told["deliveries"].values() if each.get("attempts", 0) > 1]
    if {each["to"] == WEBHOOK for each in again} != {True, False}:
        yield f"No mail and call had to be tried again in the days {plan.outage}."
