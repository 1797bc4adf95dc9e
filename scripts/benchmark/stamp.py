"""A field of an event that tells when it was sent, so that whoever receives it knows how long that took."""

import time
from collections.abc import Iterator, Sequence
from itertools import cycle

from msgspec import Struct

Cut = tuple[bytes, bytes]
"""Something encoded, cut in two where the stamp goes."""


class Stamp(Struct, frozen=True):
    """How a moment is written: CLOCK_MONOTONIC in units, and an offset that keeps the digits as many.

    Args:
        field: of the event.
        unit_ns: no two events of one sender have the same.
        offset_units: what is added, and what drain.c takes off again.
    """

    field: str
    unit_ns: int
    offset_units: int

    def cut(self, encoded: bytes, field: str) -> Cut:
        """Cut what has the offset for a stamp.

        Args:
            encoded: as compact JSON.
            field: where the stamp is: an observation may call it otherwise than the event.
        """
        before = b'"%b":' % field.encode()
        head, found, tail = encoded.partition(b"%b%d" % (before, self.offset_units))
        assert found
        return head + before, tail


class Stamped:
    """One sender's texts, over and over, each with a stamp that is greater than the one before.

    Args:
        cuts: the texts.
        stamp: of their events.
    """

    def __init__(self, cuts: Sequence[Cut], stamp: Stamp) -> None:
        self._cuts = cycle(cuts)
        self._stamp = stamp
        self._next = 0

    def take(self, count: int) -> Iterator[bytes]:
        """The next ones, to be sent now."""
        now = time.monotonic_ns() // self._stamp.unit_ns + self._stamp.offset_units
        first = max(self._next, now)
        self._next = first + count
        for number, parts in zip(range(first, self._next), self._cuts, strict=False):
            yield filled(parts, number)

    @property
    def free_seconds(self) -> float:
        """From when on, in seconds of time.monotonic(), the next stamp isn't ahead of its time."""
        return (self._next - self._stamp.offset_units) * self._stamp.unit_ns / 1e9


def filled(parts: Cut, number: int) -> bytes:
    """Put a stamp in."""
    head, tail = parts
    return b"%b%d%b" % (head, number, tail)
