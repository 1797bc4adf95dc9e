"""Subscribers that may speak TLS, in processes of their own on the clients' core."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec import json

from benchmark import processes
from benchmark.load import Address, LoadError
from benchmark.machine import CLIENT_CORE
from benchmark.secure_client import Task

AT_ONCE = 32
"""Handshakes under way in each process: the clients' own part of them is the longer one."""
SUBSCRIBERS_PER_PROCESS = 2_500
SETTLE_SECONDS = 30.0
LOOK_SECONDS = 0.1


class SecureLoad:
    """All of them.

    Args:
        address: of the server.
        subscribers: how many.
        ca_file: whom they trust, None for no TLS.
    """

    def __init__(self, address: Address, subscribers: int, ca_file: Path | None) -> None:
        parts = -(-subscribers // SUBSCRIBERS_PER_PROCESS)
        trusted = str(ca_file) if ca_file else None
        counts = [subscribers // parts + (part < subscribers % parts) for part in range(parts)]
        self._tasks = [
            Task(address.port, address.path, address.greeting_frames, count, AT_ONCE, trusted) for count in counts
        ]
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        for task in self._tasks:
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmark.secure_client"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            processes.pin(process.pid, CLIENT_CORE)
            self._processes.append(process)
            self._tell(process, json.encode(task))
        for process in self._processes:
            self._answer(process)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()

    @property
    def pids(self) -> Sequence[int]:
        """Their processes."""
        return [process.pid for process in self._processes]

    def until_all_have(self, frame_bytes: int) -> None:
        """Wait until each has got so many bytes at least, pings and what TLS adds beside them.

        Raises:
            LoadError: if some don't.
        """
        deadline = time.monotonic() + SETTLE_SECONDS
        while (least := self._least()) < frame_bytes:
            if time.monotonic() > deadline:
                raise LoadError(f"a subscriber has got {least:,} bytes only of {frame_bytes:,}")
            time.sleep(LOOK_SECONDS)

    def _least(self) -> int:
        for process in self._processes:
            self._tell(process, b"")
        return min(int(self._answer(process)) for process in self._processes)

    def _tell(self, process: "subprocess.Popen[bytes]", line: bytes) -> None:
        assert process.stdin
        process.stdin.write(line + b"\n")
        process.stdin.flush()

    def _answer(self, process: "subprocess.Popen[bytes]") -> bytes:
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            raise LoadError("the subscribers' process has ended: see what it says above")
        return line
