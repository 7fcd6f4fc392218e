"""What a message puts first, and what it folds."""

import pytest
from django.utils import timezone

from pki.actions.summaries import Summary, summary
from pki.models import Notice
from tests.pki.told import notice


def told(*notices: Notice) -> Summary:
    return summary(notices, timezone.now())


def titles(found: Summary) -> list[str]:
    return [section.title for section in found.sections]


def texts(found: Summary) -> list[str]:
    return [
        matter.text
        for section in found.sections
        for fold in section.folds
        for matter in fold.matters
    ]


def test_one_matter_is_its_own_headline(db: None) -> None:
    assert told(notice(days=7)).headline == "The certificate of cm1.example.com expires in 7 days."


def test_several_of_a_kind_are_a_number_with_names(db: None) -> None:
    found = told(*(notice(f"cm{n}.example.com", days=7, step="7") for n in range(1, 4)))
    assert found.headline == (
        "3 server certificates expire within 7 days: cm1.example.com, cm2.example.com and 1 more"
    )


def test_what_is_over_comes_first_and_the_rest_is_counted(db: None) -> None:
    found = told(
        notice("later.example.com", days=30),
        notice("gone1.example.com", days=-2, step="0"),
        notice("gone2.example.com", days=-1, step="0"),
        notice("probe.example.com", kind="probe", days=None, step="since", text="It is silent."),
    )
    assert found.headline == (
        "2 server certificates have expired: gone1.example.com, gone2.example.com (and 2 more)"
    )
    assert titles(found) == ["Server certificates", "Servers that do not answer as they should"]
    assert [fold.headline for fold in found.sections[0].folds] == [
        "2 server certificates have expired",
        "The certificate of later.example.com expires in 30 days.",
    ]


def test_what_ends_within_days_comes_first_and_what_waits_before_what_ends_in_weeks(
    db: None,
) -> None:
    found = told(
        notice("r", kind="root", days=300),
        notice("w", kind="pending", days=None, step="since"),
        notice("s30", days=29),
        notice("p", kind="probe", days=None, step="since"),
        notice("ws", kind="workstation", days=3),
    )
    assert titles(found) == [
        "Workstation certificates",
        "Servers that do not answer as they should",
        "Server certificates",
        "Workstations waiting for approval",
        "Roots",
    ]


def test_urgent_ones_come_before_what_ends_earlier(db: None) -> None:
    found = told(notice("a", days=1), notice("b", kind="root", days=300, urgent=True))
    assert titles(found) == ["Roots", "Server certificates"]


def test_more_than_ten_of_a_step_are_folded_to_a_number(db: None) -> None:
    found = told(*(notice(f"cm{n:02}.example.com", days=30) for n in range(50)))
    [fold] = found.sections[0].folds
    assert fold.is_folded
    assert fold.headline == "50 server certificates expire within 30 days"
    assert fold.names.startswith("cm00.example.com, cm01.example.com,")
    assert fold.names.endswith(" and 45 more")
    assert fold.url.endswith("/reminders/?kind=server")


def test_settled_matters_stand_apart_and_are_not_told_otherwise(db: None) -> None:
    first = notice("cm1.example.com")
    closed = Notice.objects.create(
        reminder=first.reminder, step="closed", text="cm1.example.com was renewed."
    )
    found = told(first, closed, notice("cm2.example.com"))
    assert texts(found) == ["The certificate of cm2.example.com expires in 30 days."]
    assert found.settled is not None
    assert [matter.text for matter in found.settled.matters] == ["cm1.example.com was renewed."]
    assert told(closed).headline == "cm1.example.com was renewed."


def test_of_two_steps_of_one_matter_only_the_newer_is_told(db: None) -> None:
    first = notice("cm1.example.com", days=7)
    later = Notice.objects.create(reminder=first.reminder, step="7", text="It expires in 7 days.")
    assert texts(told(later, first)) == ["It expires in 7 days."]


@pytest.mark.parametrize("label", ["x" * 290, "two\r\nBcc: everybody@example.com"])
def test_no_name_makes_a_headline_long_or_breaks_its_line(db: None, label: str) -> None:
    found = told(notice(label), notice(f"{label}2"), notice("x", text=f"{label} ends"))
    assert len(found.headline) <= 150
    assert "\n" not in found.headline


def test_who_has_it_in_hand_is_said(db: None) -> None:
    now = timezone.now()
    found = told(notice(acknowledged_at=now, acknowledged_by="anna"))
    assert found.sections[0].folds[0].matters[0].aside == "acknowledged by anna"
