"""How long things take, counted in fixed buckets: what is counted in several processes can then be added up."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from msgspec import Struct

BOUNDS_SECONDS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Upper bounds of the buckets; a last one takes what is longer. From a commit on a fast disk to a worker in trouble."""
BUCKETS = len(BOUNDS_SECONDS) + 1
NONE = (0,) * BUCKETS


class Timings(Struct, frozen=True, array_like=True):
    """What was counted.

    Args:
        buckets: how many fell into each.
        seconds: all of them together.
    """

    buckets: tuple[int, ...] = NONE
    seconds: float = 0.0

    def __add__(self, other: "Timings") -> "Timings":
        """Those of two places together."""
        return Timings(_each(self.buckets, other.buckets, 1), self.seconds + other.seconds)

    def __sub__(self, other: "Timings") -> "Timings":
        """Those since an earlier count."""
        return Timings(_each(self.buckets, other.buckets, -1), self.seconds - other.seconds)

    @property
    def count(self) -> int:
        """How many there were."""
        return sum(self.buckets)

    @property
    def mean(self) -> float | None:
        """Their mean in seconds, None if there were none."""
        return self.seconds / self.count if self.count else None

    def quantile(self, share: float) -> float | None:
        """The time that this share of them took at most, in seconds, interpolated inside its bucket.

        Returns:
            None if there were none; for those beyond the last bound, that bound.
        """
        wanted = share * self.count
        if not wanted:
            return None
        for index, (count, upto) in enumerate(zip(self.buckets, accumulate(self.buckets), strict=True)):
            if upto >= wanted and index < len(BOUNDS_SECONDS):
                low = BOUNDS_SECONDS[index - 1] if index else 0.0
                return low + (BOUNDS_SECONDS[index] - low) * (1 - (upto - wanted) / count)
        return BOUNDS_SECONDS[-1]


class Stopwatch:
    """Counts."""

    def __init__(self) -> None:
        self._buckets = [0] * BUCKETS
        self._seconds = 0.0

    def note(self, seconds: float) -> None:
        """One more."""
        self._buckets[bisect_left(BOUNDS_SECONDS, seconds)] += 1
        self._seconds += seconds

    @property
    def timings(self) -> Timings:
        """What was counted so far."""
        return Timings(tuple(self._buckets), self._seconds)


def _each(one: Sequence[int], other: Sequence[int], sign: int) -> tuple[int, ...]:
    return tuple(a + sign * b for a, b in zip(one, other, strict=True))
