"""A subscriber that collects every frame, through a client that nobody here wrote: `websockets`."""

import asyncio
import json
import secrets
import socket
from collections.abc import Callable, Sequence
from ssl import SSLContext
from typing import Any, Protocol, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from broker.messages import Channel
from service.observed import LAST_GAME, last_word
from service.processes import holder
from service.running import Service
from service.waiting import eventually

GREETING_FRAMES = 2
"""welcome and snapshot."""
FULL_WINDOW = 15


class Reachable(Protocol):
    """A service that subscribers find."""

    @property
    def port(self) -> int:
        """Of loopback."""

    @property
    def trust(self) -> SSLContext | None:
        """What they trust, None without TLS."""

    def url(self, channel: Channel, key: str | None = None, **parameters: str) -> str:
        """A subscriber's address."""


class Subscriber:
    """One connection and all that came over it.

    Args:
        connection: open.
        channel: what it subscribed to.
    """

    def __init__(self, connection: ClientConnection, channel: Channel) -> None:
        self.connection = connection
        self.channel = channel
        self.frames: list[str] = []
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def join(
        cls,
        service: Reachable,
        channel: Channel,
        key: str | None = None,
        *,
        receive_buffer: int = 0,
        window_bits: int | None = None,
        **parameters: str,
    ) -> Self:
        """Connect, and wait for welcome and snapshot.

        Args:
            service: that is ready.
            channel: what to subscribe to.
            key: another one than the service's own.
            receive_buffer: bytes that the kernel takes for a client that doesn't read; 0 for its default.
            window_bits: of the compression that it offers, None for no offer; 15 is what `websockets` does by default.
            parameters: of the query.
        """
        client = socket.socket()
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.connect(("127.0.0.1", service.port))
        # No bound on the client's side, so that what arrives is what was sent.
        connection = await connect(
            service.url(channel, key, **parameters),
            sock=client,
            ssl=service.trust,
            compression=None,
            extensions=None if window_bits is None else [_offer(window_bits)],
            ping_interval=None,
            max_size=None,
            max_queue=None,
        )
        subscriber = cls(connection, channel)
        await subscriber.until(lambda: len(subscriber.frames) >= GREETING_FRAMES, "welcomed")
        return subscriber

    @classmethod
    async def join_at(cls, service: Service, channel: Channel, worker: int, key: str | None = None) -> Self:
        """Connect until the kernel chooses that worker."""
        while True:
            subscriber = await cls.join(service, channel, key)
            if subscriber.worker(service) == worker:
                return subscriber
            await subscriber.leave()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.leave()

    def stop_reading(self) -> None:
        """Take nothing from the socket any more."""
        self.connection.transport.pause_reading()

    def read_on(self) -> None:
        """Take everything again."""
        self.connection.transport.resume_reading()

    async def leave(self) -> None:
        """Close in order."""
        await self.connection.close()
        await self._reader

    def worker(self, service: Service) -> int:
        """The process id of the worker that it is connected to."""
        return holder(service.workers, service.port, self.connection.local_address[1])

    @property
    def extension(self) -> str | None:
        """What was agreed to, as the server put it."""
        assert self.connection.response
        return self.connection.response.headers.get("Sec-WebSocket-Extensions")

    @property
    def welcome(self) -> dict[str, Any]:
        """The first frame."""
        welcome: dict[str, Any] = json.loads(self.frames[0])
        return welcome

    @property
    def snapshot(self) -> str:
        """The second frame, as it came."""
        return self.frames[1]

    @property
    def events(self) -> list[str]:
        """Everything after the snapshot, as it came."""
        return self.frames[GREETING_FRAMES:]

    @property
    def is_open(self) -> bool:
        """Whether neither side has closed."""
        return not self._reader.done()

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for something about it."""
        await eventually(condition, f"a subscriber of {self.channel} is {what}; it has {len(self.frames)} frames")

    async def until_last(self, game_id: str = LAST_GAME) -> None:
        """Wait for the new_game of a game that the test sends as its last word."""
        await self.until(lambda: self.events and is_new_game(self.events[-1], game_id), "told of the last game")

    async def until_closed(self) -> tuple[int | None, str | None]:
        """Wait until the server closes, and give code and reason."""
        await self.until(self._reader.done, "closed")
        return self.connection.close_code, self.connection.close_reason

    async def ask(self, message: str | Sequence[str]) -> dict[str, Any]:
        """Send one message, in fragments if it is given in parts, and wait for the next frame."""
        count = len(self.frames)
        await self.connection.send(message)
        await self.until(lambda: len(self.frames) > count, "answered")
        answer: dict[str, Any] = json.loads(self.frames[count])
        return answer

    async def _read(self) -> None:
        try:
            async for message in self.connection:
                assert isinstance(message, str)
                self.frames.append(message)
        except ConnectionClosed:
            # The code is the connection's to tell.
            pass


def _offer(window_bits: int) -> ClientPerMessageDeflateFactory:
    """The offer of `websockets` by default, with the window named if it is a smaller one."""
    return ClientPerMessageDeflateFactory(server_max_window_bits=None if window_bits == FULL_WINDOW else window_bits)


def is_new_game(event: str, game_id: str) -> bool:
    """Whether an event tells of that game for the first time."""
    return event.startswith(f'{{"type":"new_game","game_id":"{game_id}",')


async def begin(service: Service, *subscribers: Subscriber) -> None:
    """Let their events begin here: what was acknowledged before they joined may reach their workers only now."""
    game_id = f"first-{secrets.token_hex(8)}"
    await asyncio.to_thread(service.send, last_word(game_id))
    for subscriber in subscribers:
        await subscriber.until_last(game_id)
        del subscriber.frames[GREETING_FRAMES:]
