"""The HTTP process' parts wired to one loop."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn
from structlog.typing import FilteringBoundLogger

from broker.admin_token import read_token
from broker.http.access import Access, OperatorToken
from broker.http.admin import Admin
from broker.http.app import App, PageConfig
from broker.http.bounded import BoundedProtocol
from broker.http.inquirer import Inquirer
from broker.http.link import Link
from broker.http.mirror import Mirror
from broker.http.standing import Standing
from broker.inquiries import CloseTold, StateWanted, SubscribersTold
from broker.keys import DATABASE_NAME as KEYS_DATABASE_NAME
from broker.keys import KeyStore, KeyStoreError
from broker.leash import Orders
from broker.outage import Outage
from broker.reports import Answered, Posted, Report, StateChange, StateImage
from broker.ticker import Ticker
from workers.keyring import Keyring

KEYS_SECONDS = 0.25
"""How often keys are looked after: a change is to take effect within 1 s."""
START_SECONDS = 0.02
"""How often it is asked whether the server has started."""
PROVIDED_SECONDS = 5.0
"""How long the first state is waited for; after that, REST says that it isn't there yet."""
END_SECONDS = 0.1
"""How often it is asked whether the workers are gone, once the service ends."""
GRACEFUL_SECONDS = 1
"""Time for requests that are under way at the end."""
ADMIN_SOCKET_NAME = "admin.sock"


class Server(uvicorn.Server):
    """uvicorn, but signals are not its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


class HttpProcess:
    """One run of it.

    Args:
        loop: the process' loop.
        orders: settings, and when the service started.
        log: the process' log.

    Raises:
        KeyStoreError: if the keys can't be read.
        TokenError: if the operator's token can't be read.
        OSError: if an address can't be listened at.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, orders: Orders, log: FilteringBoundLogger) -> None:
        settings = orders.settings
        self._loop = loop
        self._log = log
        self._keys = KeyStore(Path(settings.data_dir) / KEYS_DATABASE_NAME, KEYS_SECONDS)
        self._keys_version = -1
        self._keys_outage = Outage(
            "keys can't be read, the last known ones stay", "keys can be read again", log, time.monotonic
        )
        self._keyring = Keyring()
        self._keys_ticker = Ticker(loop, KEYS_SECONDS, self._follow_keys)
        self._mirror = Mirror()
        self._standing = Standing(settings.cap, orders.started_at)
        self._provided = asyncio.Event()
        self._link = Link(
            loop, settings.local_endpoint("board"), settings.local_endpoint("control"), self._posted, self._answered
        )
        self._inquirer = Inquirer(self._link.ask, self._standing)
        token = OperatorToken(read_token(settings.admin_token))
        app = App(
            self._mirror,
            self._standing,
            Access(self._keyring, settings.requests_per_second),
            Admin(self._inquirer, token),
            PageConfig(settings.port, tls=bool(settings.tls_cert), admin=token.exists),
            log,
        )
        self._sockets = [
            _tcp(settings.http_host, settings.http_port),
            _unix(Path(settings.runtime_dir) / ADMIN_SOCKET_NAME),
        ]
        config = uvicorn.Config(
            app.build(),
            http=BoundedProtocol,
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            # Nobody's word counts for where a request comes from.
            proxy_headers=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=GRACEFUL_SECONDS,
        )
        self._server = Server(config)

    async def serve(self, ready: Callable[[], None], drain: asyncio.Event, stop: asyncio.Event) -> None:
        """Serve until the service has ended.

        Args:
            ready: called once requests are answered.
            drain: set when the service begins to end.
            stop: set to end at once.
        """
        serving = self._loop.create_task(self._server.serve(self._sockets))
        ending = self._loop.create_task(self._end(drain, stop))
        while not self._server.started:
            await asyncio.wait((serving, ending), timeout=START_SECONDS)
        await _wait(self._provided, PROVIDED_SECONDS)
        ready()
        await serving
        ending.cancel()
        self._keys_ticker.stop()
        self._link.close()
        self._keys.close()

    async def _end(self, drain: asyncio.Event, stop: asyncio.Event) -> None:
        """Have the server end: at once, or when no worker is left."""
        await drain.wait()
        self._standing.is_draining = True
        while not stop.is_set() and self._has_workers():
            await _wait(stop, END_SECONDS)
        self._server.should_exit = True

    def _has_workers(self) -> bool:
        report = self._standing.report
        return report is not None and bool(report.workers) and self._standing.is_fresh(time.monotonic())

    def _posted(self, message: Posted) -> None:
        match message:
            case StateChange():
                self._ask_if(self._mirror.changed(message), message.incarnation)
            case Report():
                self._standing.take(message, time.monotonic())
                self._ask_if(self._mirror.reported(message.incarnation, message.number), message.incarnation)

    def _answered(self, message: Answered) -> None:
        match message:
            case StateImage():
                self._log.info("state taken over", seq=message.seq, games=len(message.games))
                self._ask_if(self._mirror.imaged(message), message.incarnation)
                self._provided.set()
            case SubscribersTold() | CloseTold():
                self._inquirer.take(message)

    def _ask_if(self, is_needed: bool, incarnation: int) -> None:
        if is_needed:
            self._link.ask(StateWanted(incarnation))

    def _follow_keys(self) -> None:
        try:
            version = self._keys.version()
            if version != self._keys_version:
                self._keyring.replace(self._keys.records())
                self._keys_version = version
        except KeyStoreError as error:
            self._keys_outage.failed(error)
        else:
            self._keys_outage.worked()


def _tcp(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    return listener


def _unix(path: Path) -> socket.socket:
    """A socket that only this user can connect to, in place of one that an earlier process has left."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o600)
    return listener


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but no longer than that."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
