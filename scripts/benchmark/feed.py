"""Sends observations to the real ingest, each when it is due, without waiting for the replies to those before."""

import secrets
import time
from collections.abc import Sequence
from threading import Thread

import zmq
from msgspec import json

from benchmark.material import Material
from benchmark.shape import Shape
from benchmark.stamp import Stamped, filled
from broker.producer import BATCH_ID_BYTES, Receipt

REPLY_SECONDS = 30.0
"""Patience with the broker at the end; replies come within ms unless the machine is overloaded."""


SEEDED_SECONDS = 1.0
"""In which any worker has taken the seed over."""


class FeedError(Exception):
    """The broker didn't take what it was sent; the message is one sentence."""


class Feed:
    """A producer.

    Args:
        endpoint: the broker's ingest.
        material: what it sends.
    """

    def __init__(self, endpoint: str, material: Material) -> None:
        self._material = material
        self._context = zmq.Context()
        self._socket: zmq.Socket[bytes] = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.SNDHWM, 0)
        self._socket.connect(endpoint)
        self._observations = Stamped([change.observations for change in material.changes], material.stamp)
        self._unanswered = 0
        self._to_come = 0
        self._thread: Thread | None = None
        self.sent = 0
        """Events since the seed."""

    def seed(self) -> None:
        """Bring the games, and a whole cycle of changes, stamped long ago: so each outcome has a price."""
        self._send(self._material.games)
        self.settle()
        long_ago = self._material.stamp.offset_units
        self._send([filled(change.observations, long_ago) for change in self._material.changes])
        self.settle()
        self._to_come = 0
        # The replies are ahead of the workers: whoever joined now might be sent some of it.
        time.sleep(SEEDED_SECONDS)

    def begin(self, shape: Shape, seconds: float) -> None:
        """Start to send, in a thread."""
        self._thread = Thread(target=self._run, args=(shape, seconds))
        self._thread.start()

    def finish(self) -> int:
        """Wait until all is sent and answered.

        Returns:
            How many events were sent since the seed.

        Raises:
            FeedError: if the broker didn't make as many events of it.
        """
        assert self._thread
        self._thread.join()
        self.settle()
        if self._to_come:
            raise FeedError(f"the broker made {self._to_come} events less than it was sent observations")
        return self.sent

    def settle(self) -> None:
        """Wait for all replies."""
        while self._unanswered:
            if not self._socket.poll(int(REPLY_SECONDS * 1000)):
                raise FeedError(f"{self._unanswered} batches have no reply")
            self._hear()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close(linger=0)
        self._context.term()

    def _run(self, shape: Shape, seconds: float) -> None:
        start = time.monotonic()
        for due, count in shape.batches(seconds):
            while (left := max(start + due, self._observations.free_seconds) - time.monotonic()) > 0:
                time.sleep(left)
            self._send(list(self._observations.take(count)))
            self.sent += count
            self._to_come += count
            while self._socket.poll(0):
                self._hear()

    def _send(self, observations: Sequence[bytes]) -> None:
        self._socket.send_multipart([secrets.token_bytes(BATCH_ID_BYTES), b"\n".join(observations)])
        self._unanswered += 1

    def _hear(self) -> None:
        receipt = json.decode(self._socket.recv_multipart()[-1], type=Receipt)
        if receipt.error or receipt.rejected:
            raise FeedError(f"the broker answers {receipt}")
        self._unanswered -= 1
        self._to_come -= receipt.events
