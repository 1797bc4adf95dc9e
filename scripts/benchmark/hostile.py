"""Hostile clients as a process of their own, on the clients' core: `python -m benchmark.hostile KIND PORT PATH`.

Each kind goes on until the process is ended, at a pace that one host can keep up easily: what is to be seen is what
others notice of it, not how much of it the server can take.
"""

import asyncio
import socket
import sys
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress

HELD = 300
"""Connections that say nothing, or a byte now and then."""
PER_SECOND = 200
"""Connections that come, do their worst, and go."""
PING_CLIENTS = 10
PINGS_PER_SECOND = 90
"""Of each: just below what ends them."""
SLOW_SECONDS = 1.0
FIN_TEXT_COMPRESSED, FIN_PING, FIN_CLOSE = 0xC1, 0x89, 0x88
MASK = bytes(4)
SOURCE = "127.0.200.1"

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter


class Target:
    """The server.

    Args:
        port: where it listens.
        path: of a good handshake, with its key.
    """

    def __init__(self, port: int, path: str) -> None:
        self.port = port
        self.path = path

    def request(self, path: str | None = None, offer: str = "") -> bytes:
        """A handshake."""
        lines = [
            f"GET {path or self.path} HTTP/1.1",
            "Host: relay",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        if offer:
            lines.append(f"Sec-WebSocket-Extensions: {offer}")
        return "\r\n".join([*lines, "", ""]).encode()

    async def connect(self) -> tuple[Reader, Writer]:
        """A connection."""
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(SOURCE, 0), family=socket.AF_INET)


def frame(first: int, payload: bytes) -> bytes:
    """A masked frame of up to 125 bytes, or of up to 64 KiB."""
    size = len(payload)
    length = bytes([0x80 | size]) if size <= 125 else b"\xfe" + size.to_bytes(2)
    return bytes([first]) + length + MASK + payload


def bomb() -> bytes:
    """A megabyte in a kilobyte."""
    compressor = zlib.compressobj(9, wbits=-15)
    return (compressor.compress(bytes(1_000_000)) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


BOMB = frame(FIN_TEXT_COMPRESSED, bomb())


async def silent(target: Target) -> None:
    """Connect, and say nothing until the server has enough of it."""
    reader, writer = await target.connect()
    await reader.read()
    writer.close()


async def slow(target: Target) -> None:
    """A request that never ends, byte by byte."""
    reader, writer = await target.connect()
    for byte in target.request():
        writer.write(bytes([byte]))
        with suppress(TimeoutError):
            await asyncio.wait_for(reader.read(1), SLOW_SECONDS)
            break
    writer.close()


async def pings(target: Target) -> None:
    """As many pings as don't end the connection, each with the largest payload."""
    reader, writer = await target.connect()
    writer.write(target.request())
    swallowing = asyncio.ensure_future(_swallow(reader))
    while not swallowing.done():
        writer.write(frame(FIN_PING, bytes(125)))
        await asyncio.sleep(1 / PINGS_PER_SECOND)
    writer.close()


def once(path: str | None = None, offer: str = "", then: bytes = b"") -> Callable[[Target], Awaitable[None]]:
    """A handshake, and a frame if it is to be let in; then wait for the end."""

    async def play(target: Target) -> None:
        reader, writer = await target.connect()
        writer.write(target.request(path, offer))
        if then:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(then)
        await reader.read()
        writer.close()

    return play


HOLDING: dict[str, tuple[int, Callable[[Target], Awaitable[None]]]] = {
    "idle connections": (HELD, silent),
    "slow headers": (HELD, slow),
    "pings": (PING_CLIENTS, pings),
}
"""So many at any time."""
COMING: dict[str, Callable[[Target], Awaitable[None]]] = {
    "wrong keys": once("/ws/odds?key=pn_live_" + "x" * 32),
    "wrong paths": once("/ws/../etc/passwd"),
    "in and out": once(then=frame(FIN_CLOSE, (1000).to_bytes(2))),
    "compression bombs": once(offer="permessage-deflate", then=BOMB),
}
"""So many a second."""
KINDS = (*HOLDING, *COMING)


async def _swallow(reader: Reader) -> None:
    with suppress(ConnectionError):
        while await reader.read(65_536):
            pass


async def _play(attack: Callable[[Target], Awaitable[None]], target: Target) -> None:
    # A server that ends it, or takes no more, is what the attack is about.
    with suppress(OSError, asyncio.IncompleteReadError):
        await attack(target)


async def _hold(attack: Callable[[Target], Awaitable[None]], target: Target) -> None:
    while True:
        await _play(attack, target)


async def main(kind: str, port: int, path: str) -> None:
    """Attack without end."""
    target = Target(port, path)
    if kind in HOLDING:
        number, attack = HOLDING[kind]
        await asyncio.gather(*(_hold(attack, target) for _ in range(number)))
    attacks: set[asyncio.Future[None]] = set()
    while True:
        task = asyncio.ensure_future(_play(COMING[kind], target))
        attacks.add(task)
        task.add_done_callback(attacks.discard)
        await asyncio.sleep(1 / PER_SECOND)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
