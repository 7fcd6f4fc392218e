"""The log of the years by month."""

from datetime import UTC, datetime, timedelta

from simulation.log import Log, table

MAY, JUNE = datetime(2027, 5, 3, tzinfo=UTC), datetime(2027, 6, 9, tzinfo=UTC)


def lines(log: Log) -> list[str]:
    return table(log.document(timedelta(seconds=1), {})).splitlines()


def test_what_is_counted_adds_up_within_a_month() -> None:
    log = Log()
    log.count(MAY, {"polls": 700})
    log.count(MAY, {"polls": 800})
    log.count(JUNE, {"polls": 3})
    assert lines(log)[2:] == ["| 2027-05 | 1,500 | 0 |", "| 2027-06 | 3 | 0 |"]


def test_what_stands_at_the_end_of_a_month_is_the_last_number() -> None:
    log = Log()
    log.stands(MAY, {"list_number": 7})
    log.stands(MAY, {"list_number": 9})
    assert lines(log)[2:] == ["| 2027-05 | 9 | 0 |"]


def test_incidents_are_counted_and_kept_and_have_a_column_always() -> None:
    log = Log()
    log.incident(MAY, "The revocation list is stale.")
    assert lines(log) == ["| Month | Incidents |", "|---|---:|", "| 2027-05 | 1 |"]
    kept = log.document(timedelta(seconds=1), {})["incidents"]
    assert kept == [{"at": "2027-05-03", "what": "The revocation list is stale."}]
