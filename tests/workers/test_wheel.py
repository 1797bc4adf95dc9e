"""Each member once a turn, and as many at a time as the period asks for."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from workers.wheel import Wheel

SLOTS = 5


@given(st.sets(st.integers(0, 1_000)), st.integers(0, 3 * SLOTS))
def test_each_member_has_one_turn_in_a_turn_of_the_wheel(numbers: set[int], ticks_before: int) -> None:
    wheel = Wheel[str](SLOTS)
    for number in numbers:
        wheel.add(f"m{number}", number)
    for _ in range(ticks_before):
        wheel.tick()
    turn = [member for _ in range(SLOTS) for member in wheel.tick()]
    assert sorted(turn) == sorted(f"m{number}" for number in numbers)


def test_consecutive_numbers_are_spread_evenly() -> None:
    wheel = Wheel[int](SLOTS)
    for number in range(10 * SLOTS):
        wheel.add(number, number)
    assert [len(wheel.tick()) for _ in range(SLOTS)] == [10] * SLOTS


def test_the_turn_comes_after_a_whole_period_again() -> None:
    wheel = Wheel[str](SLOTS)
    wheel.add("m", 3)
    due = [tick for tick in range(3 * SLOTS) if list(wheel.tick())]
    assert [later - earlier for earlier, later in pairwise(due)] == [SLOTS] * 2


def test_who_was_removed_has_no_turn() -> None:
    wheel = Wheel[str](SLOTS)
    wheel.add("m", 3)
    wheel.add("stays", 3 + SLOTS)
    wheel.remove("m", 3)
    wheel.remove("never there", 4)
    assert [member for _ in range(SLOTS) for member in wheel.tick()] == ["stays"]
