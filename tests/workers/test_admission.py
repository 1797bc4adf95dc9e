"""One worker's side of the seats, one rule each; with a real ledger see test_seats_together.py."""

import pytest

from broker.messages import (
    Hello,
    KeySeatAnswer,
    KeySeatReturned,
    KeySeatsCalled,
    KeySeatsTold,
    KeySeatWanted,
    SeatsDenied,
    SeatsGranted,
    SeatsRecalled,
    SeatsReturned,
    SeatsWanted,
)
from workers.admission import PATIENCE_SECONDS, SPARE_SEATS, Admission, Admit, Ask, Reason, Refuse

RUN = 7


@pytest.fixture
def admission() -> Admission[str]:
    """Known to a broker, without a seat yet."""
    admission = Admission[str]()
    admission.hello(RUN)
    admission.registered()
    return admission


def grant(admission: Admission[str], first: int, count: int) -> list[object]:
    return list(admission.granted(SeatsGranted(RUN, first, count)))


def test_spare_seats_are_asked_for_as_soon_as_a_broker_knows_us() -> None:
    admission = Admission[str]()
    assert admission.incarnation == 0
    assert admission.hello(RUN) == Hello(RUN, 0, {})
    assert admission.registered() == [Ask(SeatsWanted(RUN, 0, SPARE_SEATS))]
    assert admission.incarnation == RUN


def test_with_a_spare_seat_a_client_waits_for_nothing(admission: Admission[str]) -> None:
    grant(admission, 100, SPARE_SEATS)
    assert admission.request("a", None, 0.0) == [Admit("a", 100)]
    assert admission.request("b", None, 0.0) == [Admit("b", 101)]


