"""One connection to the service, without a library: hundreds of them must cost little, and tell all that comes."""

import asyncio
import json
import socket
from typing import Literal, NamedTuple, cast

from broker.closing import LAGGED, SERVICE_RESTART
from service.raw import CLOSE, FIN, MASKED, PONG
from soak.continuity import Continuity
from soak.emitted import Emitted
from soak.frames import Frames
from soak.handshake import HEAD_END, SWITCHING, Answer, request
from soak.house import House
from soak.violation import ViolationError
from soak.wish import Wish

SLOW_PAUSE_SECONDS = 0.1
"""Between two reads of a slow one, of some 60 KB: a burst takes it a while, but it may lose nothing."""
SMALL_BUFFER_BYTES = 64 * 1024
LARGE_BUFFER_BYTES = 1024 * 1024
"""What the kernel takes for a client: little for those who are to feel it when they don't read; for the others so much
that a second in which the kernel doesn't run this process isn't a second in which they don't read."""
NORMAL_CLOSURE = 1000

MayEnd = Literal["never", "restarting", "always"]
"""Whether the server may end a connection: not at all, with 1012, or in any way."""


class Received(NamedTuple):
    """What a connection received up to some moment.

    Args:
        texts: after the welcome.
        recovering: it had stopped reading, and read again.
        is_all: the connection had ended.
    """

    texts: list[bytes]
    recovering: bool
    is_all: bool


