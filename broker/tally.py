"""What the broker counts of its own work. Pure: every time is handed in, in seconds of a steady clock."""

from collections import Counter
from collections.abc import Iterable

from broker.events import Event
from broker.observations import GameSeen, Observation, Rejection
from broker.reports import TallyReport
from broker.state import Taken
from broker.timings import Stopwatch

FORGET_BOOK_SECONDS = 24 * 3600.0
"""As a game that nobody observes."""


class Tally:
    """Counts since the start.

    Args:
        books: those that are known already. When they were observed last isn't: it counts from now on.
        now: the time.
    """

    def __init__(self, books: Iterable[str], now: float) -> None:
        self._observed = dict.fromkeys(books, now)
        self._batches = 0
        self._accepted = 0
        self._rejected = 0
        self._events: Counter[str] = Counter()
        self._writes = Stopwatch()

    def saw(self, batch: Iterable[Observation | Rejection], now: float) -> None:
        """Observations have come, and be it that they tell nothing new."""
        observed = self._observed
        for each in batch:
            if not isinstance(each, GameSeen | Rejection):
                observed[each.book] = now

    def took(self, taken: Iterable[Taken]) -> None:
        """Batches are durable."""
        for each in taken:
            self._batches += 1
            self._accepted += each.accepted
            self._rejected += len(each.rejected)
            self._events.update(_type(event) for effect in each.effects for event in effect.events)

    def wrote(self, seconds: float) -> None:
        """A transaction took that long."""
        self._writes.note(seconds)

    def book_ages(self, now: float) -> dict[str, float]:
        """Seconds since the last observation of each book; those of yesterday are forgotten."""
        old = [book for book, at in self._observed.items() if now - at >= FORGET_BOOK_SECONDS]
        for book in old:
            del self._observed[book]
        return {book: now - at for book, at in self._observed.items()}

    @property
    def report(self) -> TallyReport:
        """All counts."""
        return TallyReport(self._batches, self._accepted, self._rejected, dict(self._events), self._writes.timings)


def _type(event: Event) -> str:
    return str(event.__struct_config__.tag)
