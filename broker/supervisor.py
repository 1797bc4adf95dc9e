"""`books-relayer serve`: starts broker and workers, restarts what dies or freezes, stops and renews all in order.

It holds no data, so that nothing is lost with it; its children notice its end and end themselves.
"""

import asyncio
import errno
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from time import monotonic

from structlog.typing import FilteringBoundLogger

from broker import demonstration, logs
from broker.admin_token import TokenError, read_token
from broker.child import Child
from broker.fleet import TICK_SECONDS, Vigil, is_well, status
from broker.keys import KeyStoreError
from broker.leash import Orders
from broker.lock import LockedError, acquire
from broker.post import Phase
from broker.private import OpenToOthersError, claim
from broker.process_title import entitle
from broker.settings import Settings
from broker.systemd import Notifier

BROKER_STOP_SECONDS = 10.0
"""The broker's last checkpoint may take some seconds on a slow disk."""
MARGIN_SECONDS = 5.0
"""Patience with a process beyond the time that it was given to end."""
NO_WATCHDOG_SECONDS = 3600.0
LOCK_PATIENCE_SECONDS = 5.0
"""The processes of a service whose supervisor was killed hold the lock until they have ended."""
READY = "ready"


class StartError(Exception):
    """The service can't start, or go on; the message is one sentence."""


def serve(settings: Settings, demo: bool) -> int:
    """Run the service until it is told to stop.

    Args:
        settings: checked.
        demo: feed it with simulated games.

    Returns:
        The exit code, 0: it was told to stop.

    Raises:
        StartError: if the address or a directory is taken or can't be used, or one of its processes never gets ready.
    """
    entitle("supervisor")
    lock = _prepare(settings)
    invitation = None
    if demo:
        try:
            settings, invitation = demonstration.prepare(settings)
        except (OSError, KeyStoreError) as error:
            raise StartError(f"can't prepare the demo: {error}") from error
    return asyncio.run(Supervisor(settings, lock, invitation).run())


