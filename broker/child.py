"""One child process of the supervisor, from spawn to end, again and again."""

import asyncio
import signal
import sys
from collections.abc import Callable
from time import monotonic

from msgspec import json
from structlog.typing import FilteringBoundLogger

from broker.leash import READY_LINE, Orders

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 30.0
STABLE_SECONDS = 60.0
"""A child that ran this long is started again without the pauses that earlier ends had earned it."""
KILL_AFTER_SECONDS = 5.0
"""Patience with a child beyond the time that it was given to end."""


class Child:
    """Keeps one process running until told to stop it.

    Args:
        module: what is run, as in `python -m <module>`.
        orders: makes the orders for each start.
        log: the supervisor's log.
    """

    def __init__(self, module: str, orders: Callable[[], Orders], log: FilteringBoundLogger) -> None:
        self._module = module
        self._orders = orders
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self._pause = FIRST_PAUSE_SECONDS
        self._keeper: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()
        self.ended = asyncio.Event()
        """Set once the process has ended for the first time."""

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    def start(self) -> None:
        """Start the process, and again whenever it ends."""
        self._keeper = asyncio.get_running_loop().create_task(self._keep())

    async def stop(self, seconds: float) -> None:
        """End the process, by force if it takes much more than `seconds`."""
        self._stopping = True
        if self._keeper is None:
            return
        if self.pid is None:
            self._keeper.cancel()
        self._signal(signal.SIGTERM)
        done, _ = await asyncio.wait({self._keeper}, timeout=seconds + KILL_AFTER_SECONDS)
        if not done:
            self._log.warning("killing a process that doesn't end", pid=self.pid)
            self._signal(signal.SIGKILL)
            await asyncio.wait({self._keeper})

    def _signal(self, number: signal.Signals) -> None:
        if self._process and self.pid is not None:
            self._process.send_signal(number)

    async def _keep(self) -> None:
        while not self._stopping:
            started = monotonic()
            try:
                await self._run_once()
            except OSError as error:
                self._log.error("can't be started", module=self._module, error=str(error))
            self.ended.set()
            if self._stopping:
                return
            if monotonic() - started >= STABLE_SECONDS:
                self._pause = FIRST_PAUSE_SECONDS
            await asyncio.sleep(self._pause)
            self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)

    async def _run_once(self) -> None:
        orders = self._orders()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # A terminal's Ctrl-C is for the supervisor, which stops its children in order.
            process_group=0,
        )
        self._process = process
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.encode(orders) + b"\n")
        if await process.stdout.readline() == READY_LINE:
            self.ready.set()
            self._log.info("started", child=orders.name, pid=process.pid)
        code = await process.wait()
        self.ready.clear()
        level = self._log.info if self._stopping else self._log.error
        level("ended", child=orders.name, pid=process.pid, code=code)
