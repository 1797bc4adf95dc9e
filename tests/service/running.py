"""The service under test: started as an operator starts it, watched by its log, and seen to leave nothing behind."""

import json
import os
import random
import secrets
import signal
import socket
import ssl
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
from service.authority import Authority
from service.processes import marked
from service.waiting import until

COMMAND = (sys.executable, str(Path(sys.executable).with_name("books-relayer")))
MARKER = "SERVICE_UNDER_TEST"
RETRY_SECONDS = 0.5
"""Patience of the tests' producers before they send a batch again: kill tests should not take long."""
STOP_SECONDS = 30.0
IN_VAIN_SECONDS = 20.0
"""For a service that can't start to say so."""
FIRST_PORT, PORTS = 20_000, 1_500
"""Of each of up to eight test processes, all below those that the kernel gives to clients."""


_given_out: set[int] = set()
"""Whoever was given one may yet have to listen on it."""


def free_port() -> int:
    """A loopback port that nobody listens on, and which neither this nor another test process is about to take."""
    first = FIRST_PORT + PORTS * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        port = random.randrange(first, first + PORTS)
        if port in _given_out:
            continue
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                _given_out.add(port)
                return port


def now_ms() -> int:
    """Unix time in ms."""
    return time.time_ns() // 1_000_000


class Service:
    """One service in directories of its own.

    Args:
        root: an empty directory with a short path.
        tls: with a certificate of the test's own.
        settings: flags of `serve`, beside those of port and directories.
    """

    def __init__(self, root: Path, *, tls: bool = False, **settings: object) -> None:
        self.data_dir = root / "data"
        self.runtime_dir = root / "run"
        self.port = free_port()
        self.http_port = free_port()
        self.log_file = root / "log"
        self.output_file = root / "output"
        self.authority = Authority(root) if tls else None
        self.settings = {**(self.authority.settings if self.authority else {}), **settings}
        self.marker = f"{MARKER}={secrets.token_hex(8)}"
        self.keys = KeyStore(self.data_dir / DATABASE_NAME)
        self.key = self.new_key()
        self.process: subprocess.Popen[bytes] | None = None
        self._producer: Producer | None = None
        self._logged: list[dict[str, Any]] = []
        self._log_position = 0

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
        ports = {"port": self.port, "http_port": self.http_port}
        settings = {"host": "127.0.0.1", **ports, "log_format": "json", **self.settings}
        command = self.command("serve", **settings)
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
        """Ours without settings, with the marker by which the service's processes are found, and who is trusted."""
        name, _, value = self.marker.partition("=")
        ours = {key: text for key, text in os.environ.items() if not key.startswith("BOOKS_RELAYER_")}
        trusted = self.authority.environment if self.authority else {}
        return ours | {name: value} | trusted

    @property
    def endpoint(self) -> str:
        """Where producers connect."""
        return f"ipc://{self.runtime_dir}/ingest.sock"

    @property
    def trust(self) -> ssl.SSLContext | None:
        """What clients trust, None without TLS."""
        return self.authority.trust if self.authority else None

    @property
    def address(self) -> str:
        """Where subscribers connect, without the path of a channel."""
        return f"{'wss' if self.authority else 'ws'}://127.0.0.1:{self.port}"

    def url(self, channel: Channel, key: str | None = None, **parameters: str) -> str:
        """A subscriber's address."""
        query = "&".join(f"{name}={value}" for name, value in {"key": key or self.key, **parameters}.items())
        return f"{self.address}/ws/{channel}?{query}"

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
        with self.log_file.open("rb") as log:
            log.seek(self._log_position)
            whole, newline, _ = log.read().rpartition(b"\n")
        self._log_position += len(whole) + len(newline)
        self._logged += [json.loads(line) for line in whole.splitlines() if line.startswith(b"{")]
        return self._logged

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


def start_in_vain(**settings: object) -> str:
    """Run a `serve` that can't start, and says so.

    Args:
        settings: flags of `serve`; directories and ports that they don't name are empty and free ones.

    Returns:
        What it says.
    """
    ports = {"port": free_port(), "http_port": free_port()}
    with TemporaryDirectory(prefix="relay-") as root:
        defaults = {**ports, "workers": 1, "data_dir": f"{root}/data", "runtime_dir": f"{root}/run"}
        command = Service.command("serve", **{**defaults, **settings})
        ended = subprocess.run(command, capture_output=True, text=True, timeout=IN_VAIN_SECONDS, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Traceback" not in ended.stderr
    return ended.stderr


@contextmanager
def running(*, tls: bool = False, **settings: object) -> Iterator[Service]:
    """A service that is ready, and stopped in order at the end."""
    with (
        TemporaryDirectory(prefix="relay-") as root,
        Service(Path(root), tls=tls, **{"workers": 2, **settings}) as service,
    ):
        yield service
