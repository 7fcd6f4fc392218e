"""The rule for passwords, without a database."""

import subprocess
import sys

import pytest

from pki.errors import InvalidInput
from pki.password_rule import FILES, PEOPLE, check_password, random_password, words


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "Пароль и 密码 🔑🔑🔑",
        "k7mq-x4td-92vb-hnpw",
        "x" * 3 + "9fQz!pLw2#vB",
    ],
)
def test_good_ones_pass_for_people_and_files(password: str) -> None:
    check_password(password, PEOPLE)
    check_password(password, FILES)


def test_a_short_one_is_told_both_numbers() -> None:
    with pytest.raises(InvalidInput, match="11 characters; at least 12"):
        check_password("9fQz!pLw2#v", PEOPLE)


def test_words_that_are_known_here_count_for_nothing() -> None:
    check_password("szczebrzeszynski", PEOPLE)
    with pytest.raises(InvalidInput, match="easy to guess"):
        check_password("szczebrzeszynski", PEOPLE, known=["a.szczebrzeszynski@example.com"])


def test_the_words_of_one_call_are_not_those_of_the_next() -> None:
    with pytest.raises(InvalidInput, match="easy to guess"):
        check_password("szczebrzeszynski", PEOPLE, known=["szczebrzeszynski"])
    check_password("szczebrzeszynski", PEOPLE)


def test_known_texts_are_taken_apart() -> None:
    assert words(["ab", "m.kowalczyk@example.com"]) == [
        "m.kowalczyk@example.com", "kowalczyk", "example", "com",
    ]  # fmt: skip


def test_made_ones_have_six_groups() -> None:
    assert [len(group) for group in random_password().split("-")] == [4] * 6


def test_importing_the_rule_loads_neither_word_lists_nor_django() -> None:
    script = (
        "import sys, pki.password_rule; print('zxcvbn' in sys.modules, 'django' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]
