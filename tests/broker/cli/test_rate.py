"""Rates over the last seconds."""

from broker.cli.rate import WINDOW_SECONDS, Rate


def test_the_rate_is_that_of_the_window() -> None:
    rate = Rate()
    assert rate.update(0.0, 0) == 0
    assert rate.update(1.0, 10) == 10
    assert rate.update(2.0, 40) == 20
    assert rate.update(2.0 + WINDOW_SECONDS, 40) == 0


def test_a_clock_that_stands_still_is_no_division_by_zero() -> None:
    rate = Rate()
    rate.update(1.0, 5)
    assert rate.update(1.0, 9) == 0
