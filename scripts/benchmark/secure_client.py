"""A process of subscribers that may speak TLS: `python -m benchmark.secure_client`, told what to do on standard input.

Each decrypts until its greeting is complete. From then on it only counts the bytes that come, encrypted or not: so both
kinds cost these clients the same, and none of that is mistaken for the server's.
"""

import asyncio
import ssl
import sys
from typing import cast

import uvloop
from msgspec import Struct, json
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

HOST = "127.0.0.1"


class Task(Struct, frozen=True):
    """What they are told, the first line on standard input.

    Args:
        port: of the server.
        path: with the key.
        greeting_frames: text frames ahead of the first event.
        subscribers: how many.
        at_once: handshakes under way.
        ca_file: whom they trust, None for no TLS.
    """

    port: int
    path: str
    greeting_frames: int
    subscribers: int
    at_once: int
    ca_file: str | None


class Subscriber(asyncio.Protocol):
    """One of them.

    Args:
        task: of all.
        context: of TLS.
    """

    def __init__(self, task: Task, context: ssl.SSLContext | None) -> None:
        self.welcomed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.bytes = 0
        """Those that came after its greeting."""
        self._protocol: ClientProtocol | None = ClientProtocol(parse_uri(f"ws://{HOST}:{task.port}{task.path}"))
        self._to_come = task.greeting_frames
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=HOST) if context else None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask, as soon as somebody can understand it."""
        self._transport = cast(asyncio.WriteTransport, transport)
        assert self._protocol
        self._protocol.send_request(self._protocol.connect())
        self._request = b"".join(self._protocol.data_to_send())
        if self._tls is None:
            self._transport.write(self._request)
        else:
            self._shake_hands()

    def data_received(self, data: bytes) -> None:
        """Count, or read the greeting."""
        if self._protocol is None:
            self.bytes += len(data)
            return
        if self._tls:
            self._in.write(data)
            data = self._decrypted()
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            self._to_come -= isinstance(event, Frame) and event.opcode is Opcode.TEXT
        if self._protocol.handshake_exc:
            raise self._protocol.handshake_exc
        if not self._to_come:
            self._protocol = self._tls = None
            self.welcomed.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """None is to be lost."""
        raise SystemExit(f"a connection was lost: {exc}")

    def _shake_hands(self) -> None:
        assert self._tls
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        else:
            self._tls.write(self._request)
            self._request = b""
        self._transport.write(self._out.read())

    def _decrypted(self) -> bytes:
        assert self._tls
        if self._request:
            self._shake_hands()
        parts = []
        try:
            while not self._request:
                parts.append(self._tls.read())
        except ssl.SSLWantReadError:
            pass
        return b"".join(parts)


async def run() -> None:
    """Open all, say so, and tell for each line that comes what the one with the least has got."""
    loop = asyncio.get_running_loop()
    task = json.decode(sys.stdin.readline(), type=Task)
    context = ssl.create_default_context(cafile=task.ca_file) if task.ca_file else None
    turns = asyncio.Semaphore(task.at_once)

    async def open_one() -> Subscriber:
        async with turns:
            _, subscriber = await loop.create_connection(lambda: Subscriber(task, context), HOST, task.port)
            await subscriber.welcomed
            return subscriber

    subscribers = await asyncio.gather(*(open_one() for _ in range(task.subscribers)))
    print("open", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(min(subscriber.bytes for subscriber in subscribers), flush=True)


if __name__ == "__main__":
    uvloop.run(run())
