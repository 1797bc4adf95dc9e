"""Drives the sweeps: at once when idle, slice by slice with the loop's turns between, and a pause after each sweep."""

import asyncio
from collections.abc import Callable
from time import monotonic

PAUSE_PER_SWEEP = 1.0
"""Pause after a sweep, as a part of its length: the longer sweeps get, the more events the next one may collect."""
LONGEST_PAUSE_SECONDS = 0.006


class Pump:
    """Calls for slices while there is something to do.

    Args:
        loop: the worker's loop.
        begin: begins a sweep.
        slice_: goes on with it and tells whether there is more to do.
        end: is told when it began and ended, in seconds of the monotonic clock.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        begin: Callable[[], None],
        slice_: Callable[[], bool],
        end: Callable[[float, float], None],
    ) -> None:
        self._loop = loop
        self._begin_sweep = begin
        self._slice = slice_
        self._end_sweep = end
        self._running = False
        self._fed = False
        self._began_at = 0.0

    def feed(self) -> None:
        """There is something to do."""
        self._fed = True
        if not self._running:
            self._running = True
            self._begin()

    def _begin(self) -> None:
        if not self._fed:
            self._running = False
            return
        self._fed = False
        self._began_at = monotonic()
        self._begin_sweep()
        self._next()

    def _next(self) -> None:
        if self._slice():
            self._loop.call_soon(self._next)
            return
        now = monotonic()
        self._end_sweep(self._began_at, now)
        pause = min(PAUSE_PER_SWEEP * (now - self._began_at), LONGEST_PAUSE_SECONDS)
        self._loop.call_later(pause, self._begin)
