"""Who counts as one client, and whose connection is closed when there are too many."""

import pytest

from certiflow_admin.connection import Connection, Phase
from certiflow_admin.crowd import Crowd, origin


class Connected(Connection):
    """Without a socket."""

    def __init__(
        self, address: str, since: float, phase: Phase = Phase.HEAD, *, is_waiting: bool = True
    ) -> None:
        self.client, self.since = (address, 1), since
        self.phase, self.is_waiting = phase, is_waiting


def crowd_of(*connections: Connected, most_of_one: int = 2, proxies: str = "10.0.0.9") -> Crowd:
    crowd = Crowd(most_of_one, [proxies])
    for connection in connections:
        crowd.add(connection)
    return crowd


@pytest.mark.parametrize(
    ("client", "counted"),
    [
        (("192.0.2.1", 5), "192.0.2.1"),
        (("::ffff:192.0.2.1", 5, 0, 0), "192.0.2.1"),
        (("2001:db8:1:2:3:4:5:6", 5, 0, 0), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 5, 0, 2), "fe80::/64"),
        ("", ""),
    ],
)
def test_an_ipv6_network_counts_as_one(client: object, counted: str) -> None:
    assert origin(client) == counted


def test_the_one_that_waits_longest_goes_for_another_of_its_address() -> None:
    first, second, third = (Connected("192.0.2.1", since) for since in (1, 2, 3))
    crowd = crowd_of(Connected("192.0.2.2", 0), first, second)
    assert crowd.surplus_beside(second) is None
    crowd.add(third)
    assert crowd.surplus_beside(third) is first


def test_idle_ones_go_before_those_that_send() -> None:
    sends, idle = Connected("192.0.2.1", 1), Connected("192.0.2.1", 2, Phase.IDLE)
    third = Connected("192.0.2.1", 3)
    assert crowd_of(sends, idle, third).surplus_beside(third) is idle


def test_what_a_thread_works_on_is_not_closed() -> None:
    served = Connected("192.0.2.1", 1, Phase.SERVED, is_waiting=False)
    stepping = Connected("192.0.2.1", 2, is_waiting=False)
    newest = Connected("192.0.2.1", 3)
    assert crowd_of(served, stepping, newest).surplus_beside(newest) is newest


def test_proxies_bring_as_many_as_they_like() -> None:
    connections = [Connected("10.0.0.9", since) for since in range(5)]
    assert crowd_of(*connections).surplus_beside(connections[-1]) is None


def test_when_all_are_too_many_the_address_with_most_gives_one() -> None:
    many = [Connected("192.0.2.1", since) for since in (5, 4, 6)]
    crowd = crowd_of(Connected("192.0.2.2", 1), *many)
    assert crowd.least_needed() is many[1]
    for connection in many:
        crowd.remove(connection)
    assert crowd.least_needed().client[0] == "192.0.2.2"
