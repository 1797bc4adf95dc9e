"""A peer's server, on the servers' core."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec import Struct, json

from benchmark import processes, uniform
from benchmark.load import Address
from benchmark.machine import SERVER_CORE
from benchmark.material import Material
from benchmark.peers.task import Place
from benchmark.service import free_port
from benchmark.shape import Shape, Task

NODE_DIR = Path(__file__).parent / "node"


class Program(Struct, frozen=True):
    """How a peer is called and started."""

    name: str
    command: tuple[str, ...]
    sends_once_per_event: bool = True


class AbsentError(Exception):
    """A peer can't be had on this machine; the message is the reason."""


def _python(name: str, *, sends_once_per_event: bool = True) -> Program:
    command = (sys.executable, "-m", f"benchmark.peers.{name}_server")
    return Program(name, command, sends_once_per_event)


WEBSOCKETS = _python("websockets")
NODE = Program("node ws", ("node", str(NODE_DIR / "server.mjs")))
SOCKETIFY = _python("socketify", sends_once_per_event=False)
PROGRAMS = (WEBSOCKETS, _python("picows"), _python("aiohttp"), NODE, SOCKETIFY)


class Peer:
    """A peer's server.

    Args:
        program: which.
        material: what it publishes.
        compression: whether it agrees to permessage-deflate.

    Raises:
        AbsentError: if it can't be had.
    """

    def __init__(self, program: Program, material: Material | None = None, *, compression: bool = False) -> None:
        self._program = program
        self.material = material or uniform.material()
        self._compression = compression
        self._events = 0
        if program is NODE and not (shutil.which("node") and (NODE_DIR / "node_modules").exists()):
            raise AbsentError("node or npm isn't installed")
        if program is not NODE and find_spec(program.name) is None:
            raise AbsentError(f"{program.name} isn't installed")

    def __enter__(self) -> Self:
        texts = tuple((change.text[0].decode(), change.text[1].decode()) for change in self.material.changes)
        place = Place(free_port(), texts, self.material.stamp, self._compression)
        self.address = Address(place.port, "/", 0, self.material.stamp)
        self._process = subprocess.Popen(  # noqa: S603 our own programs
            self._program.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._tell(place)
        if not self._line().startswith(b"listening"):
            self._process.kill()
            _, error = self._process.communicate()
            raise AbsentError(f"it doesn't start: {error.decode().strip().splitlines()[-1:]}")
        processes.pin(self._process.pid, SERVER_CORE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def pids(self) -> Sequence[int]:
        """Its process."""
        return (self._process.pid,)

    @property
    def broker_pids(self) -> Sequence[int]:
        """None: it makes its events itself."""
        return ()

    def begin(self, shape: Shape, seconds: float) -> None:
        """Start to publish."""
        self._tell(Task(shape, seconds))

    def finish(self) -> int:
        """Wait until it is done, and tell how many events that were so far."""
        self._events += int(self._line())
        return self._events

    def _tell(self, line: Place | Task) -> None:
        assert self._process.stdin
        # One that has ended has nothing to say either, and that is dealt with.
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.encode(line) + b"\n")
            self._process.stdin.flush()

    def _line(self) -> bytes:
        assert self._process.stdout
        return self._process.stdout.readline()
