"""Parting with all subscribers, in portions: not all of them are to come back in the same moment. Pure."""

from collections.abc import Callable

CLOSING_SHARE = 0.8
"""Part of the time in which close frames go out; the rest is for their answers."""
PORTION_JITTER = 0.5
"""A portion is up to this part smaller or larger than an even one."""


class Drain:
    """When how many are to go.

    Args:
        now: when it begins, in seconds of the worker's clock.
        seconds: until all have gone.
        jitter: gives a random number from 0 to 1.
    """

    def __init__(self, now: float, seconds: float, jitter: Callable[[], float]) -> None:
        self._last = now
        self._jitter = jitter
        self.close_by = now + CLOSING_SHARE * seconds
        """By then everybody has been sent a close frame."""
        self.end_by = now + seconds
        """Whoever hasn't answered it by then is cut off."""

    def portion(self, there: int, now: float) -> int:
        """How many of those who are still there are to go now.

        Args:
            there: how many they are.
            now: seconds of the worker's clock.
        """
        left = self.close_by - self._last
        passed, self._last = now - self._last, now
        if now >= self.close_by:
            return there
        wanted = there * passed / left * (1 + PORTION_JITTER * (2 * self._jitter() - 1))
        whole = int(wanted)
        # What is less than one is one now and then, or a few would all have to go at the end.
        return min(there, whole + (self._jitter() < wanted - whole))
