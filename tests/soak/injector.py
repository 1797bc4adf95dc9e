"""Does to the service what was drawn, and waits until its processes are again as they have to be."""

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

from service.processes import clients_accepted, clients_of, is_alive
from service.running import Service
from service.waiting import eventually
from soak.connection import MayEnd
from soak.crowd import Crowd
from soak.faults import SUPERVISOR, Fault, Kind
from soak.pauses import Pauses
from soak.violation import ViolationError

WITHOUT_SUBSCRIBERS = ("broker", "http")
"""Processes whose end no subscriber may notice."""
FROZEN_SECONDS = 10.0
"""Until a process that stands still is killed."""
START_SECONDS = 20.0
"""Until a new process does its work, beside the pause before it is started: on a busy machine Python alone may take
seconds. The figures tell how long it really took."""
RENEWED_SECONDS = 20.0
"""Until one worker is replaced in order and has parted with its subscribers."""
GONE_SECONDS = 10.0
"""Until the processes of a supervisor that was killed have ended."""


class Injector:
    """Faults, one at a time or several.

    Args:
        service: under test.
        crowd: told what may happen to whom.
        children: the names of the supervisor's processes.
    """

    def __init__(self, service: Service, crowd: Crowd, children: Sequence[str]) -> None:
        self._service = service
        self._crowd = crowd
        self._children = children
        self._pauses = Pauses()
        self._going_on = 0
        self._spared: dict[str, int] = {}
        """The process ids of those that stood still for a moment."""

    async def inject(self, faults: Sequence[Fault]) -> list[float]:
        """Do it all, and wait until the processes are again as they have to be.

        Returns:
            How long that took after each fault, in seconds.

        Raises:
            ViolationError: if a process is still there that should not be.
            AssertionError: if it takes too long.
        """
        now = asyncio.get_running_loop().time()
        # A new worker needs a broker: together they may take as long as one after the other.
        patience = sum(self._patience(fault, now) for fault in faults)
        return await asyncio.gather(*(self._inject(fault, patience) for fault in faults))

    def check_spared(self) -> None:
        """Those that stood still for a moment only are still there.

        Raises:
            ViolationError: if one was replaced.
        """
        for child, pid in self._spared.items():
            if self._service.pid(child) != pid:
                raise ViolationError(f"{child} was replaced though it stood still for a moment only")
        self._spared.clear()

    def _patience(self, fault: Fault, now: float) -> float:
        if fault.kind in (Kind.KILL, Kind.FREEZE):
            return START_SECONDS + self._pauses.next(fault.victim, now)
        return fault.pause_seconds

    async def _inject(self, fault: Fault, patience: float) -> float:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(fault.seconds)
        began = loop.time()
        match fault.kind:
            case Kind.KILL | Kind.FREEZE:
                await self._replace(fault, patience)
            case Kind.PAUSE:
                await self._pause(fault)
            case Kind.RELOAD:
                with self._disturbing("restarting"):
                    await self._reload()
            case Kind.RESTART:
                with self._disturbing("restarting"):
                    await asyncio.to_thread(self._service.stop)
                    await asyncio.to_thread(self._service.start)
                self._pauses.forget(*self._children)
            case Kind.CRASH:
                with self._disturbing("always"):
                    self._service.kill_supervisor()
                    await eventually(lambda: not self._service.processes(), "all processes have ended", GONE_SECONDS)
                    await asyncio.to_thread(self._service.start)
                self._pauses.forget(*self._children)
        return loop.time() - began

    async def _replace(self, fault: Fault, patience: float) -> None:
        child, pids = fault.victim, self._service.pids
        before = pids(child)
        with self._disturbing("never") if child not in WITHOUT_SUBSCRIBERS else nullcontext():
            if child not in WITHOUT_SUBSCRIBERS:
                self._doom(before[-1])
            os.kill(before[-1], signal.SIGKILL if fault.kind is Kind.KILL else signal.SIGSTOP)
            await eventually(lambda: not is_alive(before[-1]), f"{child}, standing still, is killed", FROZEN_SECONDS)
            await eventually(lambda: len(pids(child)) > len(before), f"{child} is replaced", patience)
        self._pauses.ready(child, asyncio.get_running_loop().time())

    def _doom(self, worker: int) -> None:
        """Its subscribers may end, and who shakes hands may do so with it; all others are not to notice."""
        victims = clients_of(worker, self._service.port)
        for connection in self._crowd.connections:
            if connection.port in victims or not connection.is_in:
                connection.may_end = "always"

    async def _pause(self, fault: Fault) -> None:
        assert self._service.process
        pid = self._service.process.pid if fault.victim == SUPERVISOR else self._service.pid(fault.victim)
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(fault.pause_seconds)
        os.kill(pid, signal.SIGCONT)
        if fault.victim != SUPERVISOR:
            self._spared[fault.victim] = pid

    async def _reload(self) -> None:
        assert self._service.process
        workers = self._service.workers
        before = len(self._service.logged("reloaded"))
        self._service.process.send_signal(signal.SIGHUP)
        await eventually(
            lambda: len(self._service.logged("reloaded")) > before,
            "all workers are renewed",
            RENEWED_SECONDS * len(workers),
        )
        if set(workers) & {*self._service.workers, *self._service.processes()}:
            raise ViolationError("a worker is still there after the reload")
        self._pauses.forget(*(child for child in self._children if child not in WITHOUT_SUBSCRIBERS))

    @contextmanager
    def _disturbing(self, may_end: MayEnd) -> Iterator[None]:
        """For so long handshakes may get no answer, and all subscribers may end like that."""
        crowd = self._crowd
        self._going_on += 1
        crowd.disturbed_until = float("inf")
        if may_end != "never":
            crowd.newcomers_may_end = may_end
            for connection in crowd.connections:
                connection.may_end = may_end
        yield
        self._going_on -= 1
        if not self._going_on:
            crowd.disturbed_until = asyncio.get_running_loop().time()
            crowd.newcomers_may_end = "never"
            standing = clients_accepted(self._service.port)
            for connection in crowd.connections:
                if connection.port in standing:
                    connection.may_end = "never"
