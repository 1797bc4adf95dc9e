"""The process of a post, and its successors: spawned, heard, signalled and reaped as the post decides."""

import asyncio
import random
import signal
import sys
from collections.abc import Callable
from time import monotonic

from msgspec import json
from structlog.typing import FilteringBoundLogger

from broker.fleet import Standing
from broker.leash import HOPELESS, READY_LINE, Orders, Pulse, read_pulse
from broker.post import SILENCE_SECONDS, Action, Phase, Post
from broker.processes import cpu_ticks


class Child:
    """Fills one post, from now on.

    Args:
        name: of the process, in logs.
        module: what is run, as in `python -m <module>`.
        orders: makes the orders for each start.
        inherited: descriptor that each process keeps open.
        log: the supervisor's log.
        silence_seconds: see `Post`.
        vital: likewise.
    """

    def __init__(
        self,
        name: str,
        module: str,
        orders: Callable[[], Orders],
        inherited: int,
        log: FilteringBoundLogger,
        silence_seconds: float | None = SILENCE_SECONDS,
        *,
        vital: bool = True,
    ) -> None:
        self.name = name
        self._module = module
        self._orders = orders
        self._inherited = inherited
        self._log = log.bind(child=name)
        self._post = Post(random.random, monotonic(), silence_seconds, vital=vital)
        self._process: asyncio.subprocess.Process | None = None
        self._pulse = Pulse()
        self._cpu_ticks = 0
        self._changed = asyncio.Event()
        self._spawn()

    @property
    def phase(self) -> Phase:
        """Where the post is."""
        return self._post.phase

    @property
    def standing(self) -> Standing:
        """How the post stands."""
        post = self._post
        subscribers = self._pulse.subscribers if self.pid else 0
        return Standing(self.name, post.phase, monotonic() - post.since, subscribers)

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    def tick(self, slept_seconds: float) -> None:
        """Time has passed; for so much of it nobody listened."""
        self._post.excuse(slept_seconds)
        self._listen_for_work()
        before = self._post.phase
        action = self._post.tick(monotonic())
        if action is Action.KILL:
            self._log.error("killing a process that is overdue", pid=self.pid, phase=before.value)
        self._carry_out(action)

    async def end(self, seconds: float) -> None:
        """Have the process end, by force after so many seconds, and wait until it has."""
        self._carry_out(self._post.end(monotonic(), seconds))
        await self.until(Phase.ENDED, Phase.FAILED)

    async def until(self, *phases: Phase) -> Phase:
        """Wait until the post is in one of these phases; which one."""
        while self._post.phase not in phases:
            self._changed.clear()
            await self._changed.wait()
        return self._post.phase

    def _listen_for_work(self) -> None:
        ticks = cpu_ticks(self.pid) if self.pid else 0
        if ticks > self._cpu_ticks:
            self._post.computes(monotonic())
        self._cpu_ticks = ticks

    def _spawn(self) -> None:
        self._pulse = Pulse()
        self._life = asyncio.get_running_loop().create_task(self._live())

    def _carry_out(self, action: Action | None) -> None:
        match action:
            case Action.SPAWN:
                self._spawn()
            case Action.TERMINATE:
                self._signal(signal.SIGTERM)
            case Action.KILL:
                self._signal(signal.SIGKILL)
            case None:
                pass
        self._changed.set()

    def _signal(self, number: signal.Signals) -> None:
        if self._process and self.pid is not None:
            self._process.send_signal(number)

    async def _live(self) -> None:
        """One process, from spawn to end."""
        code: int | None
        try:
            code = await self._run()
        except OSError as error:
            self._log.error("can't be spawned", error=str(error))
            code = None
        pid = self._process.pid if self._process else None
        self._carry_out(self._post.exited(monotonic(), hopeless=code == HOPELESS))
        if self.phase is Phase.ENDED:
            self._log.info("ended", pid=pid, code=code)
        else:
            self._log.error("ended", pid=pid, code=code, failed_starts=self._post.failed_starts)

    async def _run(self) -> int:
        orders = self._orders()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=(self._inherited,),
            # A terminal's Ctrl-C is for the supervisor, which stops its children in order.
            process_group=0,
        )
        self._process = process
        assert process.stdin
        assert process.stdout
        if self.phase is Phase.DRAINING:
            # Told to end while it was being spawned.
            self._signal(signal.SIGTERM)
        process.stdin.write(json.encode(orders) + b"\n")
        async for line in process.stdout:
            self._hear(line, process.pid)
        return await process.wait()

    def _hear(self, line: bytes, pid: int) -> None:
        if line == READY_LINE:
            self._log.info("started", pid=pid)
            self._carry_out(self._post.ready(monotonic()))
        elif pulse := read_pulse(line):
            self._pulse = pulse
            self._post.beat(monotonic())
