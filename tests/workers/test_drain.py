"""The portions in which subscribers are parted with."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from workers.drain import CLOSING_SHARE, PORTION_JITTER, Drain

TICK_SECONDS = 0.02


def portions(there: int, seconds: float, seed: int, tick: float = TICK_SECONDS) -> list[int]:
    """Those of a whole drain."""
    drain = Drain(100.0, seconds, Random(seed).random)
    now, given = 100.0, []
    while now <= drain.close_by + tick:
        given.append(drain.portion(there, now))
        there -= given[-1]
        now += tick
    return given


@given(
    there=st.integers(0, 20_000),
    seconds=st.floats(0.0, 60.0),
    seed=st.integers(0, 1_000),
    tick=st.sampled_from([0.02, 0.1, 1.0]),
)
def test_all_go_and_nobody_twice(there: int, seconds: float, seed: int, tick: float) -> None:
    given = portions(there, seconds, seed, tick)
    assert sum(given) == there
    assert all(portion >= 0 for portion in given)


def test_they_are_spread_over_the_time() -> None:
    given = portions(10_000, 5.0, seed=1)
    ticks = CLOSING_SHARE * 5.0 / TICK_SECONDS
    even = 10_000 / ticks
    assert max(given) < 3 * even
    quarters = [sum(given[int(q * ticks / 4) : int((q + 1) * ticks / 4)]) for q in range(4)]
    assert min(quarters) > 0.6 * 10_000 / 4


def test_a_portion_is_smaller_or_larger_by_chance() -> None:
    even = 1000 / 8
    small, large = (Drain(0.0, 10.0, lambda jitter=jitter: jitter).portion(1000, 1.0) for jitter in (0.0, 1.0))  # type: ignore[misc]
    assert abs(small - even * (1 - PORTION_JITTER)) <= 1
    assert abs(large - even * (1 + PORTION_JITTER)) <= 1


def test_a_few_do_not_all_wait_for_the_end() -> None:
    lasts = [sum(portions(4, 5.0, seed)[-3:]) for seed in range(50)]
    assert sum(lasts) < 50


def test_without_time_all_go_at_once() -> None:
    assert Drain(0.0, 0.0, lambda: 0.5).portion(7, 0.0) == 7


def test_there_is_time_for_the_answers() -> None:
    drain = Drain(10.0, 5.0, lambda: 0.5)
    assert (drain.close_by, drain.end_by) == (14.0, 15.0)
