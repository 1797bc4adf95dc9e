"""The ledger of seats, one rule each; with real workers see tests/workers/test_seats_together.py."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from broker.seats import Deny, Grant, Recall, Seats, Verdicts


def ledger(cap: int, *workers: str) -> Seats[str]:
    seats = Seats[str](cap, 100)
    for worker in workers:
        seats.hello(worker, 0)
    return seats


def test_needs_are_granted_before_spare_seats() -> None:
    seats = Seats[str](10, 100, expected=("late",))
    for worker in "ab":
        seats.hello(worker, 0)
    seats.wants("a", 0, 64)
    seats.wants("b", 4, 0)
    assert seats.gone("late") == [Grant("a", 100, 6), Grant("b", 106, 4)]
    assert (seats.free, seats.held("a"), seats.held("b")) == (0, 6, 4)


def test_conn_ids_follow_each_other() -> None:
    seats = ledger(10, "a", "b")
    assert seats.wants("a", 1, 2) == [Grant("a", 100, 3)]
    assert seats.wants("b", 2, 0) == [Grant("b", 103, 2)]
    seats.returns("a", 3, recalled=False)
    assert seats.wants("a", 1, 0) == [Grant("a", 105, 1)]


def test_when_none_is_free_spare_seats_are_called_back_and_given_on() -> None:
    seats = ledger(5, "a", "b")
    seats.wants("a", 1, 64)
    assert seats.wants("b", 2, 0) == [Recall("a")]
    assert seats.returns("a", 4, recalled=True) == [Grant("a", 105, 2), Grant("b", 107, 2)]


def test_nobody_is_called_twice_before_the_answer() -> None:
    seats = ledger(5, "a", "b")
    seats.wants("a", 0, 5)
    assert seats.wants("b", 1, 0) == [Recall("a")]
    assert seats.wants("b", 1, 0) == []


def test_only_when_all_have_answered_and_none_is_free_the_waiting_are_denied() -> None:
    seats = ledger(2, "a", "b", "c")
    seats.wants("a", 1, 0)
    seats.wants("b", 1, 0)
    assert seats.wants("c", 3, 0) == [Recall("a"), Recall("b")]
    assert seats.returns("a", 0, recalled=True) == []
    assert seats.returns("b", 0, recalled=True) == [Deny("c", 3)]


def test_a_full_house_asks_around_once_for_all_who_wait() -> None:
    seats = ledger(1, "a", "b")
    seats.wants("a", 1, 0)
    assert seats.wants("b", 1, 0) == [Recall("a")]
    assert seats.wants("a", 1, 0) == []
    assert seats.wants("b", 1, 0) == []
    # Those who came in the meantime are for the next round.
    assert seats.returns("a", 0, recalled=True) == [Deny("b", 1), Recall("a")]
    assert seats.returns("a", 0, recalled=True) == [Deny("a", 2), Deny("b", 2)]


def test_a_seat_on_its_way_back_is_waited_for() -> None:
    """A subscriber leaves one worker and comes to another before the first one's message is here."""
    seats = ledger(1, "a", "b")
    seats.wants("a", 1, 0)
    seats.wants("b", 1, 0)
    seats.returns("a", 0, recalled=True)
    assert seats.wants("b", 1, 0) == [Recall("a")]
    assert seats.returns("a", 1, recalled=False) == [Grant("b", 101, 1)]
    assert seats.returns("a", 0, recalled=True) == []


def test_a_seat_that_comes_back_goes_to_who_waits() -> None:
    seats = ledger(1, "a", "b")
    seats.wants("a", 1, 0)
    seats.wants("b", 1, 0)
    assert seats.returns("a", 1, recalled=False) == [Grant("b", 101, 1)]
    assert seats.returns("a", 0, recalled=True) == []


def test_seats_granted_after_a_recall_are_called_back_by_the_next_one() -> None:
    """The answer to a recall tells nothing of seats that were granted after the recall was sent."""
    seats = ledger(2, "b", "c")
    seats.wants("b", 1, 1)
    seats.wants("b", 0, 1)
    assert seats.wants("c", 1, 0) == [Recall("b")]
    # A subscriber of each leaves before B has read that: C gets what it needs, then B what it wants ahead.
    assert seats.returns("b", 1, recalled=False) == [Grant("c", 102, 1)]
    assert seats.returns("c", 1, recalled=False) == [Grant("b", 103, 1)]
    # Now B answers with its old spare seat; the new one is still on its way to it.
    assert seats.returns("b", 1, recalled=True) == []
    assert seats.wants("c", 2, 0) == [Grant("c", 104, 1), Recall("b"), Recall("c")]


