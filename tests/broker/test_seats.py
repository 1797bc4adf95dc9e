"""The ledger of seats, one rule each; all of them together in test_seats_properties.py and, with real workers, in
tests/workers/test_seats_together.py.
"""

from broker.rounds import Begun, Late
from broker.seats import Deny, Grant, Recall, Seats


def ledger(cap: int, *workers: str) -> Seats[str]:
    seats = Seats[str](cap, 100)
    for worker in workers:
        seats.hello(worker, 0)
    return seats


def test_needs_are_granted_before_spare_seats() -> None:
    seats = ledger(6, "a", "b", "c")
    seats.wants("c", 6, 0)
    seats.wants("b", 4, 0)
    assert seats.wants("a", 0, 64) == []
    assert seats.returns("c", 2) == [Grant("b", 106, 2), Recall("b", 2)]
    assert seats.returns("c", 4) == [Grant("b", 108, 2)]
    assert (seats.free, seats.held("a"), seats.held("b")) == (2, 0, 4)


def test_spare_seats_go_only_to_a_worker_that_has_just_spoken() -> None:
    """It may be frozen, and nobody would know."""
    seats = ledger(4, "a", "b")
    seats.wants("a", 0, 64)
    assert seats.wants("b", 0, 2) == []
    seats.returns("a", 4)
    assert seats.held("a") == 4
    assert seats.gone("a") == []
    seats.hello("a", 0)
    assert seats.wants("a", 1, 64) == [Grant("a", 108, 4)]
    assert seats.returns("a", 3, 9) == [Grant("a", 112, 3)]


def test_conn_ids_follow_each_other() -> None:
    seats = ledger(10, "a", "b")
    assert seats.wants("a", 1, 2) == [Grant("a", 100, 3)]
    assert seats.wants("b", 2, 0) == [Grant("b", 103, 2)]
    seats.returns("a", 3)
    assert seats.wants("a", 1, 0) == [Grant("a", 105, 1)]


def test_when_none_is_free_spare_seats_are_called_back_and_given_on() -> None:
    seats = ledger(5, "a", "b")
    seats.wants("a", 1, 4)
    assert seats.wants("b", 2, 0) == [Begun(1), Recall("a", 1)]
    assert seats.returns("a", 4, 1) == [Grant("b", 105, 2)]
    assert seats.free == 2


def test_nobody_is_called_twice_before_the_answer() -> None:
    seats = ledger(5, "a", "b")
    seats.wants("a", 0, 5)
    assert seats.wants("b", 1, 0) == [Begun(1), Recall("a", 1)]
    assert seats.wants("b", 1, 0) == []


def test_only_when_all_have_answered_and_none_is_free_the_waiting_are_denied() -> None:
    seats = ledger(2, "a", "b", "c")
    seats.wants("a", 1, 0)
    seats.wants("b", 1, 0)
    assert seats.wants("c", 3, 0) == [Begun(1), Recall("a", 1), Recall("b", 2)]
    assert seats.returns("a", 0, 1) == []
    assert seats.returns("b", 0, 2) == [Deny("c", 3)]


def test_a_full_house_asks_around_once_for_all_who_wait() -> None:
    seats = ledger(1, "a", "b")
    seats.wants("a", 1, 0)
    assert seats.wants("b", 1, 0) == [Begun(1), Recall("a", 1)]
    assert seats.wants("a", 1, 0) == []
    assert seats.wants("b", 1, 0) == []
    # Those who came in the meantime are for the next round.
    assert seats.returns("a", 0, 1) == [Deny("b", 1), Begun(2), Recall("a", 2)]
    assert seats.returns("a", 0, 2) == [Deny("a", 2), Deny("b", 2)]


def test_a_seat_on_its_way_back_is_waited_for() -> None:
    """A subscriber leaves one worker and comes to another before the first one's message is here."""
    seats = ledger(1, "a", "b")
    seats.wants("a", 1, 0)
    assert seats.wants("b", 1, 0) == [Begun(1), Recall("a", 1)]
    assert seats.returns("a", 0, 1) == [Deny("b", 1)]
    assert seats.wants("b", 1, 0) == [Begun(2), Recall("a", 2)]
    assert seats.returns("a", 1) == [Grant("b", 101, 1)]
    assert seats.returns("a", 0, 2) == []


def test_who_is_granted_a_seat_during_a_round_is_called_again() -> None:
    """The handshake that it was meant for may have gone, and then it is a spare one that its answer didn't know of."""
    seats = Seats[str](1, 100, expected=("a",))
    for worker in "bc":
        seats.hello(worker, 0)
        seats.wants(worker, 1, 0)
    assert seats.hello("a", 1) == [Begun(1), Recall("a", 1)]
    assert seats.returns("a", 1) == [Grant("b", 100, 1), Recall("b", 2)]
    assert seats.returns("a", 0, 1) == []
    # It had gone: its seat comes back with the answer, and the one that waits gets it.
    assert seats.wants("b", -1, 0) == []
    assert seats.returns("b", 1, 2) == [Grant("c", 101, 1)]


def test_a_round_is_not_over_with_a_grant_that_its_last_answer_made() -> None:
    seats = ledger(2, "a", "b")
    seats.wants("a", 1, 1)
    assert seats.wants("b", 2, 0) == [Begun(1), Recall("a", 1)]
    assert seats.returns("a", 1, 1) == [Grant("b", 102, 1), Recall("b", 2)]
    assert seats.returns("b", 0, 2) == [Deny("b", 2)]


