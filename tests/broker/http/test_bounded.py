"""Connections that ask nothing give way, and the local one doesn't wait for strangers."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from broker.http import bounded
from broker.http.bounded import REQUEST_SECONDS, BoundedProtocol

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LIMIT = 3


class Loop:
    """A clock that is moved by hand; of what is to come, only what is due is done."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, Callable[[], None], asyncio.TimerHandle]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(self.now + seconds, callback, (), self)  # type: ignore[arg-type]
        self._due.append((self.now + seconds, callback, handle))
        return handle

    def create_task(self, coroutine: Any, **_context: object) -> asyncio.Future[None]:
        """Its answer takes for ever."""
        coroutine.close()
        return asyncio.Future(loop=asyncio.new_event_loop())

    def get_debug(self) -> bool:
        return False

    def _timer_handle_cancelled(self, _handle: asyncio.TimerHandle) -> None:
        pass

    def passes(self, seconds: float) -> None:
        self.now += seconds
        for at, callback, handle in self._due:
            if at <= self.now and not handle.cancelled():
                callback()


class Transport:
    """What a client sees."""

    def __init__(self, name: object) -> None:
        self._name = name
        self.written = b""
        self.closed = False

    def get_extra_info(self, what: str) -> object:
        return {"sockname": self._name, "peername": ("192.0.2.1", 5)}.get(what)

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


class Server:
    """What all connections have in common."""

    def __init__(self) -> None:
        async def app(scope: object, receive: object, send: object) -> None: ...

        self.loop = Loop()
        self._config = uvicorn.Config(app, log_config=None, ws="none", lifespan="off")
        self._state = ServerState()

    def connect(self, data: bytes = b"", *, local: bool = False) -> Transport:
        transport = Transport("/run/admin.sock" if local else ("127.0.0.1", 8081))
        protocol = BoundedProtocol(self._config, self._state, {}, self.loop)  # type: ignore[arg-type]
        protocol.connection_made(transport)  # type: ignore[arg-type]
        if data and not transport.closed:
            protocol.data_received(data)
        if transport.closed:
            protocol.connection_lost(None)
        return transport


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(bounded, "CONNECTIONS", LIMIT)
    return Server()


@pytest.mark.parametrize("data", [b"", REQUEST[:-2]], ids=["nothing", "a part"])
def test_whose_request_is_not_complete_in_time_is_let_go(server: Server, data: bytes) -> None:
    slow, asking = server.connect(data), server.connect(REQUEST)
    server.loop.passes(REQUEST_SECONDS - 1)
    assert not slow.closed
    server.loop.passes(1)
    assert (slow.closed, asking.closed) == (True, False)


def test_who_asks_nothing_for_the_longest_gives_way(server: Server) -> None:
    asking = server.connect(REQUEST)
    server.loop.passes(1)
    older = server.connect()
    server.loop.passes(1)
    younger, new = server.connect(), server.connect(REQUEST)
    assert [each.closed for each in (asking, older, younger, new)] == [False, True, False, False]


def test_while_all_wait_for_answers_nobody_else_is_heard_but_us(server: Server) -> None:
    for _ in range(LIMIT):
        server.connect(REQUEST)
    local, late = server.connect(REQUEST, local=True), server.connect(REQUEST)
    assert (local.closed, local.written) == (False, b"")
    assert late.closed
    assert late.written.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"retry-after: 1\r\n" in late.written.lower()
    assert late.written.endswith(b'\r\n\r\n{"error":"too many requests at once; try again in a second"}')
