"""A key that goes bad while its client waits for a seat doesn't let it stay."""

import asyncio
import time
from hashlib import sha256
from typing import cast

from websockets.frames import Close

from broker.messages import CHANNELS, KeyRecord, SeatsGranted, ToBroker
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
    """Takes everything."""

    def __init__(self) -> None:
        self.written = b""

    def set_write_buffer_limits(self, high: int) -> None:
        assert high == 0

    def write(self, data: bytes) -> None:
        self.written += data


def waiting() -> tuple[Door, Connection, Transport]:
    """A client whose handshake is good and that has no seat yet."""
    told: list[ToBroker] = []
    door, transport = Door(1, Fanout(), told.append, compression=False), Transport()
    door.admission.hello(RUN)
    door.carry_out(door.admission.registered())
    door.set_keys([RECORD])
    connection = Connection(door)
    connection.connection_made(cast(asyncio.Transport, transport))
    connection.data_received(REQUEST)
    assert transport.written == b""
    return door, connection, transport


def test_a_good_key_lets_its_client_stay() -> None:
    door, connection, transport = waiting()
    door.carry_out(door.admission.granted(SeatsGranted(RUN, 7, 1)))
    assert b"101 Switching" in transport.written
    assert b'"conn_id":7' in transport.written
    assert connection.protocol.close_sent is None
    assert door.counts().live == 1


def test_a_key_revoked_while_its_client_waited_does_not() -> None:
    door, connection, transport = waiting()
    door.set_keys([])
    door.carry_out(door.admission.granted(SeatsGranted(RUN, 7, 1)))
    assert b"101 Switching" in transport.written
    assert connection.protocol.close_sent == Close(1008, "key revoked or expired")
    assert door.counts().live == 0


def test_nor_does_one_that_expired() -> None:
    door, connection, _ = waiting()
    door.set_keys([KeyRecord("id", RECORD.digest, CHANNELS, time.time_ns() // 1_000_000 - 1, None)])
    door.carry_out(door.admission.granted(SeatsGranted(RUN, 7, 1)))
    assert connection.protocol.close_sent == Close(1008, "key revoked or expired")