def test_the_answer_to_an_earlier_call_does_not_end_the_round() -> None:
    seats = ledger(2, "a", "b")
    seats.wants("a", 2, 0)
    assert seats.wants("b", 2, 0) == [Begun(1), Recall("a", 1)]
    seats.wants("a", 1, 0)
    assert seats.returns("a", 1) == [Grant("a", 102, 1), Recall("a", 2)]
    assert seats.returns("a", 0, 1) == []
    assert seats.returns("a", 0, 2) == [Deny("b", 2)]


def test_who_has_not_answered_in_time_is_taken_to_have_no_spare_seat() -> None:
    seats = ledger(4, "a", "b")
    seats.wants("a", 1, 2)
    seats.wants("b", 1, 0)
    assert seats.wants("b", 1, 0) == [Begun(1), Recall("a", 1), Recall("b", 2)]
    seats.returns("b", 0, 2)
    assert seats.end_round(1) == [Late("a"), Deny("b", 2)]
    # The next ones aren't kept waiting by it.
    assert seats.wants("b", 1, 0) == [Begun(2), Recall("b", 3)]
    assert seats.returns("b", 0, 3) == [Deny("b", 3)]


def test_whoever_waits_is_denied_at_once_when_nobody_is_left_to_be_called() -> None:
    seats = ledger(3, "a", "b")
    seats.wants("a", 1, 2)
    seats.wants("b", 1, 0)
    assert seats.end_round(1) == [Late("a"), Deny("b", 1)]
    assert seats.wants("b", 2, 0) == [Deny("b", 3)]


def test_who_was_late_is_called_as_soon_as_it_speaks() -> None:
    seats = ledger(3, "a", "b", "c")
    seats.wants("a", 0, 2)
    seats.wants("b", 1, 0)
    seats.wants("c", 1, 0)
    seats.returns("b", 0, 2)
    seats.end_round(1)
    assert seats.wants("c", 1, 0) == [Begun(2), Recall("b", 3)]
    assert seats.wants("a", 0, 0) == [Recall("a", 4)]
    assert seats.returns("b", 0, 3) == []
    # Its answer to the call that it slept through comes first.
    assert seats.returns("a", 2, 1) == [Grant("c", 103, 1)]


def test_a_late_answer_brings_its_seats_to_who_waits_then() -> None:
    seats = ledger(3, "a", "b")
    seats.wants("a", 0, 3)
    seats.wants("b", 1, 0)
    assert seats.end_round(1) == [Late("a"), Deny("b", 1)]
    assert seats.returns("a", 3, 1) == []
    assert seats.free == 3
    assert seats.wants("b", 1, 0) == [Grant("b", 103, 1)]


def test_a_round_that_is_over_is_not_ended_again() -> None:
    seats = ledger(1, "a", "b")
    seats.wants("a", 1, 0)
    seats.wants("b", 1, 0)
    seats.returns("a", 0, 1)
    assert seats.end_round(1) == []
    assert seats.wants("b", 1, 0) == [Begun(2), Recall("a", 2)]
    assert seats.end_round(1) == []


def test_the_seats_of_a_worker_that_is_gone_are_free() -> None:
    seats = ledger(2, "a", "b")
    seats.wants("a", 2, 0)
    assert seats.wants("b", 1, 0) == [Begun(1), Recall("a", 1)]
    assert seats.gone("a") == [Grant("b", 102, 1)]
    assert (seats.free, seats.knows("a"), seats.held("a")) == (1, False, 0)


def test_a_worker_that_is_gone_is_not_waited_for() -> None:
    seats = ledger(3, "a", "b", "c")
    seats.wants("a", 2, 0)
    seats.wants("c", 1, 0)
    assert seats.wants("b", 2, 0) == [Begun(1), Recall("a", 1), Recall("c", 2)]
    assert seats.returns("a", 0, 1) == []
    assert seats.gone("c") == [Grant("b", 103, 1), Recall("b", 3)]
    assert seats.returns("b", 0, 3) == [Deny("b", 2)]


def test_a_new_broker_grants_nothing_before_all_holdings_are_known() -> None:
    seats = Seats[str](5, 100, expected=("a", "b"))
    assert seats.hello("a", 3) == []
    assert seats.wants("a", 2, 0) == []
    assert seats.hello("new", 0) == []
    assert seats.expected == {"b"}
    assert seats.hello("b", 1) == [Grant("a", 100, 1), Begun(1), Recall("a", 1), Recall("b", 2)]
    assert not seats.expected


def test_a_lowered_cap_takes_no_seat_away_and_grants_none() -> None:
    seats = Seats[str](2, 100, expected=("a",))
    assert seats.hello("a", 5) == []
    assert seats.free == -3
    assert seats.wants("a", 1, 1) == [Begun(1), Recall("a", 1)]
    assert seats.returns("a", 3, 1) == [Deny("a", 1)]
    assert seats.returns("a", 1) == [Grant("a", 100, 1)]


def test_who_no_longer_waits_is_not_granted_for() -> None:
    seats = ledger(1, "a", "b")
    seats.wants("a", 1, 0)
    seats.wants("b", 2, 0)
    seats.wants("b", -1, 0)
    assert seats.returns("a", 0, 1) == [Deny("b", 2)]
    assert seats.wants("b", -5, 0) == []
    assert seats.returns("a", 1) == []


def test_an_unknown_worker_gets_nothing() -> None:
    seats = ledger(5, "a")
    assert seats.wants("stranger", 1, 1) == []
    assert seats.returns("stranger", 1, 1) == []
    assert seats.gone("stranger") == []
    assert seats.free == 5


def test_a_seat_that_nobody_waits_for_any_more_goes_to_nobody() -> None:
    seats = ledger(1, "a", "b")
    seats.wants("a", 1, 0)
    seats.wants("b", 1, 0)
    seats.wants("b", -1, 0)
    assert seats.returns("a", 1) == []
    assert seats.held("b") == 0
