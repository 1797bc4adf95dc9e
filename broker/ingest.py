"""The producers' socket: reads all batches that have arrived, has them committed together, answers each."""

import asyncio
from collections.abc import Callable, Sequence

import zmq

from broker.gate import Gate
from broker.observations import BATCH_LIMIT_BYTES
from broker.port import Port
from broker.relay import Batch, refusal

MESSAGE_LIMIT_BYTES = 64 * 1024 * 1024
"""What is larger than a batch may be is refused with a word; ZeroMQ ends the connection of a producer that sends even
more than this, and says nothing."""
BATCH_ID_LIMIT_BYTES = 64

MALFORMED = refusal(f"a batch is two parts: its id of 1 to {BATCH_ID_LIMIT_BYTES} bytes, and its payload")
TOO_LARGE = refusal(f"a batch is at most {BATCH_LIMIT_BYTES} bytes: send this one in parts")


class Ingest:
    """A ROUTER for producers' DEALER and REQ sockets.

    Args:
        loop: the broker's loop.
        context: ZeroMQ context.
        endpoint: where to bind.
        take: commits batches and gives the encoded reply to each.
        gate: who may come in; None for everybody who can reach the endpoint.

    Raises:
        zmq.ZMQError: if the endpoint can't be used.
        CurveKeysError, OpenToOthersError: if the gate's keys can't be used.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        context: "zmq.Context[zmq.Socket[bytes]]",
        endpoint: str,
        take: Callable[[Sequence[Batch]], list[bytes]],
        gate: Gate | None = None,
    ) -> None:
        self._take = take
        self._waiting: list[tuple[list[bytes], Batch]] = []
        socket = context.socket(zmq.ROUTER)
        socket.setsockopt(zmq.MAXMSGSIZE, MESSAGE_LIMIT_BYTES)
        socket.ipv6 = "[" in endpoint
        if gate:
            gate.guard(socket)
        socket.bind(endpoint)
        self._port = Port(loop, socket, self._receive, self._commit, gate.trusts if gate else None)

    def close(self) -> None:
        """Stop taking batches."""
        self._port.close()

    def _receive(self, parts: list[bytes]) -> None:
        envelope, body = _opened(parts)
        match body:
            case [batch_id, payload] if 1 <= len(batch_id) <= BATCH_ID_LIMIT_BYTES:
                if len(payload) <= BATCH_LIMIT_BYTES:
                    self._waiting.append(([*envelope, batch_id], Batch(batch_id, payload)))
                else:
                    self._port.send(*envelope, batch_id, TOO_LARGE)
            case _:
                # The id comes back, as far as there is one, so that the producer knows what it was.
                self._port.send(*envelope, body[0] if body else b"", MALFORMED)

    def _commit(self) -> None:
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        replies = self._take([batch for _, batch in waiting])
        for (envelope, _), reply in zip(waiting, replies, strict=True):
            # A producer that is gone gets none, and sends its batch again when it is back.
            self._port.send(*envelope, reply)


def _opened(parts: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Split identity, and the empty part that a REQ socket adds, from what was sent."""
    head = 2 if len(parts) > 1 and not parts[1] else 1
    return parts[:head], parts[head:]
