"""`books-relayer serve`: starts broker and workers, restarts what dies, stops all in order.

It holds no data, so that nothing is lost with it; its children notice its end and end themselves.
"""

import asyncio
import errno
import signal
import socket
from collections.abc import Callable
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from broker import demonstration, logs
from broker.child import Child
from broker.keys import KeyStoreError
from broker.leash import Orders
from broker.lock import LockedError, acquire
from broker.settings import Settings

BROKER_STOP_SECONDS = 2.0
LOCK_PATIENCE_SECONDS = 1.0
READY = "ready"


class StartError(Exception):
    """The service can't start; the message is one sentence."""


def serve(settings: Settings, demo: bool) -> int:
    """Run the service until it is told to stop.

    Args:
        settings: checked.
        demo: feed it with simulated games.

    Returns:
        The exit code: 0 when it was told to stop, 1 when it couldn't start.

    Raises:
        StartError: if the address or a directory is taken or can't be used.
    """
    _prepare(settings)
    invitation = None
    if demo:
        try:
            settings, invitation = demonstration.prepare(settings)
        except (OSError, KeyStoreError) as error:
            raise StartError(f"can't prepare the demo: {error}") from error
    return asyncio.run(Supervisor(settings, invitation).run())


class Supervisor:
    """All processes of the service.

    Args:
        settings: handed to each of them.
        invitation: for the demo, which then feeds the service: what to print once it runs.
    """

    def __init__(self, settings: Settings, invitation: str | None = None) -> None:
        self._settings = settings
        self._invitation = invitation
        self._log: FilteringBoundLogger = logs.configure(settings.log_format, "supervisor")
        self._broker = Child("broker", self._broker_orders, self._log)
        self._workers = [
            Child("workers", self._orders_for(f"worker-{number}"), self._log)
            for number in range(1, settings.workers + 1)
        ]
        self._feeds = [Child("broker.demo", self._orders_for("demo"), self._log)] if invitation else []

    async def run(self) -> int:
        """Start all, wait for a signal, stop all."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        try:
            if not await self._start(stop):
                return 1
            await stop.wait()
            self._log.info("stopping")
            return 0
        finally:
            await self._stop()

    async def _start(self, stop: asyncio.Event) -> bool:
        """Start each group once the one before it is ready; False if a process ended instead."""
        for group in ([self._broker], self._workers, self._feeds):
            for child in group:
                child.start()
            for child in group:
                if not await _first(child.ready, child.ended, stop):
                    return stop.is_set()
            if group is self._workers:
                print(READY, flush=True)
        if self._invitation:
            print(self._invitation, flush=True)
        return True

    async def _stop(self) -> None:
        for group, seconds in (
            (self._feeds, 0.0),
            (self._workers, self._settings.drain_seconds),
            ([self._broker], BROKER_STOP_SECONDS),
        ):
            await asyncio.gather(*(child.stop(seconds) for child in group))

    def _broker_orders(self) -> Orders:
        pids = tuple(worker.pid for worker in self._workers if worker.pid is not None)
        return Orders(self._settings, "broker", pids)

    def _orders_for(self, name: str) -> Callable[[], Orders]:
        return lambda: Orders(self._settings, name)


async def _first(ready: asyncio.Event, *others: asyncio.Event) -> bool:
    """Wait for the first of some events; True if it was `ready`."""
    waits = [asyncio.create_task(event.wait()) for event in (ready, *others)]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    return ready.is_set() and not any(event.is_set() for event in others)


def _prepare(settings: Settings) -> None:
    try:
        runtime_dir = Path(settings.runtime_dir)
        runtime_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        acquire(runtime_dir / "serve.lock", LOCK_PATIENCE_SECONDS)
    except (OSError, LockedError) as error:
        raise StartError(f"can't use the runtime directory: {error}") from error
    _check_address(settings.host, settings.port)


def _check_address(host: str, port: int) -> None:
    """SO_REUSEPORT would let us share the port with a stranger: only an ordinary bind tells that it is taken."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = "another program listens there" if error.errno == errno.EADDRINUSE else error.strerror
        raise StartError(f"can't listen on {host}:{port}: {reason}") from error
