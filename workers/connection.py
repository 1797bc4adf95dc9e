"""One client's TCP connection: handshake and incoming frames through websockets' sans-I/O protocol, ready frames out.

READING ──good handshake──▶ WAITING ──seat──▶ OPEN ──close frame sent──▶ CLOSING ──▶ gone
   └───────refused, 4xx/5xx────┴────────────────────────────────────────────▶ gone
"""

import asyncio
import logging
from collections.abc import Sequence
from enum import Enum
from typing import Protocol, cast

from websockets.extensions import ServerExtensionFactory
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from broker.closing import BINARY_MESSAGE, BY_CLIENT, FLOODING, INVALID_UTF8, LOST, Closing, label_of
from workers.clock import Clock
from workers.conversation import MESSAGE_LIMIT_BYTES, FloodGauge, answer
from workers.handshake import Accepted
from workers.refusals import REQUEST_LIMIT_BYTES, TOO_LARGE, UNREADABLE, Refusal
from workers.subscriber import Subscriber

EARLY_LIMIT_BYTES = 4096
"""Bytes taken from a client that speaks before it is let in."""
END_OF_REQUEST = b"\r\n\r\n"
"""Of its last line and of its header (RFC 9112, 2.1)."""

SILENT = logging.getLogger("books-relayer.connections")
"""websockets logs each connection; at 20,000 of them nobody reads that."""
SILENT.setLevel(logging.CRITICAL)


class Phase(Enum):
    """Where a connection is."""

    READING = 0
    WAITING = 1
    OPEN = 2
    CLOSING = 3


class Host(Protocol):
    """What a connection needs of its worker."""

    extensions: Sequence[ServerExtensionFactory]
    """What may be negotiated in a handshake."""

    def clock(self) -> Clock:
        """The time."""

    def opened(self, connection: "Connection") -> None:
        """A TCP connection was made."""

    def requested(self, connection: "Connection", request: Request) -> None:
        """A handshake request is complete."""

    def refused(self, connection: "Connection", refusal: Refusal) -> None:
        """It was turned away."""

    def stalled(self, subscriber: Subscriber) -> None:
        """The subscriber's socket takes no more."""

    def resumed(self, connection: "Connection", subscriber: Subscriber) -> None:
        """The subscriber's socket takes more again."""

    def closing(self, connection: "Connection") -> None:
        """A close frame is on its way; nothing may follow it."""

    def lost(self, connection: "Connection") -> None:
        """The TCP connection is gone."""


