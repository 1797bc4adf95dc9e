"""Something that fails again and again, told twice: when it begins, and when it is over."""

from collections.abc import Callable

from structlog.typing import FilteringBoundLogger

STEADY_SECONDS = 5.0
"""Without a failure for so long, it is over: on a disk that is nearly full, small writes work between large ones that
don't."""


class Outage:
    """Knows whether something is in trouble, and since when.

    Args:
        began: what is logged when it begins to fail.
        ended: what is logged when it works again.
        log: the process' log.
        clock: monotonic time in seconds.
    """

    def __init__(self, began: str, ended: str, log: FilteringBoundLogger, clock: Callable[[], float]) -> None:
        self._began = began
        self._ended = ended
        self._log = log
        self._clock = clock
        self._failures = 0
        self._first_at = 0.0
        self._last_at = 0.0

    def failed(self, error: Exception | str) -> None:
        """It has failed, for the first time or again."""
        self._last_at = self._clock()
        if not self._failures:
            self._first_at = self._last_at
            self._log.error(self._began, error=str(error))
        self._failures += 1

    def worked(self) -> None:
        """It has worked, as nearly always."""
        if self._failures and self._clock() - self._last_at >= STEADY_SECONDS:
            seconds = round(self._last_at - self._first_at, 3)
            self._log.info(self._ended, failures=self._failures, seconds=seconds)
            self._failures = 0
