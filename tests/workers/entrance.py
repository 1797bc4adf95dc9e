"""A worker's door without a network: clients that say what a test lets them say."""

import asyncio
import time
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, cast

from broker.messages import CHANNELS, KeyRecord, SeatsGranted, ToBroker
from broker.settings import Settings
from workers.clock import Clock
from workers.connection import Connection
from workers.door import Door
from workers.fanout import Fanout

KEY = "pn_live_" + "k" * 32
RECORD = KeyRecord("id", sha256(KEY.encode()).digest(), CHANNELS, None, None)
REQUEST = (
    f"GET /ws/live?key={KEY} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
).encode()
RUN = 1


class Transport:
    """Takes so many bytes, and is told what becomes of it."""

    def __init__(self, address: str = "192.0.2.1", room: int = 1_000_000) -> None:
        self.written = b""
        self.closed = False
        self.aborted = False
        self.protocol: Connection | None = None
        self._address = address
        self._room = room

    def set_write_buffer_limits(self, high: int) -> None:
        assert high == 0

    def get_extra_info(self, name: str, _default: object = None) -> object:
        known = {"peername": (self._address, 50_000), "socket": self}
        return known[name]

    def getsockopt(self, _level: int, _option: int, size: int) -> bytes:
        """As a socket it knows nothing."""
        return bytes(size)

    def get_write_buffer_size(self) -> int:
        return max(0, len(self.written) - self._room)

    def write(self, data: bytes) -> None:
        self.written += data
        if self.get_write_buffer_size() and self.protocol:
            self.protocol.pause_writing()

    def writelines(self, parts: Iterable[bytes]) -> None:
        self.write(b"".join(parts))

    def is_closing(self) -> bool:
        return self.closed or self.aborted

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True

    @property
    def status(self) -> int:
        """Of the answer."""
        return int(self.written.split()[1]) if self.written else 0


class Clocked(Door):
    """A door with a clock of the test's own."""

    now = 100.0

    def clock(self) -> Clock:
        return Clock(self.now, time.time_ns() // 1_000_000)


def door(fanout: Fanout | None = None, seats: int = 0, **settings: Any) -> Clocked:
    """A door that knows a key and has so many seats."""
    told: list[ToBroker] = []
    made = Settings(**{"workers": 1, "compression": "off", **settings})
    one = Clocked(made, fanout or Fanout(), told.append, lambda: None)
    one.admission.hello(RUN)
    one.carry_out(one.admission.registered())
    one.set_keys([RECORD])
    if seats:
        one.carry_out(one.admission.granted(SeatsGranted(RUN, 7, seats)))
    return one


def arrive(at: Door, transport: Transport, request: bytes = b"") -> Connection:
    """A client connects, and may ask for something."""
    connection = transport.protocol = Connection(at)
    connection.connection_made(cast(asyncio.Transport, transport))
    if request:
        connection.data_received(request)
    return connection
