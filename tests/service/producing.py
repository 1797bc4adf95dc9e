"""A producer without the product's own code: a raw ZeroMQ socket."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import zmq

from service.waiting import DEADLINE_SECONDS

Socket = zmq.Socket[bytes]


class Answered(NamedTuple):
    """A reply: the batch id that came back, and what it says."""

    batch_id: bytes
    accepted: int
    events: int
    rejected: dict[int, str]
    error: str | None
    permanent: bool


@contextmanager
def producer(endpoint: str, kind: int = zmq.DEALER) -> Iterator[Socket]:
    """A connected socket that gives up on a silent broker."""
    with zmq.Context() as context, context.socket(kind) as socket:
        socket.setsockopt(zmq.RCVTIMEO, int(DEADLINE_SECONDS * 1000))
        socket.setsockopt(zmq.LINGER, 0)
        socket.connect(endpoint)
        yield socket


def exchange(socket: Socket, payload: bytes, batch_id: bytes | None = None) -> Answered:
    """Send a batch and wait for its reply."""
    batch_id = batch_id or secrets.token_bytes(16)
    socket.send_multipart([batch_id, payload])
    answer = answered(socket.recv_multipart())
    assert answer.batch_id == batch_id
    return answer


def answered(parts: list[bytes]) -> Answered:
    """Read a reply."""
    batch_id, body = parts
    reply: dict[str, Any] = json.loads(body)
    rejected = {one["index"]: one["error"] for one in reply["rejected"]}
    assert list(rejected) == sorted(rejected)
    error, permanent = reply.get("error"), reply.get("permanent", False)
    return Answered(batch_id, reply["accepted"], reply["events"], rejected, error, permanent)
