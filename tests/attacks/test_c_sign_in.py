"""Guessing at the sign-in: it is stopped, and it stops nobody else."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from pki.models import Authority, KnownAddress, User
from tests.attacks.test_c_sessions import add_second_factor, code_of
from tests.pki.conftest import PASSWORD, Signed

LOGIN = "/accounts/login/"
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
AT_HOME = "198.51.100.7"
ATTACKER = "203.0.113.66"


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.fixture(autouse=True)
def _set_up(clock: Any, authority: Authority, administrator: User) -> None:
    pass


def sign_in(
    address: str, password: str = PASSWORD, name: str = "administrator", **headers: str
) -> Any:
    return Client().post(
        LOGIN, {"login": name, "password": password}, secure=True, REMOTE_ADDR=address, **headers
    )


def guess(address: str, times: int = 1, **more: str) -> Any:
    for number in range(times):
        answer = sign_in(address, f"wrong {number}", **more)
    return answer


def gets_in(address: str, **more: str) -> bool:
    return sign_in(address, **more).status_code == 302


def strangers(number: int) -> list[str]:
    return [f"192.0.2.{index + 1}" for index in range(number)]


def test_guessing_from_one_address_is_stopped() -> None:
    assert "Too many" in guess(ATTACKER, 6).content.decode()
    assert not gets_in(ATTACKER)


def test_it_locks_nobody_out_elsewhere() -> None:
    for _ in range(20):
        guess(ATTACKER)
    assert gets_in(AT_HOME)


def test_another_host_header_or_spelling_is_no_other_name() -> None:
    for number, name in enumerate(["administrator", "Administrator", "ADMINISTRATOR"] * 2):
        guess(ATTACKER, name=name, HTTP_HOST=f"host{number}.example")
    assert not gets_in(ATTACKER, HTTP_HOST="another.example")


def test_one_ipv6_network_is_one_address() -> None:
    for number in range(6):
        guess(f"2001:db8:1:2::{number + 1:x}")
    assert not gets_in("2001:db8:1:2:ffff::1")
    assert gets_in("2001:db8:1:3::1")


def test_ipv4_addresses_on_an_ipv6_socket_are_counted_one_by_one() -> None:
    guess(f"::ffff:{ATTACKER}", 6)
    assert not gets_in(f"::ffff:{ATTACKER}")
    assert gets_in(f"::ffff:{AT_HOME}")


def test_one_name_from_many_addresses_is_slow() -> None:
    for address in strangers(15):
        guess(address)
    # Slow for strangers, however many they are.
    assert not gets_in("192.0.2.201")
    assert not gets_in("192.0.2.202")


def test_slow_is_no_lock(clock: Any) -> None:
    for address in strangers(15):
        guess(address)
    answer = sign_in("192.0.2.201")
    assert "20 seconds" in answer.content.decode()
    clock.shift(21)
    assert gets_in("192.0.2.201")


def test_a_known_address_is_never_slow() -> None:
    assert gets_in(AT_HOME)
    for address in strangers(30):
        guess(address)
    for _ in range(12):
        assert gets_in(AT_HOME)


def test_a_known_ipv6_network_is_known_as_a_whole() -> None:
    assert gets_in("2001:db8:9:9::1")
    for address in strangers(15):
        guess(address)
    assert gets_in("2001:db8:9:9:abcd::2")


def test_knowing_somebody_elses_address_helps_nobody() -> None:
    assert gets_in(AT_HOME)
    User.objects.create_user("other", password=PASSWORD, role="viewer")
    for address in strangers(15):
        guess(address, name="other")
    assert not gets_in(AT_HOME, name="other")


def test_a_name_that_does_not_exist_behaves_as_one_that_does() -> None:
    for name in ("administrator", "nobody-of-this-name"):
        for address in strangers(15):
            guess(address, name=name)
    answers = [
        sign_in("192.0.2.250", "wrong", name=name).content.decode().replace(name, "…")
        for name in ("administrator", "nobody-of-this-name")
    ]
    assert all("20 seconds" in answer for answer in answers)


def test_who_is_over_the_own_limit_takes_no_turn_of_others(clock: Any) -> None:
    for address in strangers(15):
        guess(address)
    for _ in range(5):
        clock.shift(21)
        guess(ATTACKER)
    clock.shift(21)
    guess(ATTACKER, 3)
    assert gets_in("192.0.2.201")


def test_signing_in_well_uses_nothing_up() -> None:
    assert all(gets_in(AT_HOME) for _ in range(25))


def test_guesses_elsewhere_do_not_stop_the_confirmation_of_a_session(
    as_administrator: Signed,
) -> None:
    for address in [*strangers(15), ATTACKER]:
        guess(address)
    # Also where the person has gone on to another address meanwhile.
    answer = as_administrator.post(
        "/accounts/reauthenticate/", {"password": PASSWORD}, REMOTE_ADDR="192.0.2.222"
    )
    assert answer.status_code == 302, answer.content.decode()


def test_guessing_at_the_confirmation_is_stopped(as_administrator: Signed) -> None:
    for number in range(6):
        as_administrator.post("/accounts/reauthenticate/", {"password": f"wrong {number}"})
    answer = as_administrator.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert answer.status_code != 302


@pytest.mark.django_db(transaction=True)
def test_wrong_codes_elsewhere_do_not_stop_the_second_step(confirmed: Signed, clock: Any) -> None:
    secret = add_second_factor(confirmed)
    clock.shift(60)
    # He has the password, and no code.
    thief = Client()
    thief.post(
        LOGIN, {"login": "administrator", "password": PASSWORD}, secure=True, REMOTE_ADDR=ATTACKER
    )
    for _ in range(8):
        answer = second_step(thief, "000000", ATTACKER)
    assert "Too many" in answer.content.decode()
    assert second_step(thief, code_of(secret), ATTACKER).status_code != 302
    person = Client()
    person.post(
        LOGIN, {"login": "administrator", "password": PASSWORD}, secure=True, REMOTE_ADDR=AT_HOME
    )
    assert second_step(person, code_of(secret), AT_HOME).status_code == 302
    assert person.get("/servers/", secure=True).status_code == 200


def second_step(browser: Client, code: str, address: str) -> Any:
    return browser.post(
        "/accounts/two-step/authenticate/", {"code": code}, secure=True, REMOTE_ADDR=address
    )


@pytest.mark.django_db(transaction=True)
def test_codes_from_many_addresses_are_slow(confirmed: Signed, clock: Any) -> None:
    secret = add_second_factor(confirmed)
    clock.shift(60)
    answers = []
    for address in strangers(14):
        thief = Client()
        thief.post(
            LOGIN, {"login": "administrator", "password": PASSWORD},
            secure=True, REMOTE_ADDR=address,
        )  # fmt: skip
        answers.append(second_step(thief, "000000", address).content.decode())
    assert "minute" in answers[-1]
    known = Client()
    known.post(
        LOGIN, {"login": "administrator", "password": PASSWORD},
        secure=True, REMOTE_ADDR="127.0.0.1",
    )  # fmt: skip
    assert second_step(known, code_of(secret), "127.0.0.1").status_code == 302


def test_a_few_addresses_are_remembered_and_old_ones_forgotten(administrator: User) -> None:
    for number in range(30):
        assert gets_in(f"192.0.2.{number + 1}")
    assert KnownAddress.objects.filter(user=administrator).count() == 20
    assert KnownAddress.objects.filter(network="192.0.2.30").exists()


def test_addresses_that_were_not_used_for_long_are_removed(clock: Any) -> None:
    from pki.jobs.tidying import work

    assert gets_in(AT_HOME)
    clock.shift(100 * 24 * 60 * 60)
    work()
    assert KnownAddress.objects.filter(network=AT_HOME).exists()
    clock.shift(100 * 24 * 60 * 60)
    work()
    assert not KnownAddress.objects.filter(network=AT_HOME).exists()
