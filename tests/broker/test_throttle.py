"""What happens often is told at once, then after a pause, and all of it is counted."""

from broker.throttle import Throttle


def test_the_first_time_is_told_and_the_next_ones_together_after_the_pause() -> None:
    seconds = iter([0.0, 1.0, 1.5, 10.9, 11.0, 11.1, 99.0])
    throttle = Throttle(10.0, lambda: next(seconds))
    assert [throttle.happened() for _ in range(6)] == [1, 0, 0, 3, 0, 2]
