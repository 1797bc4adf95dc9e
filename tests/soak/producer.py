"""A producer that sends a batch, and sends it again until it is acknowledged, before the next: a raw ZeroMQ socket.

One at a time, as all producers should: of several under way, a socket that reconnects sends the later ones to a new
broker before those that the old one took with it are found to be missing.
"""

import asyncio
from collections.abc import Sequence

import zmq
import zmq.asyncio

from service.producing import Answered, answered
from soak.ledger import Ledger
from soak.violation import ViolationError

RETRY_SECONDS = 1.0
"""Patience with a broker that says nothing, before a batch is sent again."""
DELIVERY_SECONDS = 60.0
"""After any two faults the service takes batches again much sooner."""


class Producer:
    """One producer.

    Args:
        endpoint: of the broker's socket.
        ledger: told of each batch and its answer.
    """

    def __init__(self, endpoint: str, ledger: Ledger) -> None:
        self._endpoint = endpoint
        self._ledger = ledger
        self._context = zmq.asyncio.Context.instance()
        self._socket = self._connected()
        self._sent = 0
        self.repeated = 0
        """Batches sent again."""

    async def deliver(self, lines: Sequence[bytes]) -> None:
        """Send a batch, and return when it is acknowledged.

        Raises:
            ViolationError: if it gets another answer than it had to, or none in a minute.
        """
        self._sent += 1
        batch_id = f"{self._ledger.name}-{self._sent}".encode()
        self._ledger.send(batch_id, lines)
        try:
            async with asyncio.timeout(DELIVERY_SECONDS):
                self._ledger.answer(await self._insist(batch_id, b"\n".join(lines)))
        except TimeoutError as error:
            raise ViolationError(f"a batch of {self._ledger.name} gets no answer") from error

    async def _insist(self, batch_id: bytes, payload: bytes) -> Answered:
        while not (answer := await self._exchange(batch_id, payload)):
            # A fresh socket: the old one may have it in its queue, for a broker that is gone.
            self._socket.close(linger=0)
            self._socket = self._connected()
            self.repeated += 1
        return answer

    async def _exchange(self, batch_id: bytes, payload: bytes) -> Answered | None:
        await self._socket.send_multipart([batch_id, payload])
        while await self._socket.poll(round(RETRY_SECONDS * 1000)):
            answer = answered(await self._socket.recv_multipart())
            if answer.batch_id == batch_id:
                return answer
        return None

    def close(self) -> None:
        """What isn't sent yet never is."""
        self._socket.close(linger=0)

    def _connected(self) -> zmq.asyncio.Socket:
        socket = self._context.socket(zmq.DEALER)
        socket.connect(self._endpoint)
        return socket
