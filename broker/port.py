"""A ZeroMQ socket on an asyncio loop, for sockets that never wait: one read callback, and sends that don't block."""

import asyncio
from collections.abc import Callable
from typing import cast

import zmq

MESSAGES_PER_TURN = 64
"""Messages read before the loop gets its turn, so that a flood on one socket starves no other."""
BYTES_PER_TURN = 1024 * 1024
"""Likewise bytes, but at least one message: what is done with it takes its time, some 200 ms for so many of quotes."""

READABLE = int(zmq.POLLIN)
"""As a plain number: the flag type's own arithmetic takes longer than the question."""


class Port:
    """Reads a socket's messages as they come and sends without waiting.

    Args:
        loop: the loop that calls back.
        socket: connected or bound; owned, and closed with the port.
        receive: called with the parts of each message.
        turn_done: called after each run of messages, when at least one came.
        trusts: asked for each message about its sender, as ZAP has named it; what others send is dropped.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        socket: "zmq.Socket[bytes]",
        receive: Callable[[list[bytes]], None],
        turn_done: Callable[[], None] | None = None,
        trusts: Callable[[str], bool] | None = None,
    ) -> None:
        self._loop = loop
        self._socket = socket
        self._receive = receive
        self._turn_done = turn_done
        self._trusts = trusts
        self._scheduled = False
        loop.add_reader(socket.FD, self._readable)
        self._wake()

    def send(self, *parts: bytes) -> bool:
        """Send one message.

        Returns:
            False if the socket takes no more, or has nobody to send to.
        """
        try:
            self._socket.send_multipart(parts, flags=zmq.NOBLOCK)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno == zmq.EHOSTUNREACH:
                return False
            raise
        finally:
            # The descriptor is edge-triggered, and a send may have consumed the edge of a message that came in
            # (zmq_getsockopt, ZMQ_FD).
            self._wake()
        return True

    def read(self) -> None:
        """Read what has come in. The loop sees to that; for those who have much to do before its next turn."""
        count = size = 0
        # Asking first is a tenth of the price of an exception that says that there was nothing.
        while not self._socket.closed and cast(int, self._socket.get(zmq.EVENTS)) & READABLE:
            if count == MESSAGES_PER_TURN or size >= BYTES_PER_TURN:
                self._wake()
                break
            parts = self._next()
            count += 1
            size += sum(map(len, parts))
            if parts:
                self._receive(parts)
        if count and self._turn_done:
            self._turn_done()

    def close(self) -> None:
        """Stop reading and close the socket; what is queued is still sent for up to 100 ms."""
        self._loop.remove_reader(self._socket.FD)
        self._receive = _ignore
        self._turn_done = None
        self._socket.close(linger=100)

    def _wake(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._read_on)

    def _readable(self) -> None:
        # At once, and not at the loop's next turn, unless that is to come anyway.
        if not self._scheduled:
            self.read()

    def _read_on(self) -> None:
        self._scheduled = False
        self.read()

    def _next(self) -> list[bytes]:
        """The next message; empty if it isn't to be heard."""
        if self._trusts is None:
            return self._socket.recv_multipart(zmq.NOBLOCK)
        frames = self._socket.recv_multipart(zmq.NOBLOCK, copy=False)
        return [frame.bytes for frame in frames] if self._trusts(str(frames[-1].get("User-Id"))) else []


def _ignore(_parts: list[bytes]) -> None:
    """A closed port hears nothing."""