class Connection(asyncio.Protocol):
    """A subscriber, let in or refused, until it is gone.

    Args:
        wish: what it wants.
        house: told when it is in and when it leaves.
        emitted: what it is to get.
    """

    def __init__(self, wish: Wish, house: House, emitted: Emitted) -> None:
        loop = asyncio.get_running_loop()
        self.wish = wish
        self._client = socket.socket()
        self._client.setblocking(False)
        buffer = LARGE_BUFFER_BYTES if wish.pace == "steady" else SMALL_BUFFER_BYTES
        self._client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._client.bind(("127.0.0.1", 0))
        self.port: int = self._client.getsockname()[1]
        """The client's own, known before the server knows it."""
        self.continuity = Continuity(emitted, wish.channel, wish.on_lag)
        self.status: asyncio.Future[int | None] = loop.create_future()
        """Of the answer to its handshake, None if none came."""
        self.ended: asyncio.Future[None] = loop.create_future()
        """Done when the connection is gone."""
        self.may_end: MayEnd = "never"
        self.conn_id = 0
        self.close_code: int | None = None
        self.has_left = False
        """It was the first to close."""
        self.has_slept = False
        self.is_asleep = False
        self._transport: asyncio.Transport | None = None
        self._house = house
        self._head = b""
        self._frames: Frames | None = None
        self._texts: list[bytes] = []

    def __str__(self) -> str:
        wish = self.wish
        compression = f"compressed with {wish.window_bits} bits" if wish.window_bits else "plain"
        return f"subscriber {self.conn_id} ({wish.channel}, {wish.pace}, on_lag={wish.on_lag}, {compression})"

    async def open(self, port: int, key: str) -> None:
        """Connect to the service on this port, and send the handshake.

        Raises:
            OSError: if nobody takes the connection.
        """
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_connect(self._client, ("127.0.0.1", port))
            await loop.create_connection(lambda: self, sock=self._client)
        except BaseException:
            self._client.close()
            self.connection_lost(None)
            raise
        self._write(request(self.wish, key))

    @property
    def is_in(self) -> bool:
        """Whether it was let in."""
        return self.conn_id != 0

    @property
    def is_here(self) -> bool:
        """Whether it is in, as far as it knows, and wants to stay."""
        return self.is_in and not self.has_left and not self.ended.done()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is connected."""
        # uvloop's transports are none of asyncio's classes, but do what they do.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Bytes have come in."""
        try:
            self._take(data)
        except ViolationError as error:
            self._fail(error)
        if self.wish.pace == "slow":
            self._pause()
            asyncio.get_running_loop().call_later(SLOW_PAUSE_SECONDS, self._resume)

    def connection_lost(self, _error: Exception | None) -> None:
        """It is gone."""
        self._house.leave(self)
        self._answered(None)
        if not self.ended.done():
            self.ended.set_result(None)

    def sleep(self) -> None:
        """Take nothing from the socket any more."""
        self.has_slept = self.is_asleep = self.continuity.excused = True
        self._pause()

    def wake(self) -> None:
        """Take everything again."""
        self.is_asleep = False
        self._resume()

    def received(self) -> Received:
        """What has come since it was asked for the last time."""
        texts, self._texts = self._texts, []
        return Received(texts, self.continuity.excused and not self.is_asleep, self.ended.done())

    def check(self, received: Received) -> None:
        """Compare what it received with what was emitted by then.

        Raises:
            ViolationError: if it isn't what had to come.
        """
        try:
            self.continuity.take(received.texts)
        except ViolationError as error:
            raise ViolationError(f"{self}: {error}") from error
        if received.recovering and self.continuity.up_to_date:
            self.continuity.excused = False

    def check_end(self) -> None:
        """It has ended: ask why.

        Raises:
            ViolationError: if it had no reason to.
        """
        if self.has_left or self.may_end == "always":
            return
        if self.may_end == "restarting" and (self.close_code == SERVICE_RESTART.code or self.has_slept):
            return
        if self.close_code == LAGGED.code and self.wish.on_lag == "close" and self.continuity.excused:
            return
        raise ViolationError(f"{self} was disconnected for no reason, with close code {self.close_code}")

    def leave(self) -> None:
        """Begin to close in order; one that doesn't read goes without a word."""
        in_order = self.is_here and not self.is_asleep
        self._house.leave(self)
        self.has_left = True
        if in_order:
            self._send(CLOSE, NORMAL_CLOSURE.to_bytes(2))
        else:
            self.abort()

    def abort(self) -> None:
        """End the connection without a word."""
        if self._transport:
            self._transport.abort()

    def _take(self, data: bytes) -> None:
        if self._frames is None:
            self._head += data
            if HEAD_END not in self._head:
                return
            head, _, data = self._head.partition(HEAD_END)
            answer = Answer.read(head)
            if answer.status != SWITCHING:
                self._answered(answer.status)
                return
            if answer.window_bits != self.wish.window_bits:
                raise ViolationError(f"a compression of {answer.window_bits} bits was agreed to")
            self._frames = Frames(answer.window_bits)
        arrived = self._frames.split(data)
        self._texts += arrived.texts
        if not self.is_in and self._texts:
            self._welcome(self._texts.pop(0))
        for ping in arrived.pings:
            self._send(PONG, ping)
        if arrived.close is not None:
            self._hear_close(arrived.close)

    def _welcome(self, text: bytes) -> None:
        self.conn_id = json.loads(text)["conn_id"]
        channel = self.wish.channel
        message = f"connected to books-relayer {channel} channel"
        due = f'{{"type":"welcome","channel":"{channel}","conn_id":{self.conn_id},"message":"{message}"}}'
        if text.decode() != due:
            raise ViolationError(f"the first frame was {text.decode()}")
        self._house.enter(self, self.conn_id)
        self._answered(SWITCHING)

    def _answered(self, status: int | None) -> None:
        if not self.status.done():
            self.status.set_result(status)

    def _hear_close(self, payload: bytes) -> None:
        self.close_code = int.from_bytes(payload[:2])
        if not self.has_left:
            self._send(CLOSE, payload)

    def _send(self, opcode: int, payload: bytes) -> None:
        # Nothing is hidden by a mask of zeros, but it is one (RFC 6455, 5.3).
        self._write(bytes([FIN | opcode, MASKED | len(payload)]) + bytes(4) + payload)

    def _write(self, data: bytes) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(data)

    def _pause(self) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._transport and not self._transport.is_closing() and not self.is_asleep:
            self._transport.resume_reading()

    def _fail(self, error: ViolationError) -> None:
        waited_for = self.ended if self.status.done() else self.status
        if not waited_for.done():
            waited_for.set_exception(ViolationError(f"{self}: {error}"))
        self.abort()