def test_the_seats_of_a_worker_that_is_gone_are_free() -> None:
    seats = ledger(2, "a", "b")
    seats.wants("a", 2, 0)
    assert seats.wants("b", 1, 0) == [Recall("a")]
    assert seats.gone("a") == [Grant("b", 102, 1)]
    assert (seats.free, seats.knows("a"), seats.held("a")) == (1, False, 0)


def test_a_worker_that_is_gone_is_not_waited_for() -> None:
    seats = ledger(2, "a", "b", "c")
    seats.wants("a", 2, 0)
    seats.wants("b", 1, 0)
    seats.returns("a", 0, recalled=True)
    seats.wants("c", 0, 1)
    assert seats.gone("c") == []
    assert seats.wants("b", 1, 0) == [Recall("a")]
    assert seats.returns("a", 0, recalled=True) == [Deny("b", 2)]


def test_a_new_broker_grants_nothing_before_all_holdings_are_known() -> None:
    seats = Seats[str](5, 100, expected=("a", "b"))
    assert seats.hello("a", 3) == []
    assert seats.wants("a", 2, 0) == []
    assert seats.hello("new", 0) == []
    assert not seats.complete
    assert seats.hello("b", 1) == [Grant("a", 100, 1), Recall("a"), Recall("b")]
    assert seats.complete


def test_a_lowered_cap_takes_no_seat_away_and_grants_none() -> None:
    seats = Seats[str](2, 100, expected=("a",))
    assert seats.hello("a", 5) == []
    assert seats.free == -3
    assert seats.wants("a", 1, 1) == [Recall("a")]
    assert seats.returns("a", 3, recalled=True) == [Deny("a", 1)]
    assert seats.returns("a", 1, recalled=False) == [Grant("a", 100, 1)]


def test_who_no_longer_waits_is_not_granted_for() -> None:
    seats = ledger(1, "a", "b")
    seats.wants("a", 1, 0)
    seats.wants("b", 2, 0)
    seats.wants("b", -1, 0)
    assert seats.returns("a", 0, recalled=True) == [Deny("b", 2)]
    assert seats.wants("b", -5, 0) == []
    assert seats.returns("a", 1, recalled=False) == []


def test_an_unknown_worker_gets_nothing() -> None:
    seats = ledger(5, "a")
    assert seats.wants("stranger", 1, 1) == []
    assert seats.returns("stranger", 1, recalled=True) == []
    assert seats.gone("stranger") == []
    assert seats.free == 5


workers = st.sampled_from("abc")
steps = st.lists(
    st.tuples(st.just("hello"), workers, st.integers(0, 3), st.just(0))
    | st.tuples(st.just("gone"), workers, st.just(0), st.just(0))
    | st.tuples(st.just("wants"), workers, st.integers(-3, 5), st.integers(0, 5))
    | st.tuples(st.sampled_from(("returns", "answers")), workers, st.integers(0, 5), st.just(0)),
    max_size=30,
)


@given(st.integers(1, 8), steps)
def test_whatever_is_said_no_grant_exceeds_what_is_free_and_no_conn_id_comes_twice(
    cap: int, said: list[tuple[str, str, int, int]]
) -> None:
    seats = Seats[str](cap, 1)
    given_ids: list[int] = []
    asked: Counter[str] = Counter()
    for what, worker, count, ahead in said:
        verdicts: Verdicts[str]
        free_before = seats.free
        match what:
            case "hello":
                verdicts = [] if seats.knows(worker) else seats.hello(worker, count)
            case "gone":
                verdicts = seats.gone(worker)
            case "wants":
                asked[worker] += max(0, count)
                verdicts = seats.wants(worker, count, ahead)
            case _:
                verdicts = seats.returns(worker, count, recalled=what == "answers")
        for verdict in verdicts:
            match verdict:
                case Grant(first_conn_id=first, count=granted):
                    assert granted > 0
                    given_ids += range(first, first + granted)
                case Deny(worker=refused, up_to=up_to):
                    assert up_to <= asked[refused]
                    assert seats.free <= 0
                case _:
                    pass
        assert seats.free >= min(0, free_before) or what == "hello"
    assert given_ids == list(range(1, len(given_ids) + 1))
