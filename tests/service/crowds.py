"""Clients that nobody here wrote and that offer compression, by kind: a crowd has any number of one kind's."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import NamedTuple, Protocol

import aiohttp

from broker.messages import Channel
from service.browser import browser
from service.browser import why_absent as no_browser
from service.node_program import node_program
from service.node_program import why_absent as no_node
from service.running import Service
from service.subscriber import FULL_WINDOW, GREETING_FRAMES, Subscriber
from service.waiting import eventually

AGREED = "permessage-deflate; client_no_context_takeover"
SMALL_WINDOW = 12
RECEIVE_BUFFER_BYTES = 64 * 1024
"""What the kernel takes for one of our own process; by default it would come to take several MB."""


class Client(Protocol):
    """A subscriber of any kind."""

    frames: list[str]

    @property
    def extension(self) -> str | None:
        """What was agreed to, as far as its library tells."""


class Crowd(Protocol):
    """Subscribers of one kind that stop reading together."""

    async def join(self, service: Service, channel: Channel, **parameters: str) -> Client:
        """Subscribe, and wait for welcome and snapshot."""

    def stop_reading(self) -> None:
        """Take nothing from the sockets any more."""

    def read_on(self) -> None:
        """Take everything again."""


class AiohttpSubscriber:
    """A subscriber with `aiohttp`.

    Args:
        connection: open.
    """

    def __init__(self, connection: aiohttp.ClientWebSocketResponse) -> None:
        self._connection = connection
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._reader = asyncio.create_task(self._read())
        self.frames: list[str] = []
        self.stop_reading = self._may_read.clear
        self.read_on = self._may_read.set

    @property
    def extension(self) -> str | None:
        """Whether compression was agreed to; it tells no more."""
        return "permessage-deflate" if self._connection.compress else None

    async def leave(self) -> None:
        """Close in order."""
        await self._connection.close()
        await self._reader

    async def _read(self) -> None:
        await self._may_read.wait()
        async for message in self._connection:
            assert message.type is aiohttp.WSMsgType.TEXT
            self.frames.append(message.data)
            # Once its own small buffer is full, it takes nothing from the socket any more.
            await self._may_read.wait()


class OwnCrowd:
    """Subscribers in our own process.

    Args:
        join_one: connects one of them.
    """

    def __init__(self, join_one: Callable[..., Awaitable[Subscriber | AiohttpSubscriber]]) -> None:
        self._join_one = join_one
        self.members: list[Subscriber | AiohttpSubscriber] = []

    async def join(self, service: Service, channel: Channel, **parameters: str) -> Client:
        """Subscribe, and wait for welcome and snapshot."""
        member = await self._join_one(service, channel, **parameters)
        self.members.append(member)
        await eventually(lambda: len(member.frames) >= GREETING_FRAMES, "a subscriber is welcomed")
        return member

    def stop_reading(self) -> None:
        """Take nothing from the sockets any more."""
        for member in self.members:
            member.stop_reading()

    def read_on(self) -> None:
        """Take everything again."""
        for member in self.members:
            member.read_on()


@asynccontextmanager
async def websockets_crowd(window_bits: int) -> AsyncIterator[Crowd]:
    """`websockets`, which offers the full window by default and offered the small one before its version 17."""
    crowd = OwnCrowd(partial(Subscriber.join, receive_buffer=RECEIVE_BUFFER_BYTES, window_bits=window_bits))
    yield crowd
    for member in crowd.members:
        await member.leave()


@asynccontextmanager
async def aiohttp_crowd(window_bits: int) -> AsyncIterator[Crowd]:
    """`aiohttp`, which offers compression when it is told to."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(socket_factory=_small_socket)) as session:

        async def join_one(service: Service, channel: Channel, **parameters: str) -> AiohttpSubscriber:
            return AiohttpSubscriber(
                await session.ws_connect(service.url(channel, **parameters), compress=window_bits, max_msg_size=0)
            )

        crowd = OwnCrowd(join_one)
        yield crowd
        for member in crowd.members:
            await member.leave()


def _small_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    family, kind, protocol, *_ = address
    client = socket.socket(family, kind, protocol)
    client.setblocking(False)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    return client


class Kind(NamedTuple):
    """One kind of client.

    Args:
        name: for the ids of tests.
        crowd: has any number of it.
        extension: what it calls the extension that is agreed to.
        why_absent: why it can't be had here, if it can't.
    """

    name: str
    crowd: Callable[[], AbstractAsyncContextManager[Crowd]]
    extension: str
    why_absent: str | None = None

    def __str__(self) -> str:
        return self.name


KINDS = (
    Kind("websockets", partial(websockets_crowd, FULL_WINDOW), AGREED),
    Kind("websockets-12", partial(websockets_crowd, SMALL_WINDOW), f"{AGREED}; server_max_window_bits=12"),
    Kind("aiohttp", partial(aiohttp_crowd, FULL_WINDOW), "permessage-deflate"),
    Kind("aiohttp-12", partial(aiohttp_crowd, SMALL_WINDOW), "permessage-deflate"),
    Kind("node-ws", node_program, "permessage-deflate", no_node()),
    Kind("chromium", browser, AGREED, no_browser()),
)
