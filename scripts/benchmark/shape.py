"""How events arrive: one by one at a steady pace, or all of a second at once, as a poll of a source brings them."""

import math
from collections.abc import Iterator

from msgspec import Struct


class Shape(Struct, frozen=True):
    """A pace.

    Args:
        events_per_second: on average.
        in_bursts: once a second, all of that second's.
    """

    events_per_second: int
    in_bursts: bool = False

    def __str__(self) -> str:
        if self.in_bursts:
            return f"a burst of {self.events_per_second:,} a second"
        return f"{self.events_per_second:,}/s one by one"

    def batches(self, seconds: float) -> Iterator[tuple[float, int]]:
        """When each batch is due, in seconds from the start, and how many events it has."""
        if self.in_bursts:
            yield from ((float(second), self.events_per_second) for second in range(math.ceil(seconds)))
            return
        for number in range(round(seconds * self.events_per_second)):
            yield number / self.events_per_second, 1


class Task(Struct, frozen=True):
    """What a peer's server is told to publish.

    Args:
        shape: at which pace.
        seconds: for how long; what isn't published by then never is.
    """

    shape: Shape
    seconds: float
