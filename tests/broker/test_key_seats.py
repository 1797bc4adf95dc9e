"""A key's subscribers over all workers never exceed its limit, and it is refused only when they reach it."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.key_seats import KeyAnswer, KeyCall, KeySeats
from broker.messages import KeyRecord
from broker.rounds import Begun, Late


def key(key_id: str, limit: int | None) -> KeyRecord:
    return KeyRecord(key_id, b"", ("live",), None, limit)


def yes(worker: str, ticket: int, key_id: str = "k") -> KeyAnswer[str]:
    return KeyAnswer(worker, ticket, key_id, granted=True)


def no(worker: str, ticket: int, key_id: str = "k") -> KeyAnswer[str]:
    return KeyAnswer(worker, ticket, key_id, granted=False)


@pytest.fixture
def seats() -> KeySeats[str]:
    seats = KeySeats[str]()
    seats.set_limits([key("k", 2), key("other", 1), key("open", None)])
    for worker in "abc":
        seats.hello(worker, {})
    return seats


def take(seats: KeySeats[str], *workers: str) -> None:
    """Give a seat of "k" to each."""
    for ticket, worker in enumerate(workers, 101):
        assert seats.wants(worker, ticket, "k") == [yes(worker, ticket)]


def test_the_limit_is_one_over_all_workers(seats: KeySeats[str]) -> None:
    take(seats, "a", "b")
    assert seats.wants("a", 1, "k") == [Begun(1), KeyCall("a", 1), KeyCall("b", 2)]
    assert seats.answers("a", 1) == []
    assert seats.answers("b", 2) == [no("a", 1)]
    assert seats.held("k") == 2


def test_a_seat_on_its_way_back_is_waited_for(seats: KeySeats[str]) -> None:
    """A subscriber leaves one worker and comes to another before the first one's message is here."""
    take(seats, "a", "a")
    assert seats.wants("b", 1, "k") == [Begun(1), KeyCall("a", 1)]
    assert seats.returns("a", "k") == [yes("b", 1)]
    assert seats.answers("a", 1) == []


def test_who_came_during_a_round_is_for_the_next_one(seats: KeySeats[str]) -> None:
    take(seats, "a", "a")
    seats.wants("b", 1, "k")
    assert seats.wants("b", 2, "k") == []
    assert seats.answers("a", 1) == [no("b", 1), Begun(2), KeyCall("a", 2)]
    assert seats.answers("a", 2) == [no("b", 2)]


def test_keys_share_a_round_and_only_their_holders_are_called(seats: KeySeats[str]) -> None:
    take(seats, "a", "a")
    assert seats.wants("c", 1, "other") == [yes("c", 1, "other")]
    assert seats.wants("b", 2, "k") == [Begun(1), KeyCall("a", 1)]
    assert seats.wants("b", 3, "other") == []
    assert seats.answers("a", 1) == [no("b", 2), Begun(2), KeyCall("c", 2)]
    assert seats.answers("c", 2) == [no("b", 3, "other")]


def test_who_is_granted_a_seat_during_a_round_is_called_again() -> None:
    """The handshake may have gone, and then its seat is on its way back behind the answer that it gave before."""
    seats = KeySeats[str](expected=("a",))
    seats.set_limits([key("k", 1)])
    for worker in "bc":
        seats.hello(worker, {})
        assert seats.wants(worker, 1, "k") == []
    assert seats.hello("a", {"k": 1}) == [Begun(1), KeyCall("a", 1)]
    assert seats.returns("a", "k") == [yes("b", 1), KeyCall("b", 2)]
    assert seats.answers("a", 1) == []
    assert seats.returns("b", "k") == [yes("c", 1)]


def test_who_has_not_answered_in_time_keeps_what_it_had(seats: KeySeats[str]) -> None:
    take(seats, "a", "b")
    seats.wants("c", 1, "k")
    seats.answers("b", 2)
    assert seats.end_round(1) == [Late("a"), no("c", 1)]
    assert seats.wants("c", 2, "k") == [Begun(2), KeyCall("b", 3)]
    # It speaks again, and is called at once.
    assert seats.returns("a", "other") == [KeyCall("a", 4)]
    assert seats.answers("b", 3) == []
    assert seats.returns("a", "k") == [yes("c", 2)]


def test_with_nobody_left_to_be_called_it_is_refused_at_once(seats: KeySeats[str]) -> None:
    take(seats, "a", "a")
    seats.wants("b", 1, "k")
    seats.end_round(1)
    assert seats.wants("b", 2, "k") == [no("b", 2)]
    seats.set_limits([key("none", 0)])
    assert seats.wants("b", 3, "none") == [no("b", 3, "none")]


