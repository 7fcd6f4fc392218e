"""A judge of reminders that would notice what is lost, doubled, late or needless."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from simulation.mailbox import Letter
from simulation.parts.part import Witness
from simulation.plan import A_YEAR, plan
from simulation.receiver import Call
from simulation.told.documents import ADMINISTRATOR, WEBHOOK
from simulation.told.judging import judge

WORLD = plan(A_YEAR)
[BY_HAND] = [each for each in WORLD.servers if each.by_hand is not None]
AUTOMATIC = WORLD.servers[0].fqdn
BEGIN = datetime(2027, 1, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
TEXT = f"The certificate of {BY_HAND.fqdn} expires in 60 days, on 11 Apr 2027."
SETTLED = f"{BY_HAND.fqdn}: settled."

Case = tuple[dict[str, Any], list[Letter], list[Call]]


def letter(pk: str, to: str, *sentences: str) -> Letter:
    message = EmailMessage()
    message["Message-ID"] = f"<{pk}@localhost>"
    message["Subject"] = "Something is to be done"
    message.set_content("\n".join(f"- {each}\n  https://localhost/" for each in sentences))
    return Letter(BEGIN, "certiflow@localhost", (to,), message)


def notice(step: str, text: str, at: datetime) -> dict[str, Any]:
    return {
        "reminder": 1,
        "kind": "server",
        "key": "certificate:7",
        "label": BY_HAND.fqdn,
        "step": step,
        "text": text,
        "urgent": False,
        "at": at.isoformat(),
    }


@pytest.fixture
def case() -> Case:
    """A certificate of a hundred days whose first step was told, and that was renewed then."""
    looks = [BEGIN + (DAY * day) for day in range(60)]
    notices = {"1": notice("60", TEXT, looks[40]), "2": notice("closed", SETTLED, looks[44])}
    tellings, deliveries, letters, calls = (
        [],
        {},
        [letter("first", "office@example.com", "The years begin")],
        [],
    )
    for pk, told in notices.items():
        for to in (ADMINISTRATOR, BY_HAND.owner, WEBHOOK):
            key = f"{pk}-{to}".replace("@", ".")
            tellings.append({"notice": int(pk), "to": to, "delivery": key})
            deliveries[key] = {
                "sort": "webhook" if to == WEBHOOK else "digest",
                "to": to,
                "state": "sent",
                "attempts": 2,
                "at": told["at"],
            }
            if to == WEBHOOK:
                facts = [{name: told[name] for name in ("reminder", "step", "text")}]
                calls.append(Call(BEGIN, key, {"notices": facts}))
            else:
                letters.append(letter(key, to, f"{told['text']} (acknowledged by anna)"))
    report = {
        "looks": [each.isoformat() for each in looks],
        "notices": notices,
        "tellings": tellings,
        "deliveries": deliveries,
        "deeds": [],
        "agents": {},
        "lives": [
            {
                "key": "certificate:7",
                "kind": "server",
                "whose": BY_HAND.fqdn,
                "issued": BEGIN.isoformat(),
                "ends": (BEGIN + DAY * 100).isoformat(),
                "over": (looks[43] + timedelta(minutes=1)).isoformat(),
            }
        ],
    }
    return report, letters, calls


def judged(case: Case) -> str:
    report, letters, calls = deepcopy(case)
    # Nobody dies in this story.
    world = plan(A_YEAR)
    quiet = type(world)(**{**vars(world), "agents": ()})
    return "\n".join(judge(quiet, report, Witness(letters, calls, {}, {}, {})))


def test_all_is_well(case: Case) -> None:
    assert judged(case) == ""


def lose_a_letter(case: Case) -> None:
    case[1].pop()


def double_a_letter(case: Case) -> None:
    case[1].append(case[1][-1])


def change_a_letter(case: Case) -> None:
    case[1][-1] = letter(case[1][-1].id, case[1][-1].recipients[0], "Nothing to do.")


def say_more(case: Case) -> None:
    case[1][-1] = letter(case[1][-1].id, case[1][-1].recipients[0], SETTLED, TEXT)


def lose_a_call(case: Case) -> None:
    case[2].pop()


def double_a_call(case: Case) -> None:
    case[2].append(case[2][0])


def give_up_a_message(case: Case) -> None:
    next(iter(case[0]["deliveries"].values()))["state"] = "failed"


def forget_the_owner(case: Case) -> None:
    case[0]["tellings"] = [each for each in case[0]["tellings"] if each["to"] != BY_HAND.owner]


def leave_one_waiting(case: Case) -> None:
    case[0]["tellings"][0]["delivery"] = ""


def tell_late(case: Case) -> None:
    case[0]["notices"]["1"]["at"] = (BEGIN + DAY * 42).isoformat()


def forget_a_step(case: Case) -> None:
    case[0]["lives"][0]["over"] = (BEGIN + DAY * 80).isoformat()
    case[0]["looks"] = [(BEGIN + DAY * day).isoformat() for day in range(90)]


def remind_of_an_automatic_one(case: Case) -> None:
    case[0]["notices"]["1"]["label"] = AUTOMATIC


def send_two_digests(case: Case) -> None:
    for each in case[0]["deliveries"].values():
        each["at"] = BEGIN.isoformat()


def never_be_away(case: Case) -> None:
    for each in case[0]["deliveries"].values():
        each["attempts"] = 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lose_a_letter, "arrived 0 times"),
        (double_a_letter, "arrived 2 times"),
        (change_a_letter, "Nothing to do."),
        (say_more, "instead of"),
        (lose_a_call, "not at all"),
        (double_a_call, "came twice"),
        (give_up_a_message, "is failed"),
        (forget_the_owner, "instead of"),
        (leave_one_waiting, "are in no message"),
        (tell_late, "not [('60'"),
        (forget_a_step, "('30', '"),
        (remind_of_an_automatic_one, "renews itself"),
        (send_two_digests, "2 digests"),
        (never_be_away, "had to be tried again"),
    ],
)
def test_what_is_wrong_is_noticed(case: Case, change: Callable[[Case], None], said: str) -> None:
    change(case)
    assert said in judged(case)
