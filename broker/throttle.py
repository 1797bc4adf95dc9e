"""Something that may happen very often, and is to be told now and then. Pure."""

from collections.abc import Callable


class Throttle:
    """Lets it be told at once, and again after a pause, with how often it has happened.

    Args:
        seconds: the pause.
        clock: monotonic time in seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._next = clock()
        self._untold = 0

    def happened(self) -> int:
        """It has happened: how often since it was told last, 0 if it isn't to be told now."""
        self._untold += 1
        now = self._clock()
        if now < self._next:
            return 0
        self._next = now + self._seconds
        times, self._untold = self._untold, 0
        return times
