"""How many a second, over the last seconds. Pure."""

from collections import deque

WINDOW_SECONDS = 5.0
"""Long enough to be read, short enough to follow a burst."""


class Rate:
    """The growth of a total over the window."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def update(self, now: float, total: int) -> float:
        """Take a sample.

        Args:
            now: monotonic time in seconds.
            total: what has been counted so far.

        Returns:
            The growth per second; 0 at the first sample.
        """
        self._samples.append((now, total))
        while now - self._samples[0][0] > WINDOW_SECONDS:
            self._samples.popleft()
        then, before = self._samples[0]
        return (total - before) / (now - then) if now > then else 0.0
