"""The sentences in the documentation that tell what happened."""

from simulation.summary import summary


def test_numbers_of_the_run_are_told() -> None:
    notice = {"kind": "server"}
    document = {
        "seconds": 600,
        "months": [{"judgements": 1000}, {"judgements": 500}],
        "incidents": [],
        "reports": {
            "reminders": {
                "notices": {"1": notice, "2": notice, "3": {"kind": "silent"}},
                "deliveries": {
                    "a": {"sort": "digest", "attempts": 3},
                    "b": {"sort": "webhook", "attempts": 1},
                },
                "tellings": [{}] * 6,
                "deeds": [{"what": "taken_up"}],
            },
            "replacement": {
                "happened": {"started": "2028-02-05T08:00:00"},
                "server_waves": 8,
                "workstation_waves": 3,
                "given_up": 4,
            },
        },
    }
    said = summary(document)
    assert "3 notices: 2 of server certificates that near their end, 1 of silent agents." in said
    assert "1 digests, 0 urgent mails and 1 webhook calls" in said
    assert "each of 6 tellings once; 1 of these messages" in said
    assert "started on 2028-02-05. There were 8 waves of servers and 3" in said
    assert "1,500 judgements" in said
    assert "0 incidents. The run took 600 seconds." in said
