"""One channel's events, ready to be written: as they are, and compressed for those who can read that. Pure.

What a subscriber has yet to get is the distance between its position and the head: there is no queue per subscriber,
and those at the same position share the same joined bytes.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from workers.deflated import Deflated, WindowBits
from workers.log import Log, Run, Runs

LIMIT_FRAMES = 131_072
"""Hard bound, about 50 MB: a worker this far behind its subscribers loses events, and counts them as its own fault."""


class View(Protocol):
    """A stream as one kind of subscriber gets it."""

    def since(self, position: int, limit: int, context: int) -> Run:
        """What a subscriber gets next.

        Args:
            position: of the subscriber, from the tail to the head.
            limit: how many frames at most.
            context: up to where it has read the compressed stream; means nothing where there is none.
        """


class Stream:
    """Frames of one channel; positions count from 0 and never come again. Also the view of who wants no compression."""

    def __init__(self) -> None:
        self._plain = Log()
        self._runs = Runs()
        self._deflated: dict[WindowBits, Deflated] = {}
        self._users: Counter[WindowBits] = Counter()

    @property
    def head(self) -> int:
        """The position of the next frame."""
        return self._plain.head

    @property
    def tail(self) -> int:
        """The position of the oldest frame that is still there."""
        return self._plain.tail

    def enter(self, window_bits: WindowBits | None) -> View:
        """One more subscriber.

        Args:
            window_bits: of its decompressor, None for no compression.

        Returns:
            Where it gets its events from, from the head on.
        """
        if window_bits is None:
            return self
        self._users[window_bits] += 1
        if window_bits not in self._deflated:
            self._deflated[window_bits] = Deflated(window_bits, self._plain)
        return self._deflated[window_bits]

    def leave(self, window_bits: WindowBits | None) -> None:
        """One subscriber less; nothing is compressed for nobody."""
        if window_bits is None:
            return
        self._users[window_bits] -= 1
        if not self._users[window_bits]:
            del self._deflated[window_bits]

    def append(self, frames: Sequence[bytes], seconds: float) -> None:
        """Add frames at the head.

        Args:
            frames: text frames.
            seconds: of a steady clock.
        """
        self._plain.append(frames)
        self._runs.clear()
        for deflated in self._deflated.values():
            deflated.append(frames, seconds)
        if self.head - self.tail > LIMIT_FRAMES:
            self.trim(self.head - LIMIT_FRAMES // 2)

    def since(self, position: int, limit: int, _context: int) -> Run:
        """The plain frames from a position on."""
        run = self._runs.find(position)
        if run is None:
            frames = self._plain.frames(position, position + limit)
            data = b"".join(frames)
            run = self._runs.keep(position, Run(data, len(frames), len(data), compressed=False))
        return run

    def trim(self, position: int) -> None:
        """Forget frames before a position, some time."""
        self._plain.trim(position)
        for deflated in self._deflated.values():
            deflated.trim(position)
