"""Calls a function again and again, until told to stop."""

import asyncio
from collections.abc import Callable


class Ticker:
    """Calls at once, and then after each pause.

    Args:
        loop: that calls.
        seconds: the pause.
        call: what is called; that it fails once doesn't keep it from being called again.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, call: Callable[[], None]) -> None:
        self._loop = loop
        self._seconds = seconds
        self._call = call
        self._tick()

    def stop(self) -> None:
        """Call no more: what it would work on is about to be closed."""
        self._next.cancel()

    def _tick(self) -> None:
        self._next = self._loop.call_later(self._seconds, self._tick)
        self._call()
