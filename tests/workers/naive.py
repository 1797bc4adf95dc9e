"""The naive design beside the real one: a list for each subscriber, bounded while its socket is full."""

import pytest
from recording import RecordingOutlet

import workers.log
import workers.subscriber
import workers.sweep
from workers.subscriber import CHECKS_UNTIL_FROZEN, Subscriber
from workers.sweep import Sweep

QUEUE = 3
READER = 6
SLICE = 3
TRIM = 2
PORTION = 2
UNSENT_BYTES = 100


def shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.sweep, "SLICE_SUBSCRIBERS", SLICE)
    monkeypatch.setattr(workers.sweep, "PORTION_EVENTS", PORTION)
    monkeypatch.setattr(workers.sweep, "READER_EVENTS", READER)
    monkeypatch.setattr(workers.log, "TRIM_FRAMES", TRIM)
    monkeypatch.setattr(workers.subscriber, "READER_EVENTS", READER)
    monkeypatch.setattr(workers.subscriber, "QUEUE_EVENTS", QUEUE)


class Client:
    """A subscriber with a socket of tests, and beside it the queue that it would have in the naive design.

    Args:
        conn_id: its number.
        sweep: to join at the head.
    """

    def __init__(self, conn_id: int, sweep: Sweep) -> None:
        self.sweep = sweep
        self.outlet = RecordingOutlet(self._written)
        self.subscriber = Subscriber(conn_id, "odds", sweep.stream.head, self.outlet)
        self.received: list[int] = []
        self.expected: list[int] = []
        self.waiting: list[int] = []
        self.dropped = 0
        self.idle_checks = 0
        self.stalls_after: int | None = None
        sweep.join(self.subscriber)

    @property
    def is_full(self) -> bool:
        return not self.subscriber.writable

    def feed(self, number: int) -> None:
        """What the naive queue does with one event."""
        self.waiting.append(number)
        self.bound()

    def bound(self) -> None:
        """A bound counts only while the socket is full: the queue's when it takes nothing, else the reader's."""
        bound = QUEUE if self.idle_checks >= CHECKS_UNTIL_FROZEN else READER
        while self.is_full and len(self.waiting) > bound:
            self.waiting.pop(0)
            self.dropped += 1

    def look(self, takes: bool) -> None:
        """A check is due; the socket has taken something since the last one, or not."""
        if self.is_full:
            self.outlet.unsent -= takes
            self.idle_checks = 0 if takes else self.idle_checks + 1
            self.bound()

    def fill(self) -> None:
        """The socket takes no more."""
        self.idle_checks = 0
        self.outlet.unsent = UNSENT_BYTES
        self.sweep.stall(self.subscriber)
        self.bound()

    def drain(self) -> None:
        """The socket has taken all."""
        self.outlet.unsent = 0
        self.sweep.drop_overflow(self.subscriber)
        self.sweep.resume(self.subscriber)

    def _written(self, data: bytes) -> None:
        assert data
        assert self.subscriber.writable
        numbers = [int(number) for number in data.split(b";")[:-1]]
        self.received += numbers
        self.expected += self.waiting[: len(numbers)]
        del self.waiting[: len(numbers)]
        if self.stalls_after is not None:
            self.stalls_after -= 1
            if self.stalls_after < 0:
                self.stalls_after = None
                self.fill()
