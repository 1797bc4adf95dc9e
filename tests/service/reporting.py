"""A producer that notes the answer to each of its batches, be it an error, and goes on with the next one."""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from service.observed import encode, game, quote
from service.producing import Socket, exchange, producer

GAME = "the-reported-game"
PAUSE_SECONDS = 0.005


class Reporter:
    """What it was answered.

    Args:
        endpoint: where producers connect.
    """

    def __init__(self, endpoint: str) -> None:
        self.acknowledged: list[bytes] = [encode(game(GAME))]
        """Observations, each a batch of its own, in their order; no price comes twice."""
        self.refused: list[tuple[bytes, bytes]] = []
        """Ids and payloads of the batches that were answered with an error."""
        self.errors: set[str] = set()
        self.turn = threading.Lock()
        """Who holds it sends alone."""
        self.failure: Exception | None = None
        self._endpoint = endpoint
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        """Begin with the game."""
        with producer(self._endpoint) as socket:
            assert exchange(socket, self.acknowledged[0]).accepted == 1
        self._thread.start()

    def end(self) -> None:
        """Nothing is under way any more."""
        self._ends.set()
        self._thread.join()
        if self.failure:
            raise self.failure

    @property
    def progress(self) -> tuple[int, int]:
        """How many were acknowledged and refused."""
        return len(self.acknowledged), len(self.refused)

    def _run(self) -> None:
        try:
            with producer(self._endpoint) as socket:
                while not self._ends.is_set():
                    with self.turn:
                        self._report(socket, encode(quote(GAME, 100.0 + sum(self.progress))))
                    time.sleep(PAUSE_SECONDS)
        except Exception as error:  # noqa: BLE001 whatever it is, `end` tells the test.
            self.failure = error

    def _report(self, socket: Socket, payload: bytes) -> None:
        batch_id = secrets.token_bytes(16)
        answer = exchange(socket, payload, batch_id)
        if answer.error is None:
            assert (answer.accepted, answer.events) == (1, 1)
            self.acknowledged.append(payload)
        else:
            assert (answer.accepted, answer.events, answer.rejected, answer.permanent) == (0, 0, {}, False)
            self.refused.append((batch_id, payload))
            self.errors.add(answer.error)


@contextmanager
def reporting(endpoint: str) -> Iterator[Reporter]:
    """A reporter for as long as the block runs."""
    reporter = Reporter(endpoint)
    reporter.start()
    try:
        yield reporter
    finally:
        reporter.end()