def test_a_key_without_a_limit_is_always_good(seats: KeySeats[str]) -> None:
    assert all(seats.wants("a", ticket, "open") == [yes("a", ticket, "open")] for ticket in range(100))


def test_a_worker_that_is_gone_holds_nothing_and_waits_for_nothing(seats: KeySeats[str]) -> None:
    take(seats, "a", "a")
    seats.wants("b", 1, "k")
    seats.wants("c", 2, "k")
    assert seats.gone("b") == []
    assert seats.gone("a") == [yes("c", 2)]
    assert seats.held("k") == 1


def test_a_worker_that_is_gone_is_not_waited_for(seats: KeySeats[str]) -> None:
    seats.set_limits([key("k", 3)])
    take(seats, "a", "b", "b")
    assert seats.wants("c", 1, "k") == [Begun(1), KeyCall("a", 1), KeyCall("b", 2)]
    seats.set_limits([key("k", 2)])
    assert seats.gone("a") == []
    assert seats.answers("b", 2) == [no("c", 1)]


def test_what_a_worker_tells_at_its_hello_counts(seats: KeySeats[str]) -> None:
    seats.hello("d", {"k": 2})
    assert seats.wants("a", 1, "k") == [Begun(1), KeyCall("d", 1)]
    assert seats.returns("d", "k") == [yes("a", 1)]


def test_a_new_broker_answers_only_when_all_holdings_are_known() -> None:
    seats = KeySeats[str](expected=("a", "b", "c"))
    assert seats.set_limits([key("k", 1)]) == []
    assert seats.hello("a", {}) == []
    assert seats.wants("a", 1, "k") == []
    assert seats.hello("b", {"k": 1}) == []
    assert seats.gone("c") == [Begun(1), KeyCall("b", 1)]
    assert seats.answers("b", 1) == [no("a", 1)]


def test_all_keys_that_have_become_free_are_granted_at_once(seats: KeySeats[str]) -> None:
    take(seats, "a", "a")
    seats.wants("a", 1, "other")
    seats.wants("b", 2, "k")
    seats.wants("b", 3, "other")
    assert seats.gone("a") == [yes("b", 2), yes("b", 3, "other")]


def test_a_lowered_limit_lets_those_stay_who_are_in(seats: KeySeats[str]) -> None:
    take(seats, "a", "a")
    seats.set_limits([key("k", 1)])
    seats.returns("a", "k")
    assert seats.wants("b", 1, "k") == [Begun(1), KeyCall("a", 1)]
    assert seats.returns("a", "k") == [yes("b", 1)]


def test_a_raised_limit_lets_those_in_who_wait(seats: KeySeats[str]) -> None:
    take(seats, "a", "a")
    seats.wants("b", 1, "k")
    assert seats.set_limits([key("k", 3)]) == [yes("b", 1)]


def test_a_key_whose_limit_came_later_was_counted_from_the_start(seats: KeySeats[str]) -> None:
    seats.wants("a", 1, "open")
    seats.set_limits([key("open", 1)])
    assert seats.wants("b", 1, "open") == [Begun(1), KeyCall("a", 1)]


def test_giving_back_what_was_not_taken_gains_nothing(seats: KeySeats[str]) -> None:
    seats.returns("a", "k")
    assert seats.returns("stranger", "k") == []
    assert seats.answers("stranger", 1) == []
    assert seats.wants("stranger", 1, "k") == []
    take(seats, "a", "a")
    assert seats.wants("a", 1, "k") == [Begun(1), KeyCall("a", 1)]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("ab"), st.sampled_from(("k", "open")))))
def test_no_sequence_exceeds_the_limit_or_refuses_below_it(said: list[tuple[bool, str, str]]) -> None:
    seats = KeySeats[str]()
    seats.set_limits([key("k", 2), key("open", None)])
    held: Counter[tuple[str, str]] = Counter()
    for worker in "ab":
        seats.hello(worker, {})
    for ticket, (takes, worker, key_id) in enumerate(said):
        if not takes:
            assert seats.returns(worker, key_id) == []
            held[worker, key_id] = max(0, held[worker, key_id] - 1)
            continue
        full = key_id == "k" and held["a", "k"] + held["b", "k"] == 2
        verdicts = seats.wants(worker, ticket, key_id)
        for call in [each for each in verdicts if isinstance(each, KeyCall)]:
            verdicts += seats.answers(call.worker, call.number)
        (answer,) = [each for each in verdicts if isinstance(each, KeyAnswer)]
        assert answer == KeyAnswer(worker, ticket, key_id, granted=not full)
        held[worker, key_id] += not full
