"""The service under test: started as an operator starts it, watched by its log, and seen to leave nothing behind."""

import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from broker.keys import DATABASE_NAME, KeyStore
from broker.messages import CHANNELS, Channel
from broker.producer import Producer, Receipt
from service.processes import marked
from service.waiting import until

COMMAND = (sys.executable, str(Path(sys.executable).with_name("books-relayer")))
MARKER = "SERVICE_UNDER_TEST"
RETRY_SECONDS = 0.5
"""Patience of the tests' producers before they send a batch again: kill tests should not take long."""
STOP_SECONDS = 30.0


def free_port() -> int:
    """A loopback port that nobody listens on, below those the kernel gives to clients."""
    while True:
        port = random.randint(20_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


def now_ms() -> int:
    """Unix time in ms."""
    return time.time_ns() // 1_000_000


class Service:
    """One service in directories of its own.

    Args:
        root: an empty directory with a short path.
        settings: flags of `serve`, beside those of address and directories.
    """

    def __init__(self, root: Path, **settings: object) -> None:
        self.data_dir = root / "data"
        self.runtime_dir = root / "run"
        self.port = free_port()
        self.log_file = root / "log"
        self.output_file = root / "output"
        self.settings = settings
        self.marker = f"{MARKER}={secrets.token_hex(8)}"
        self.keys = KeyStore(self.data_dir / DATABASE_NAME)
        self.key = self.new_key()
        self.process: subprocess.Popen[bytes] | None = None
        self._producer: Producer | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if self._producer:
            self._producer.close()
        try:
            if kind is None and self.process:
                self.stop()
        finally:
            self._end_all()
            self.keys.close()

    def start(self) -> None:
        """Start `serve`, and wait until it says that subscribers are welcome."""
        command = self.command("serve", host="127.0.0.1", port=self.port, log_format="json", **self.settings)
        command += ["--data-dir", str(self.data_dir), "--runtime-dir", str(self.runtime_dir)]
        with self.log_file.open("ab") as log, self.output_file.open("wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=log, env=self.environment)
        until(self._is_ready, "the service is ready")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop it by a signal: it ends with code 0, and so does every process that it started."""
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(number)
        assert self.process.wait(STOP_SECONDS) == 0, self.tail()
        assert not self.processes(), self.tail()

    def kill_supervisor(self) -> None:
        """End the service's main process, and no other, at once."""
        assert self.process
        self.process.kill()
        self.process.wait()
        self.process = None

    @staticmethod
    def command(*words: str, **options: object) -> list[str]:
        """A command line of `books-relayer`."""
        flags = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
        return [*COMMAND, *words, *flags]

    @property
    def environment(self) -> dict[str, str]:
        """Ours without settings, with the marker by which the service's processes are found."""
        name, _, value = self.marker.partition("=")
        return {key: text for key, text in os.environ.items() if not key.startswith("BOOKS_RELAYER_")} | {name: value}

    @property
    def endpoint(self) -> str:
        """Where producers connect."""
        return f"ipc://{self.runtime_dir}/ingest.sock"

    def url(self, channel: Channel, key: str | None = None, **parameters: str) -> str:
        """A subscriber's address."""
        query = "&".join(f"{name}={value}" for name, value in {"key": key or self.key, **parameters}.items())
        return f"ws://127.0.0.1:{self.port}/ws/{channel}?{query}"

    def new_key(
        self,
        *,
        max_connections: int | None = None,
        expires_at: int | None = None,
        channels: Sequence[Channel] = CHANNELS,
    ) -> str:
        """Make a subscriber's key; a service that runs knows it within a second."""
        return self.keys.create("test", expires_at, max_connections, tuple(channels), now_ms())

    def key_id(self, key: str) -> str:
        """The public id of a key."""
        return next(stored.key_id for stored in self.keys.list() if key.startswith(stored.prefix))

    def send(self, lines: Sequence[bytes]) -> Receipt:
        """Have one batch acknowledged."""
        if self._producer is None:
            self._producer = Producer(self.endpoint, timeout_seconds=RETRY_SECONDS, give_up_seconds=20)
        return self._producer.send(lines)

    def log(self) -> list[dict[str, Any]]:
        """What all processes have logged."""
        lines = self.log_file.read_bytes().splitlines()
        return [json.loads(line) for line in lines if line.startswith(b"{") and line.endswith(b"}")]

    def logged(self, event: str, **values: object) -> list[dict[str, Any]]:
        """The log's entries of one event with these values."""
        return [line for line in self.log() if line["event"] == event and values.items() <= line.items()]

    def pids(self, child: str) -> list[int]:
        """The process ids that a child has had, oldest first; it was ready under each of them."""
        return [line["pid"] for line in self.logged("started", child=child)]

    def pid(self, child: str) -> int:
        """The process id of a child."""
        return self.pids(child)[-1]

    @property
    def workers(self) -> list[int]:
        """The workers' process ids."""
        return [self.pid(f"worker-{number}") for number in range(1, int(str(self.settings["workers"])) + 1)]

    def kill(self, child: str) -> None:
        """End a child at once and wait until another one does its work."""
        before = len(self.pids(child))
        os.kill(self.pid(child), signal.SIGKILL)
        until(lambda: len(self.pids(child)) > before, f"{child} is there again")

    def processes(self) -> set[int]:
        """All its living processes."""
        return marked(self.marker)

    def tail(self) -> str:
        """The end of its log, for the message of a test that fails."""
        return "\n".join(self.log_file.read_text().splitlines()[-20:])

    def _is_ready(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self.tail()
        return self.output_file.read_bytes() == b"ready\n"

    def _end_all(self) -> None:
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        if self.process:
            self.process.wait()


@contextmanager
def running(**settings: object) -> Iterator[Service]:
    """A service that is ready, and stopped in order at the end."""
    with TemporaryDirectory(prefix="relay-") as root, Service(Path(root), **{"workers": 2, **settings}) as service:
        yield service
