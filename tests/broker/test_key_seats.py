"""A key's subscribers over all workers never exceed its limit."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.key_seats import KeySeats
from broker.messages import KeyRecord


def key(key_id: str, limit: int | None) -> KeyRecord:
    return KeyRecord(key_id, b"", ("live",), None, limit)


@pytest.fixture
def seats() -> KeySeats[str]:
    seats = KeySeats[str]()
    seats.set_limits([key("k", 2), key("open", None)])
    seats.hello("a", {})
    seats.hello("b", {})
    return seats


def test_the_limit_is_one_over_all_workers(seats: KeySeats[str]) -> None:
    assert [seats.take(worker, "k") for worker in "aba"] == [True, True, False]
    seats.give_back("b", "k")
    assert [seats.take("a", "k"), seats.take("b", "k")] == [True, False]


def test_a_key_without_a_limit_is_always_good(seats: KeySeats[str]) -> None:
    assert all(seats.take("a", "open") for _ in range(100))


def test_a_worker_that_is_gone_holds_nothing(seats: KeySeats[str]) -> None:
    assert seats.take("a", "k")
    assert seats.take("a", "k")
    seats.gone("a")
    assert seats.take("b", "k")
    assert not seats.take("a", "k")


def test_what_a_worker_tells_at_its_hello_counts(seats: KeySeats[str]) -> None:
    seats.hello("c", {"k": 2})
    assert not seats.take("a", "k")
    seats.give_back("c", "k")
    assert seats.take("a", "k")


def test_a_lowered_limit_lets_those_stay_who_are_in(seats: KeySeats[str]) -> None:
    assert seats.take("a", "k")
    assert seats.take("a", "k")
    seats.set_limits([key("k", 1)])
    seats.give_back("a", "k")
    assert not seats.take("a", "k")
    seats.give_back("a", "k")
    assert seats.take("a", "k")


def test_a_key_whose_limit_came_later_was_counted_from_the_start(seats: KeySeats[str]) -> None:
    assert seats.take("a", "open")
    seats.set_limits([key("open", 1)])
    assert not seats.take("b", "open")


def test_giving_back_what_was_not_taken_gains_nothing(seats: KeySeats[str]) -> None:
    seats.give_back("a", "k")
    seats.give_back("stranger", "k")
    assert [seats.take("a", "k") for _ in range(3)] == [True, True, False]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("ab"), st.sampled_from(("k", "open")))))
def test_no_sequence_exceeds_the_limit_or_refuses_below_it(said: list[tuple[bool, str, str]]) -> None:
    seats = KeySeats[str]()
    seats.set_limits([key("k", 2), key("open", None)])
    held: Counter[tuple[str, str]] = Counter()
    for worker in "ab":
        seats.hello(worker, {})
    for takes, worker, key_id in said:
        if takes:
            full = key_id == "k" and held["a", "k"] + held["b", "k"] == 2
            assert seats.take(worker, key_id) is not full
            held[worker, key_id] += not full
        else:
            seats.give_back(worker, key_id)
            held[worker, key_id] = max(0, held[worker, key_id] - 1)