def test_more_are_asked_for_when_half_are_taken(admission: Admission[str]) -> None:
    grant(admission, 100, SPARE_SEATS)
    asked = [len(admission.request(f"c{n}", None, 0.0)) > 1 for n in range(SPARE_SEATS // 2)]
    assert asked == [False] * (SPARE_SEATS // 2 - 1) + [True]
    assert admission.request("next", None, 0.0)[1:] == []


def test_without_one_the_client_waits_and_the_first_to_come_is_the_first_to_sit(admission: Admission[str]) -> None:
    assert admission.request("a", None, 0.0) == [Ask(SeatsWanted(RUN, 1, 0))]
    assert admission.request("b", None, 0.0) == [Ask(SeatsWanted(RUN, 1, 0))]
    assert grant(admission, 5, 1) == [Admit("a", 5)]
    assert grant(admission, 9, 2) == [Admit("b", 9)]
    assert admission.request("c", None, 0.0)[0] == Admit("c", 10)


def test_a_seat_goes_back_when_its_client_leaves_and_its_number_never_comes_again(admission: Admission[str]) -> None:
    grant(admission, 5, 1)
    admission.request("a", None, 0.0)
    assert admission.left("a") == [Ask(SeatsReturned(RUN, 1))]
    assert admission.left("a") == []
    assert all(not isinstance(verdict, Admit) for verdict in admission.request("b", None, 0.0))


def test_who_leaves_while_it_waits_is_wanted_for_no_more(admission: Admission[str]) -> None:
    admission.request("a", None, 0.0)
    assert admission.left("a") == [Ask(SeatsWanted(RUN, -1, 0))]
    assert grant(admission, 5, 1) == []
    assert admission.request("b", None, 0.0)[0] == Admit("b", 5)


def test_the_denied_are_those_who_wait_longest(admission: Admission[str]) -> None:
    for client in "abc":
        admission.request(client, None, 0.0)
    assert admission.denied(SeatsDenied(RUN, 2)) == [Refuse("a", Reason.CAP), Refuse("b", Reason.CAP)]
    assert grant(admission, 5, 1) == [Admit("c", 5)]


def test_a_recall_is_answered_with_all_spare_seats_also_with_none_under_its_number(admission: Admission[str]) -> None:
    grant(admission, 5, 3)
    admission.request("a", None, 0.0)
    assert admission.recalled(SeatsRecalled(RUN, 8)) == [Ask(SeatsReturned(RUN, 2, 8))]
    assert admission.recalled(SeatsRecalled(RUN, 9)) == [Ask(SeatsReturned(RUN, 0, 9))]


def test_only_a_broker_that_says_nothing_is_given_up(admission: Admission[str]) -> None:
    admission.request("a", None, 10.0)
    admission.request("b", None, 10.1)
    assert admission.tick(10.0 + PATIENCE_SECONDS - 0.001) == []
    assert admission.tick(10.0 + PATIENCE_SECONDS) == [Refuse("a", Reason.NO_ANSWER), Ask(SeatsWanted(RUN, -1, 0))]
    assert admission.tick(20.0) == [Refuse("b", Reason.NO_ANSWER), Ask(SeatsWanted(RUN, -1, 0))]
    assert admission.tick(30.0) == []


def test_what_another_broker_says_counts_for_nothing(admission: Admission[str]) -> None:
    admission.request("a", None, 0.0)
    old = RUN - 1
    assert admission.granted(SeatsGranted(old, 5, 1)) == []
    assert admission.denied(SeatsDenied(old, 1)) == []
    assert admission.recalled(SeatsRecalled(old, 1)) == []
    assert admission.key_seats_called(KeySeatsCalled(old, 1)) == []
    assert admission.key_answered(KeySeatAnswer(old, 1, "k", granted=True)) == []


def test_a_new_broker_learns_of_all_that_is_held_and_is_asked_for_all_that_waits(admission: Admission[str]) -> None:
    grant(admission, 5, 3)
    admission.request("in", None, 0.0)
    admission.request("in with a key", "k", 0.0)
    admission.key_answered(KeySeatAnswer(RUN, 1, "k", granted=True))
    admission.request("at the key", "k", 0.0)
    assert admission.hello(RUN + 1) == Hello(RUN + 1, 3, {"k": 1})
    assert admission.registered() == [
        Ask(SeatsWanted(RUN + 1, 0, SPARE_SEATS - 1)),
        Ask(KeySeatWanted(RUN + 1, 2, "k")),
    ]


def test_a_key_s_seat_is_held_while_its_client_waits_for_one_of_the_cap_s(admission: Admission[str]) -> None:
    admission.request("a", "k", 0.0)
    admission.key_answered(KeySeatAnswer(RUN, 1, "k", granted=True))
    assert admission.hello(RUN + 1) == Hello(RUN + 1, 0, {"k": 1})


def test_a_key_with_a_limit_comes_first(admission: Admission[str]) -> None:
    grant(admission, 5, 1)
    assert admission.request("a", "k", 0.0) == [Ask(KeySeatWanted(RUN, 1, "k"))]
    assert admission.key_answered(KeySeatAnswer(RUN, 1, "k", granted=True))[0] == Admit("a", 5)
    assert admission.left("a") == [
        Ask(SeatsReturned(RUN, 1)),
        Ask(KeySeatReturned(RUN, "k")),
    ]


def test_a_key_at_its_limit_takes_no_seat(admission: Admission[str]) -> None:
    grant(admission, 5, 1)
    admission.request("a", "k", 0.0)
    assert admission.key_answered(KeySeatAnswer(RUN, 1, "k", granted=False)) == [Refuse("a", Reason.KEY_LIMIT)]
    assert admission.request("b", None, 0.0)[0] == Admit("b", 5)


def test_a_key_s_seat_goes_back_whenever_its_client_gets_none_of_the_cap_s(admission: Admission[str]) -> None:
    back = Ask(KeySeatReturned(RUN, "k"))
    for ticket, client in enumerate(("denied", "late", "left"), 1):
        admission.request(client, "k", 0.0)
        admission.key_answered(KeySeatAnswer(RUN, ticket, "k", granted=True))
    assert admission.denied(SeatsDenied(RUN, 1)) == [Refuse("denied", Reason.CAP), back]
    assert admission.left("left") == [Ask(SeatsWanted(RUN, -1, 0)), back]
    assert admission.tick(9.0) == [Refuse("late", Reason.NO_ANSWER), back, Ask(SeatsWanted(RUN, -1, 0))]


def test_a_call_for_key_seats_is_answered_behind_what_came_back(admission: Admission[str]) -> None:
    grant(admission, 5, 1)
    admission.request("a", "k", 0.0)
    admission.key_answered(KeySeatAnswer(RUN, 1, "k", granted=True))
    assert admission.left("a")[-1] == Ask(KeySeatReturned(RUN, "k"))
    assert admission.key_seats_called(KeySeatsCalled(RUN, 3)) == [Ask(KeySeatsTold(RUN, 3))]


@pytest.mark.parametrize("goes", ["left", "late"])
def test_a_key_s_seat_that_finds_nobody_goes_back(admission: Admission[str], goes: str) -> None:
    admission.request("a", "k", 0.0)
    if goes == "left":
        assert admission.left("a") == []
    else:
        assert admission.tick(PATIENCE_SECONDS) == [Refuse("a", Reason.NO_ANSWER)]
    assert admission.key_answered(KeySeatAnswer(RUN, 1, "k", granted=True)) == [Ask(KeySeatReturned(RUN, "k"))]
    assert admission.key_answered(KeySeatAnswer(RUN, 1, "k", granted=False)) == []


def test_a_ticket_asked_twice_around_a_restart_is_used_once(admission: Admission[str]) -> None:
    grant(admission, 5, 2)
    admission.hello(RUN + 1)
    admission.request("a", "k", 0.0)
    admission.registered()
    yes = KeySeatAnswer(RUN + 1, 1, "k", granted=True)
    assert admission.key_answered(yes)[0] == Admit("a", 5)
    assert admission.key_answered(yes) == [Ask(KeySeatReturned(RUN + 1, "k"))]
