"""The real service, `books-relayer serve`, in directories of its own: workers on the servers' core, the rest beside
the subscribers."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from msgspec import DecodeError, Struct, json

from benchmark import processes, uniform
from benchmark.feed import Feed
from benchmark.load import Address
from benchmark.machine import CLIENT_CORE, SERVER_CORE
from benchmark.material import Material
from benchmark.shape import Shape
from broker.process_title import PREFIX

COMMAND = Path(sys.executable).with_name("books-relayer")
WELCOME_AND_SNAPSHOT = 2
STOP_SECONDS = 20.0
STOPPING = "draining"


class Counts(Struct, frozen=True):
    """What workers log as they stop: events since they started.

    Args:
        event: the log line's name.
        dropped: for slow subscribers.
        overrun: lost because the worker was too slow itself.
    """

    event: str
    dropped: int
    overrun: int


class Service:
    """Our server.

    Args:
        workers: how many share the servers' core.
        material: what it is fed with.
        flags: more of `serve`.
    """

    def __init__(self, workers: int = 1, material: Material | None = None, flags: Sequence[str] = ()) -> None:
        self._workers = workers
        self._flags = flags
        self.material = material or uniform.material()
        self._dir = TemporaryDirectory(prefix="bench-")
        self._log = Path(self._dir.name) / "log"
        self.endpoint = f"ipc://{self._dir.name}/run/ingest.sock"

    def __enter__(self) -> Self:
        data_dir = f"{self._dir.name}/data"
        key = subprocess.check_output(  # noqa: S603 our own program
            [COMMAND, "keys", "create", "--name", "benchmark", "--data-dir", data_dir],
            text=True,
            stderr=subprocess.DEVNULL,
        ).strip()
        port = free_port()
        self.http_port = free_port()
        with self._log.open("w") as log:
            self._process = subprocess.Popen(  # noqa: S603 our own program
                [
                    COMMAND,
                    "serve",
                    *("--port", str(port), "--http-port", str(self.http_port), "--workers", str(self._workers)),
                    *("--log-format", "json"),
                    *("--data-dir", data_dir, "--runtime-dir", f"{self._dir.name}/run", "--drain-seconds", "0"),
                    *self._flags,
                ],
                stdout=subprocess.PIPE,
                stderr=log,
            )
        try:
            assert self._process.stdout
            if self._process.stdout.readline() != b"ready\n":
                raise RuntimeError(f"the service doesn't start: {self._log.read_text()}")
            self.address = Address(port, f"/ws/odds?key={key}", WELCOME_AND_SNAPSHOT, self.material.stamp)
            self._pin()
            self.feed = Feed(self.endpoint, self.material)
            self.feed.seed()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.feed.close()
        self._stop()
        self._dir.cleanup()

    @property
    def pids(self) -> Sequence[int]:
        """The workers."""
        return self._titled("worker-")

    @property
    def broker_pids(self) -> Sequence[int]:
        """The broker."""
        return self._titled("broker")

    def begin(self, shape: Shape, seconds: float) -> None:
        """Start to feed the service."""
        self.feed.begin(shape, seconds)

    def finish(self) -> int:
        """Wait until all is fed, and tell how many events that were so far."""
        return self.feed.finish()

    def stop(self) -> Counts:
        """Have the service stop in order, and read what its workers counted."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(STOP_SECONDS)
        counts = [each for each in map(_counts, self._log.read_bytes().splitlines()) if each]
        if len(counts) != self._workers:
            raise RuntimeError(f"{len(counts)} of {self._workers} workers logged their counts")
        return Counts(STOPPING, sum(each.dropped for each in counts), sum(each.overrun for each in counts))

    def _pin(self) -> None:
        for pid in (os.getpid(), self._process.pid, *self.broker_pids, *self._titled("http")):
            processes.pin(pid, CLIENT_CORE)
        for pid in self.pids:
            processes.pin(pid, SERVER_CORE)

    def _titled(self, beginning: str) -> list[int]:
        children = processes.children(self._process.pid)
        return [pid for pid in children if processes.title(pid).startswith(PREFIX + beginning)]

    def _stop(self) -> None:
        if self._process.poll() is not None:
            return
        left = processes.children(self._process.pid)
        try:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in (self._process.pid, *left):
                os.kill(pid, signal.SIGKILL)
            self._process.wait()


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _counts(line: bytes) -> Counts | None:
    try:
        counts = json.decode(line, type=Counts)
    except DecodeError:
        return None
    return counts if counts.event == STOPPING else None
