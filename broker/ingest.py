"""The producers' socket: reads all batches that have arrived, has them committed together, answers each."""

import asyncio
from collections.abc import Callable, Sequence

import zmq
from msgspec import json

from broker.port import Port
from broker.relay import Batch, Reply

PAYLOAD_LIMIT_BYTES = 64 * 1024 * 1024
"""ZeroMQ ends the connection of a producer that sends more: 40,000 full games in one batch are a mistake."""
BATCH_ID_LIMIT_BYTES = 64
TURN_BYTES = 8 * 1024 * 1024
"""Payload committed at once: keeps the loop's turns, and the commit that workers apply whole, short."""

MALFORMED = json.encode(
    Reply(
        0,
        0,
        (),
        f"a batch is two parts: its id of 1 to {BATCH_ID_LIMIT_BYTES} bytes, and its payload",
    )
)


class Ingest:
    """A ROUTER for producers' DEALER and REQ sockets.

    Args:
        loop: the broker's loop.
        context: ZeroMQ context.
        endpoint: where to bind.
        take: commits batches and gives the encoded reply to each.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        context: "zmq.Context[zmq.Socket[bytes]]",
        endpoint: str,
        take: Callable[[Sequence[Batch]], list[bytes]],
    ) -> None:
        self._take = take
        self._waiting: list[tuple[list[bytes], Batch]] = []
        self._waiting_bytes = 0
        socket = context.socket(zmq.ROUTER)
        socket.setsockopt(zmq.MAXMSGSIZE, PAYLOAD_LIMIT_BYTES)
        socket.bind(endpoint)
        self._port = Port(loop, socket, self._receive, self._commit)

    def close(self) -> None:
        """Stop taking batches."""
        self._port.close()

    def _receive(self, parts: list[bytes]) -> None:
        envelope, body = _opened(parts)
        match body:
            case [batch_id, payload] if 1 <= len(batch_id) <= BATCH_ID_LIMIT_BYTES:
                self._waiting.append(([*envelope, batch_id], Batch(batch_id, payload)))
                self._waiting_bytes += len(payload)
                if self._waiting_bytes >= TURN_BYTES:
                    self._commit()
            case _:
                # The id comes back, as far as there is one, so that the producer knows what it was.
                self._port.send(*envelope, body[0] if body else b"", MALFORMED)

    def _commit(self) -> None:
        if not self._waiting:
            return
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        replies = self._take([batch for _, batch in waiting])
        for (envelope, _), reply in zip(waiting, replies, strict=True):
            # A producer that is gone gets none, and sends its batch again when it is back.
            self._port.send(*envelope, reply)


def _opened(parts: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Split identity, and the empty part that a REQ socket adds, from what was sent."""
    head = 2 if len(parts) > 1 and not parts[1] else 1
    return parts[:head], parts[head:]
