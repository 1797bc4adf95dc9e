"""The worker's sockets to the broker: commits and beats in over SUB, questions and answers over a DEALER."""

import asyncio
import os
from collections.abc import Callable

import zmq

from broker.messages import (
    Published,
    ToBroker,
    ToWorker,
    decode_published,
    decode_to_worker,
    encode,
)
from broker.port import Port

RECONNECT_MS = 50
"""Pause between attempts to reach a broker that is starting again."""


class Feed:
    """Both sockets.

    Args:
        loop: the worker's loop.
        context: ZeroMQ context.
        events_endpoint: where the broker publishes.
        control_endpoint: where the broker answers.
        published: called with each commit and beat.
        caught_up: called after a run of them.
        answered: called with each message for this worker.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        context: "zmq.Context[zmq.Socket[bytes]]",
        events_endpoint: str,
        control_endpoint: str,
        published: Callable[[Published], None],
        caught_up: Callable[[], None],
        answered: Callable[[ToWorker], None],
    ) -> None:
        self._published = published
        self._answered = answered
        dealer = context.socket(zmq.DEALER)
        dealer.setsockopt(zmq.ROUTING_ID, b"%d" % os.getpid())
        dealer.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
        dealer.setsockopt(zmq.SNDHWM, 0)
        dealer.setsockopt(zmq.RCVHWM, 0)
        dealer.connect(control_endpoint)
        sub = context.socket(zmq.SUB)
        sub.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
        sub.setsockopt(zmq.SUBSCRIBE, b"")
        sub.connect(events_endpoint)
        self._control = Port(loop, dealer, self._answer)
        self._events = Port(loop, sub, self._publish, caught_up)

    def send(self, message: ToBroker) -> None:
        """Tell or ask the broker."""
        self._control.send(encode(message))

    def listen(self) -> None:
        """Take the broker's answers that have come in, without waiting for the loop's next turn."""
        self._control.read()

    def close(self) -> None:
        """Close both sockets."""
        self._events.close()
        self._control.close()

    def _publish(self, parts: list[bytes]) -> None:
        self._published(decode_published(parts[0]))

    def _answer(self, parts: list[bytes]) -> None:
        self._answered(decode_to_worker(parts[0]))
