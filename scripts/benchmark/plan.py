"""How long and how often everything is measured."""

from msgspec import Struct

LEAST_SUBSCRIBERS = 50


class Plan(Struct, frozen=True):
    """The same for all benchmarks.

    Args:
        runs: of each work; the figures are medians.
        warm_up_seconds: left out. Ends in mid-second, so that no burst falls on the edge.
        seconds: measured in each run.
        share: of the subscribers.
    """

    runs: int = 3
    warm_up_seconds: float = 2.5
    seconds: float = 6.0
    share: float = 1.0

    def subscribers(self, number: int) -> int:
        """How many to take for so many."""
        return max(min(number, LEAST_SUBSCRIBERS), round(number * self.share))


REAL = Plan()
QUICK = Plan(runs=1, warm_up_seconds=1.5, seconds=2.0, share=0.05)
"""Shows that everything works; its figures mean nothing."""
