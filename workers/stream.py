"""A log of ready frames with consecutive positions. Pure.

What a subscriber has yet to get is the distance between its position and the head: there is no queue per subscriber,
and those at the same position share the same joined bytes.
"""

from collections.abc import Iterable

JOINS_KEPT = 64
"""Joined runs kept until the head moves: subscribers fall into a few groups by position; more are stragglers, and
their bytes are not worth the memory."""
LIMIT_FRAMES = 131_072
"""Hard bound, about 50 MB: a worker this far behind its subscribers loses events, and counts them as its own fault."""
TRIM_FRAMES = 1024
"""Frames cut off at once: deleting at the front of a list moves the rest."""


class Stream:
    """Frames of one channel; positions count from 0 and never come again."""

    def __init__(self) -> None:
        self._frames: list[bytes] = []
        self._base = 0
        self._joins: dict[int, tuple[bytes, int]] = {}
        self.head = 0

    @property
    def tail(self) -> int:
        """The position of the oldest frame that is still there."""
        return self._base

    def append(self, frames: Iterable[bytes]) -> None:
        """Add frames at the head."""
        self._frames.extend(frames)
        self.head = self._base + len(self._frames)
        self._joins.clear()
        if len(self._frames) > LIMIT_FRAMES:
            self.trim(self.head - LIMIT_FRAMES // 2)

    def since(self, position: int, limit: int) -> tuple[bytes, int]:
        """The frames from a position on.

        Args:
            position: from the tail to the head.
            limit: how many frames at most.

        Returns:
            The joined frames, and how many they are.
        """
        run = self._joins.get(position)
        if run is None:
            start = position - self._base
            frames = self._frames[start : start + limit]
            run = (b"".join(frames), len(frames))
            if len(self._joins) < JOINS_KEPT:
                self._joins[position] = run
        return run

    def trim(self, position: int) -> None:
        """Forget frames before a position, some time."""
        count = position - self._base
        if count >= TRIM_FRAMES:
            del self._frames[:count]
            self._base = position
