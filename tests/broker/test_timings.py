"""Buckets that add up, and what can be read from them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.timings import BOUNDS_SECONDS, BUCKETS, Stopwatch, Timings

durations = st.lists(st.floats(0, 20, allow_nan=False), max_size=50)


def counted(seconds: list[float]) -> Timings:
    stopwatch = Stopwatch()
    for each in seconds:
        stopwatch.note(each)
    return stopwatch.timings


def test_a_time_on_a_bound_is_within_it() -> None:
    assert counted([BOUNDS_SECONDS[3]]).buckets[3] == 1


def test_what_is_beyond_the_last_bound_is_counted_too() -> None:
    timings = counted([1000.0])
    assert (timings.buckets[-1], timings.seconds) == (1, 1000.0)
    assert timings.quantile(0.5) == BOUNDS_SECONDS[-1]


@given(durations, durations)
def test_two_counts_add_up_to_that_of_both(one: list[float], other: list[float]) -> None:
    both = counted(one) + counted(other)
    assert both.buckets == counted(one + other).buckets
    assert both.seconds == pytest.approx(sum(one) + sum(other))
    assert (both - counted(one)).buckets == counted(other).buckets


@given(durations.filter(bool), st.floats(0.01, 1.0))
def test_a_quantile_lies_in_the_bucket_of_the_true_one(seconds: list[float], share: float) -> None:
    quantile = counted(seconds).quantile(share)
    assert quantile is not None
    rank = min(len(seconds) - 1, max(0, -int(-share * len(seconds) // 1) - 1))
    true = sorted(seconds)[rank]
    if true > BOUNDS_SECONDS[-1]:
        assert quantile == BOUNDS_SECONDS[-1]
    else:
        low, high = next((low, high) for low, high in pairwise((0.0, *BOUNDS_SECONDS)) if true <= high)
        assert low <= quantile <= high + 1e-9


def test_inside_a_bucket_a_quantile_is_interpolated() -> None:
    low, high = BOUNDS_SECONDS[4], BOUNDS_SECONDS[5]
    timings = counted([(low + high) / 2] * 4)
    assert timings.quantile(0.5) == pytest.approx((low + high) / 2)
    assert timings.quantile(1.0) == pytest.approx(high)


def test_of_nothing_there_is_no_mean_and_no_quantile() -> None:
    nothing = Timings()
    assert (nothing.count, nothing.mean, nothing.quantile(0.99), len(nothing.buckets)) == (0, None, None, BUCKETS)


def test_the_mean_is_of_all() -> None:
    assert counted([1.0, 2.0]).mean == 1.5
