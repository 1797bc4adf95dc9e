"""A producer that never rests, in a thread of its own: price changes of one game, each acknowledged.

Each bears the time at which it was sent.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from broker.producer import BrokerUnreachableError
from service.observed import encode, game, quote
from service.running import Service, now_ms
from service.subscriber import Subscriber
from service.truth import Truth

GAME = "the-fed-game"
BATCH_EVENTS = 5
EVENTS_PER_SECOND = 500


class Feed:
    """What it has sent.

    Args:
        service: that is ready; nobody else sends by it meanwhile.
        events_per_second: no more than the subscribers of the test can read.
    """

    def __init__(self, service: Service, events_per_second: int) -> None:
        self._service = service
        self._pause_seconds = BATCH_EVENTS / events_per_second
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.acknowledged = 0
        """Price changes."""
        self.failure: AssertionError | BrokerUnreachableError | None = None

    def start(self) -> None:
        """Begin with the game."""
        assert not self._service.send([encode(game(GAME))]).rejected
        self._thread.start()

    def end(self) -> None:
        """The last batch is acknowledged."""
        self._ends.set()
        self._thread.join()
        if self.failure:
            raise self.failure

    def _run(self) -> None:
        due = time.monotonic()
        try:
            while not self._ends.is_set():
                # No price comes twice, so that each quote is an event and each event has one place.
                prices = range(100 + self.acknowledged, 100 + self.acknowledged + BATCH_EVENTS)
                lines = [encode({**quote(GAME, float(price)), "ts": now_ms()}) for price in prices]
                receipt = self._service.send(lines)
                assert receipt.events == BATCH_EVENTS, receipt
                self.acknowledged += BATCH_EVENTS
                due = max(due + self._pause_seconds, time.monotonic() - 1)
                time.sleep(max(0.0, due - time.monotonic()))
        except (AssertionError, BrokerUnreachableError) as error:
            # Of another thread: `end` tells the test.
            self.failure = error


@contextmanager
def feeding(service: Service, events_per_second: int = EVENTS_PER_SECOND) -> Iterator[Feed]:
    """A feed for as long as the block runs."""
    feed = Feed(service, events_per_second)
    feed.start()
    try:
        yield feed
    finally:
        feed.end()


def price_changes(truth: Truth) -> list[str]:
    """All of the feed's events, in order."""
    return [event for event in truth.events("odds") if event.startswith('{"type":"price_change"')]


def place(events: Sequence[str], emitted: Sequence[str]) -> range:
    """Where a subscriber's events are among the emitted ones: they must be a part of them without a hole."""
    first = emitted.index(events[0])
    assert list(events) == list(emitted[first : first + len(events)])
    return range(first, first + len(events))


async def is_fed(subscriber: Subscriber) -> None:
    """Wait until events have come."""
    await subscriber.until(lambda: subscriber.events, "fed")