class Connection(asyncio.Protocol):
    """A client, from accept to the end of its connection.

    Args:
        host: its worker.
    """

    __slots__ = (
        "_early",
        "_fragments",
        "_gauge",
        "_host",
        "_request_bytes",
        "_request_tail",
        "accepted",
        "address",
        "key_id",
        "phase",
        "protocol",
        "seated",
        "since",
        "subscriber",
        "transport",
        "why_closed",
    )

    transport: asyncio.Transport

    def __init__(self, host: Host) -> None:
        self._host = host
        self.protocol = ServerProtocol(extensions=host.extensions, max_size=MESSAGE_LIMIT_BYTES, logger=SILENT)
        self.phase = Phase.READING
        self.since = host.clock().seconds
        """When the current phase began, in seconds of the host's clock."""
        self.accepted: Accepted | None = None
        """Its handshake, while it waits for a seat."""
        self.address = ""
        """The client's: first that of whoever has connected, from the request on what a trusted proxy says instead."""
        self.seated = False
        """It was counted among those who sit at its address."""
        self.key_id = ""
        """The key that it was let in with."""
        self.subscriber: Subscriber | None = None
        self.why_closed = LOST
        """The metric's label of its end."""
        self._request_bytes = 0
        self._request_tail = b""
        """The last bytes that have come, among which its end may begin."""
        self._early = b""
        self._fragments = b""
        self._gauge: FloodGauge | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        # uvloop's transports are none of asyncio's classes, but do what they do.
        self.transport = cast(asyncio.Transport, transport)
        # 0: every write goes to the kernel at once, and whatever it doesn't take pauses us at once.
        self.transport.set_write_buffer_limits(high=0)
        self.address = self.transport.get_extra_info("peername", ("",))[0]
        self._host.opened(self)

    def data_received(self, data: bytes) -> None:
        """Bytes have come in."""
        match self.phase:
            case Phase.READING:
                self._read(data)
            case Phase.WAITING:
                self._early += data
                if len(self._early) > EARLY_LIMIT_BYTES:
                    self.transport.abort()
            case _:
                self.protocol.receive_data(data)
                self._react()

    def eof_received(self) -> bool:
        """The client sends no more: RFC 6455 knows no half-closed connection."""
        return False

    def connection_lost(self, _exc: Exception | None) -> None:
        """The connection is gone."""
        self._host.lost(self)

    def pause_writing(self) -> None:
        """The kernel takes no more."""
        if self.subscriber:
            self._host.stalled(self.subscriber)

    def resume_writing(self) -> None:
        """The kernel has taken all that we had."""
        if self.subscriber and self.phase is Phase.OPEN:
            self._host.resumed(self, self.subscriber)

    def admit(self, subscriber: Subscriber, welcome: bytes, snapshot: bytes) -> None:
        """Answer 101 and let the subscriber in.

        Args:
            subscriber: its place in its stream.
            welcome: its first frame.
            snapshot: the frame that all share who join now.
        """
        assert self.accepted
        accepted, self.accepted = self.accepted, None
        self.phase = Phase.OPEN
        self.subscriber = subscriber
        self.key_id = accepted.key.key_id
        self.protocol.send_response(accepted.response)
        # One write for all three: each send costs more than what it carries. The snapshot is not copied, also where the
        # socket doesn't take it: many that don't read cost its size once.
        self.transport.writelines((b"".join((*self.protocol.data_to_send(), welcome)), snapshot))
        if self._early:
            early, self._early = self._early, b""
            self.data_received(early)

    def refuse(self, refusal: Refusal) -> None:
        """Answer with an HTTP error, be it a request or none yet, and end the connection."""
        if self.transport.is_closing():
            return
        self._host.refused(self, refusal)
        # What websockets may have queued of its own says less.
        self.protocol.data_to_send()
        self.transport.write(refusal.response().serialize())
        self.transport.close()

    def close(self, closing: Closing, reason: str | None = None) -> None:
        """Send a close frame; the connection ends when the client has answered it."""
        if self.phase is not Phase.OPEN:
            self.transport.abort()
            return
        # websockets may have begun to close it for a frame that came in together with the one that we close it for.
        if self.protocol.state is State.OPEN:
            self.why_closed = closing.label
            self.protocol.send_close(closing.code, reason or closing.reason)
        self._closing()
        self._flush()

    def _read(self, data: bytes) -> None:
        """Take what belongs to the request; what comes with it is as early as what follows it."""
        seen = self._request_tail + data
        end = seen.find(END_OF_REQUEST)
        size = len(data) if end < 0 else end + len(END_OF_REQUEST) - len(self._request_tail)
        self._request_tail = seen[1 - len(END_OF_REQUEST) :]
        self._request_bytes += size
        if self._request_bytes > REQUEST_LIMIT_BYTES:
            self.refuse(TOO_LARGE)
            return
        self.protocol.receive_data(data[:size])
        self._react()
        if size < len(data) and not self.transport.is_closing():
            self.data_received(data[size:])

    def _react(self) -> None:
        for event in self.protocol.events_received():
            if isinstance(event, Request):
                self._host.requested(self, event)
                if self.transport.is_closing():
                    return
            elif self.phase is Phase.OPEN:
                self._hear(event)
        if self.phase is Phase.READING and self.protocol.handshake_exc:
            self.refuse(UNREADABLE)
            return
        if self.phase is Phase.OPEN and self.protocol.state is not State.OPEN:
            # It has closed, or websockets has closed it for a frame against the protocol.
            sent = self.protocol.close_sent
            self.why_closed = BY_CLIENT if self.protocol.close_rcvd_then_sent or sent is None else label_of(sent.code)
            self._closing()
        self._flush()

    def _hear(self, frame: object) -> None:
        assert isinstance(frame, Frame)
        if self._is_flood(frame):
            self.close(FLOODING)
            return
        match frame.opcode:
            case Opcode.TEXT | Opcode.CONT:
                self._fragments += frame.data
                if frame.fin:
                    text, self._fragments = self._fragments, b""
                    self._talk(text)
            case Opcode.BINARY:
                self.close(BINARY_MESSAGE)
            case _:
                # Ping, Pong and Close are websockets' to answer.
                pass

    def _talk(self, text: bytes) -> None:
        try:
            text.decode()
        except UnicodeDecodeError:
            self.close(INVALID_UTF8)
            return
        self.transport.write(answer(text, self._host.clock().unix_ms))

    def _is_flood(self, frame: Frame) -> bool:
        if self._gauge is None:
            self._gauge = FloodGauge()
        message = frame.fin and frame.opcode in (Opcode.TEXT, Opcode.CONT)
        # Pongs too: nobody has to ask for one (RFC 6455, 5.5.3).
        return self._gauge.is_flood(self._host.clock().seconds, message=message)

    def _closing(self) -> None:
        self.phase = Phase.CLOSING
        self.since = self._host.clock().seconds
        self._host.closing(self)

    def _flush(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                self.transport.write(data)
            else:
                # websockets' sign for the end of our side; close() first sends what is buffered.
                self.transport.close()
