"""The time, read once for all that happens at it and handed to the pure parts."""

from msgspec import Struct


class Clock(Struct, frozen=True):
    """A moment.

    Args:
        seconds: of a steady clock.
        unix_ms: Unix time in milliseconds.
    """

    seconds: float
    unix_ms: int
