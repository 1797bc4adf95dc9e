"""The workers' sockets: commits and beats out over PUB; seats, keys and catching up over a ROUTER.

The HTTP process asks over the ROUTER too.
"""

import asyncio
from collections.abc import Callable

import zmq
from msgspec import DecodeError
from structlog.typing import FilteringBoundLogger

from broker.messages import ToBroker, ToWorker, decode_to_broker, encode
from broker.port import Port
from broker.reports import Answered

PUB_HIGH_WATER_MARK_MESSAGES = 2_000
"""Commits waiting for one slow worker: 4 s at 500 single-event commits a second, and a worker that is silent for 5 s is
replaced. Past it ZeroMQ drops silently, and the worker closes the hole out of the journal."""


class Bus:
    """Both sockets to the workers.

    Args:
        loop: the broker's loop.
        context: ZeroMQ context.
        events_endpoint: where workers subscribe.
        control_endpoint: where workers ask.
        handle: called with the sender's process id and its message.
        log: for messages that can't be read.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        context: "zmq.Context[zmq.Socket[bytes]]",
        events_endpoint: str,
        control_endpoint: str,
        handle: Callable[[int, ToBroker], None],
        log: FilteringBoundLogger,
    ) -> None:
        self._handle = handle
        self._log = log
        self._pub = context.socket(zmq.PUB)
        self._pub.setsockopt(zmq.SNDHWM, PUB_HIGH_WATER_MARK_MESSAGES)
        self._pub.bind(events_endpoint)
        router = context.socket(zmq.ROUTER)
        router.setsockopt(zmq.SNDHWM, 0)
        router.setsockopt(zmq.RCVHWM, 0)
        # A worker that comes back before its old connection is gone takes its routing id over.
        router.setsockopt(zmq.ROUTER_HANDOVER, 1)
        router.setsockopt(zmq.ROUTER_MANDATORY, 1)
        router.bind(control_endpoint)
        self._port = Port(loop, router, self._receive)

    def publish(self, body: bytes) -> None:
        """Send to every worker."""
        self._pub.send(body)

    def send(self, process: int, message: ToWorker | Answered) -> None:
        """Send to one worker, or the HTTP process; for one that has just gone it is dropped."""
        self._port.send(b"%d" % process, encode(message))

    def read(self) -> None:
        """Hear what has been said by now, by those too who have ended since."""
        self._port.read()

    def close(self) -> None:
        """Close both sockets."""
        self._port.close()
        self._pub.close(linger=100)

    def _receive(self, parts: list[bytes]) -> None:
        try:
            routing_id, body = parts
            sender, message = int(routing_id), decode_to_broker(body)
        except (ValueError, DecodeError) as error:
            self._log.warning("unreadable message on the control socket", error=str(error))
            return
        self._handle(sender, message)