class Supervisor:
    """All processes of the service.

    Args:
        settings: handed to each of them.
        lock: descriptor of the service's lock, shared by all: it is free once the last of them has ended.
        invitation: for the demo, which then feeds the service: what to print once it runs.
    """

    def __init__(self, settings: Settings, lock: int, invitation: str | None = None) -> None:
        self._settings = settings
        self._lock = lock
        self._invitation = invitation
        self._log: FilteringBoundLogger = logs.configure(settings.log_format, "supervisor")
        self._systemd = Notifier(os.environ, self._log)
        self._brokers: list[Child] = []
        self._workers: list[Child] = []
        self._http: list[Child] = []
        self._feeds: list[Child] = []
        self._started_at = monotonic()
        self._stop = asyncio.Event()
        self._reload = asyncio.Event()
        self._failure: str | None = None

    async def run(self) -> int:
        """Start all, renew the workers when asked to, stop all.

        Raises:
            StartError: if one of them never gets ready.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload.set)
        work, *rest = duties = [
            loop.create_task(duty) for duty in (self._work(), self._look_after(), self._beat(), self._stop.wait())
        ]
        try:
            ended, _ = await asyncio.wait(duties, return_when=asyncio.FIRST_COMPLETED)
            for duty in ended:
                duty.result()
        finally:
            work.cancel()
            await self._end_all()
            for duty in rest:
                duty.cancel()
        if self._failure:
            raise StartError(self._failure)
        return 0

    async def _work(self) -> None:
        """Start each group once the one before it is ready; then renew the workers as often as asked to."""
        await self._start(self._brokers, [self._spawn_broker])
        names = [f"worker-{number}" for number in range(1, self._settings.workers + 1)]
        self._http.append(self._spawn_http())
        await self._start(self._workers, [partial(self._spawn_worker, name) for name in names])
        # It may have to be tried again, and subscribers don't need it.
        await self._http[0].until(Phase.READY, Phase.BACKOFF)
        print(READY, flush=True)
        if self._invitation:
            await self._start(self._feeds, [self._spawn_demo])
            print(self._invitation, flush=True)
        while True:
            self._systemd.ready()
            await self._reload.wait()
            self._reload.clear()
            self._systemd.reloading()
            await self._renew_workers()

    async def _start(self, group: list[Child], spawns: Sequence[Callable[[], Child]]) -> None:
        group += [spawn() for spawn in spawns]
        for child in group:
            await child.until(Phase.READY)

    async def _renew_workers(self) -> None:
        """Replace the workers one by one: a new one is ready before an old one stops accepting."""
        self._log.info("reloading")
        for old in tuple(self._workers):
            new = self._spawn_worker(old.name)
            self._workers.append(new)
            if await new.until(Phase.READY, Phase.BACKOFF) is not Phase.READY:
                self._log.error("reload given up, the old workers stay: a new one can't be started", child=new.name)
                await self._dismiss(new)
                return
            await self._dismiss(old)
        self._log.info("reloaded")

    async def _dismiss(self, worker: Child) -> None:
        await worker.end(self._parting_seconds)
        self._workers.remove(worker)

    async def _look_after(self) -> None:
        """See to whose time is over, and tell how all stand."""
        vigil = Vigil(monotonic())
        told = ""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            slept = vigil.slept(monotonic())
            for child in self._all():
                child.tick(slept)
                if child.phase is Phase.FAILED and not self._stop.is_set():
                    self._failure = f"{child.name} can't be started: the log says why"
                    self._stop.set()
            line = status([child.standing for child in self._all()], self._settings.cap)
            if line != told:
                self._systemd.status(line)
                told = line

    async def _beat(self) -> None:
        """Keep systemd's watchdog quiet, as long as this loop turns and nothing is beyond our help."""
        seconds = self._systemd.beat_seconds
        while True:
            if seconds and is_well(child.standing for child in self._all()):
                self._systemd.beat()
            await asyncio.sleep(seconds or NO_WATCHDOG_SECONDS)

    async def _end_all(self) -> None:
        self._log.info("stopping")
        self._systemd.stopping(self._parting_seconds + MARGIN_SECONDS + BROKER_STOP_SECONDS)
        for group, seconds in (
            (self._feeds, MARGIN_SECONDS),
            # HTTP ends by itself once no worker is left: it is asked whether the service is ready, and how far it is.
            ([*self._workers, *self._http], self._parting_seconds),
            (self._brokers, BROKER_STOP_SECONDS),
        ):
            await asyncio.gather(*(child.end(seconds) for child in group))

    @property
    def _parting_seconds(self) -> float:
        """Patience with a worker that parts with its subscribers."""
        return self._settings.drain_seconds + MARGIN_SECONDS

    def _all(self) -> Iterator[Child]:
        yield from (*self._brokers, *self._workers, *self._http, *self._feeds)

    def _spawn_broker(self) -> Child:
        return Child("broker", "broker", self._broker_orders, self._lock, self._log)

    def _spawn_worker(self, name: str) -> Child:
        return Child(name, "workers", lambda: Orders(self._settings, name), self._lock, self._log)

    def _spawn_http(self) -> Child:
        orders = Orders(self._settings, "http", started_at=self._started_at)
        return Child("http", "broker.http", lambda: orders, self._lock, self._log, vital=False)

    def _spawn_demo(self) -> Child:
        orders = Orders(self._settings, "demo")
        return Child("demo", "broker.demo", lambda: orders, self._lock, self._log, silence_seconds=None)

    def _broker_orders(self) -> Orders:
        pids = tuple(worker.pid for worker in self._workers if worker.pid is not None)
        return Orders(self._settings, "broker", pids)


def _prepare(settings: Settings) -> int:
    """Make sure that directories and address are ours; the descriptor of the lock."""
    for directory in map(Path, (settings.data_dir, settings.runtime_dir)):
        try:
            claim(directory)
        except OSError as error:
            raise StartError(f"can't use {directory}: {error.strerror}") from error
        except OpenToOthersError as error:
            raise StartError(str(error)) from error
    try:
        lock = acquire(Path(settings.runtime_dir) / "serve.lock", LOCK_PATIENCE_SECONDS)
    except (OSError, LockedError) as error:
        raise StartError(f"can't use the runtime directory: {error}") from error
    _check_address(settings.host, settings.port)
    _check_address(settings.http_host, settings.http_port)
    try:
        read_token(settings.admin_token)
    except TokenError as error:
        raise StartError(str(error)) from error
    return lock


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
