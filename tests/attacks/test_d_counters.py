"""Counters against guessing: nobody floods them away, and nothing else shares their place."""

import time
from typing import Any

import pytest
import time_machine
from django.core.cache import caches
from django.core.cache.backends.db import BaseDatabaseCache
from django.core.management import call_command
from django.db import connection
from django.test import Client

from certiflow_admin.environment import counter_caches
from pki.counter_cache import CounterCache
from pki.models import Authority, User

LOGIN = "/accounts/login/"


@pytest.fixture
def small(db: None, settings: Any) -> CounterCache:
    """As in use, with room for twenty."""
    entry = {
        "BACKEND": "pki.counter_cache.CounterCache", "LOCATION": "small_counters",
        "OPTIONS": {"MAX_ENTRIES": 20},
    }  # fmt: skip
    settings.CACHES = {"default": entry}
    call_command("createcachetable", verbosity=0)
    cache = caches["default"]
    assert isinstance(cache, CounterCache)
    return cache


def test_a_flood_pushes_out_its_own_entries_before_older_ones(small: CounterCache) -> None:
    # In the order of the keys this would be the first to go.
    small.set("a-name", [1.0], 300)
    for number in range(200):
        small.add(f"flood-{number}", 1, 60)
    assert small.get("a-name") == [1.0]


def test_what_is_over_goes_first(small: CounterCache) -> None:
    with time_machine.travel(time.time(), tick=False) as clock:
        for number in range(20):
            small.set(f"over-{number}", 1, 60)
        clock.shift(61)
        for number in range(15):
            small.set(f"a-{number}", 1, 300)
        assert all(small.get(f"a-{number}") == 1 for number in range(15))


def test_what_is_over_is_removed_without_waiting_for_a_flood(small: CounterCache) -> None:
    with time_machine.travel(time.time(), tick=False) as clock:
        small.set("over", 1, 60)
        small.set("going-on", 1, 300)
        clock.shift(61)
        assert small.remove_expired() == 1
        assert small.get("going-on") == 1


def test_each_kind_has_a_place_of_its_own_and_room_for_an_attack() -> None:
    made = counter_caches({"BACKEND": "django.core.cache.backends.db.DatabaseCache",
                           "LOCATION": "certiflow_cache"})  # fmt: skip
    assert {"default", "counters", "refusals"} == set(made)
    assert len({entry["LOCATION"] for entry in made.values()}) == 3
    for alias in ("counters", "refusals"):
        assert made[alias]["OPTIONS"]["MAX_ENTRIES"] >= 100_000
        assert made[alias]["BACKEND"] == "pki.counter_cache.CounterCache"


def test_in_another_cache_they_are_kept_apart_by_a_prefix() -> None:
    made = counter_caches({"BACKEND": "django.core.cache.backends.redis.RedisCache",
                           "LOCATION": "redis://cache.example.com"})  # fmt: skip
    assert len({entry.get("KEY_PREFIX", "") for entry in made.values()}) == 3


def test_guesses_are_counted_apart_from_everything_else(
    authority: Authority, administrator: User, client: Client
) -> None:
    for number in range(6):
        answer = client.post(
            LOGIN, {"login": "administrator", "password": f"wrong {number}"}, secure=True
        )
    assert "Too many" in answer.content.decode()
    caches["default"].clear()
    caches["refusals"].clear()
    answer = client.post(LOGIN, {"login": "administrator", "password": "x"}, secure=True)
    assert "Too many" in answer.content.decode()
    caches["counters"].clear()
    answer = client.post(LOGIN, {"login": "administrator", "password": "x"}, secure=True)
    assert "Too many" not in answer.content.decode()


def test_the_tables_are_made_with_the_others(db: None, settings: Any) -> None:
    settings.CACHES = counter_caches(
        {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "of_this_test"}
    )
    call_command("createcachetable", verbosity=0)
    names = connection.introspection.table_names()
    assert {"of_this_test", "of_this_test_counters", "of_this_test_refusals"} <= set(names)
    assert isinstance(caches["counters"], BaseDatabaseCache)
    caches["counters"].set("a", [1], 60)
    assert caches["counters"].get("a") == [1]
