"""Ready frames with consecutive positions, and what is joined of them for one write. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

RUNS_KEPT = 64
"""Joined runs kept until the head moves: subscribers fall into a few groups by position; more are stragglers, and
their bytes are not worth the memory."""
TRIM_FRAMES = 1024
"""Frames cut off at once: deleting at the front of a list moves the rest."""


class Run(NamedTuple):
    """Consecutive events for one write.

    Args:
        data: their frames, joined.
        events: how many they are.
        plain_bytes: how long the frames are without compression.
        compressed: whether these are.
    """

    data: bytes
    events: int
    plain_bytes: int
    compressed: bool


class Runs:
    """Runs by the position where they begin, shared by all who are there, until the head moves."""

    def __init__(self) -> None:
        self._runs: dict[int, Run] = {}
        self.find = self._runs.get
        self.clear = self._runs.clear

    def keep(self, position: int, run: Run) -> Run:
        """Keep a run, if there are not too many already."""
        if len(self._runs) < RUNS_KEPT:
            self._runs[position] = run
        return run


class Log:
    """Frames by position.

    Args:
        tail: the position of the first one that will come.
    """

    def __init__(self, tail: int = 0) -> None:
        self._frames: list[bytes] = []
        self.tail = tail
        """The position of the oldest frame that is still there."""
        self.head = tail
        """The position of the next one."""

    def append(self, frames: Sequence[bytes]) -> None:
        """Add frames at the head."""
        self._frames += frames
        self.head += len(frames)

    def frames(self, start: int, stop: int) -> list[bytes]:
        """The frames from one position to another."""
        return self._frames[start - self.tail : stop - self.tail]

    def trim(self, position: int) -> None:
        """Forget frames before a position, some time."""
        count = position - self.tail
        if count >= TRIM_FRAMES:
            del self._frames[:count]
            self.tail = position
