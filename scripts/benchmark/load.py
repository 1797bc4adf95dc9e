"""The subscribers: processes of drain.c on the clients' core."""

import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import numpy as np
from msgspec import Struct, json

from benchmark import processes
from benchmark.machine import CLIENT_CORE
from benchmark.stamp import Stamp

DRAIN = Path(os.environ.get("BENCH_DRAIN", ""))
"""Compiled by scripts/bench."""
SUBSCRIBERS_PER_PROCESS = 10_000
"""Half of the open files that a process usually may have."""
PROBES = 20
OPEN_SECONDS = 120.0
SETTLE_SECONDS = 10.0
"""Patience with events that are still on their way once all are sent."""
STORM_AT_ONCE = 512
CALM_AT_ONCE = 64
"""Handshakes under way, few enough for any server's backlog."""

NO_COMPRESSION = (0,)

_sources = count(1)
Timings = np.ndarray[tuple[int, int], np.dtype[np.int64]]
"""A row for each event of each probe: its stamp, and its latency in ns."""


class LoadError(Exception):
    """The subscribers can't be had; the message is one sentence."""


class Address(Struct, frozen=True):
    """Where a server is found.

    Args:
        path: with the key.
        greeting_frames: text frames that it sends ahead of the first event.
        stamp: of its events.
    """

    port: int
    path: str
    greeting_frames: int
    stamp: Stamp


class Expected(Struct, frozen=True):
    """What each subscriber should have by now.

    Args:
        frame_bytes: without compression.
    """

    events: int = 0
    frame_bytes: int = 0


class Report(Struct, frozen=True):
    """What one process of subscribers has seen.

    Args:
        complete: subscribers that have exactly what they should.
        disorder: events that probes got twice or in the wrong order.
        probe_events: of all probes.
        bytes: of all subscribers' events, framed, as they came.
        late_p99_ms: how late the process' loop was, lately.
    """

    complete: int
    closed: int
    disorder: int
    probe_events: int
    bytes: int
    bytes_min: int
    bytes_max: int
    late_p99_ms: int
    late_max_ms: int


class Drain:
    """One process of subscribers.

    Args:
        address: of the server.
        subscribers: how many.
        options: more of drain.c's.
    """

    def __init__(self, address: Address, subscribers: int, *options: str) -> None:
        stamp = address.stamp
        self.subscribers = subscribers
        self._dir = TemporaryDirectory(prefix="bench-")
        self._timings = Path(self._dir.name) / "timings"
        self._process = subprocess.Popen(  # noqa: S603 our own program
            [
                DRAIN,
                *("-p", str(address.port), "-u", address.path, "-g", str(address.greeting_frames)),
                *("-t", f"{stamp.field}:{stamp.unit_ns}:{stamp.offset_units}"),
                # Its own block of addresses, and so of ephemeral ports.
                *("-s", f"127.0.{next(_sources)}.1", "-n", str(subscribers), "-l", str(self._timings)),
                *options,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        processes.pin(self.pid, CLIENT_CORE)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait_open(self) -> None:
        """Wait until all have their handshake and greeting."""
        self._answer()

    def report(self, expected: Expected) -> Report:
        """Read what has come, against what should have."""
        return json.decode(self._ask(f"report {expected.frame_bytes} {expected.events}"), type=Report)

    def rest(self) -> None:
        """Forget how late the loop has been."""
        self._ask("rest")

    def thaw(self) -> None:
        """Have frozen subscribers read on."""
        self._ask("thaw")

    def timings(self) -> Timings:
        """Take the probes' timings since the last call."""
        self._ask("write")
        return np.fromfile(self._timings, np.int64).reshape(-1, 2)

    def close(self) -> None:
        """End it; its connections are reset."""
        self._process.kill()
        self._process.communicate()
        self._dir.cleanup()

    def _ask(self, line: str) -> str:
        assert self._process.stdin
        # One that has ended gives no answer either.
        with suppress(BrokenPipeError):
            self._process.stdin.write(line + "\n")
        return self._answer()

    def _answer(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise LoadError("the subscribers' process has ended: see what it says above")
        return line


class Load:
    """All healthy subscribers of a trial.

    Args:
        address: of the server.
        subscribers: how many.
        probes: how many of them read and time every event.
        at_once: handshakes under way.
        windows: what they offer for compression, in bits, 0 for none; each to as many of them.
    """

    def __init__(
        self,
        address: Address,
        subscribers: int,
        probes: int = PROBES,
        at_once: int = CALM_AT_ONCE,
        windows: Sequence[int] = NO_COMPRESSION,
    ) -> None:
        every = str(max(1, subscribers // probes)) if probes else "0"
        parts = max(len(windows), -(-subscribers // SUBSCRIBERS_PER_PROCESS))
        self.subscribers = subscribers
        self._drains = [
            Drain(
                address,
                subscribers // parts + (part < subscribers % parts),
                *("-k", every, "-o", str(at_once), "-w", str(windows[part % len(windows)])),
            )
            for part in range(parts)
        ]

    def __enter__(self) -> Self:
        try:
            for drain in self._drains:
                drain.wait_open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pids(self) -> Sequence[int]:
        """Its processes."""
        return [drain.pid for drain in self._drains]

    def rest(self) -> None:
        """Forget how late the loops have been."""
        for drain in self._drains:
            drain.rest()

    def late_ms(self) -> int:
        """How late the loops were, but for one tick in a hundred."""
        return max(report.late_p99_ms for report in self._reports(Expected()))

    def frame_bytes(self) -> int:
        """What all have got of events so far, framed, as it came."""
        return sum(report.bytes for report in self._reports(Expected()))

    def fault(self, expected: Expected) -> str:
        """Wait for what is still on its way.

        Returns:
            What is wrong, unless each subscriber has exactly all events, and each probe in order.
        """
        deadline = time.monotonic() + SETTLE_SECONDS
        while (fault := self._fault(expected)) and time.monotonic() < deadline:
            time.sleep(0.1)
        return fault

    def timings(self) -> Timings:
        """Take the probes' timings since the last call."""
        return np.concatenate([drain.timings() for drain in self._drains])

    def close(self) -> None:
        """End all."""
        for drain in self._drains:
            drain.close()

    def _reports(self, expected: Expected) -> Sequence[Report]:
        return [drain.report(expected) for drain in self._drains]

    def _fault(self, expected: Expected) -> str:
        reports = self._reports(expected)
        complete = sum(report.complete for report in reports)
        disorder = sum(report.disorder for report in reports)
        if complete == self.subscribers and not disorder:
            return ""
        least, most = min(report.bytes_min for report in reports), max(report.bytes_max for report in reports)
        return (
            f"{self.subscribers - complete:,} of {self.subscribers:,} subscribers have too little or too much: "
            f"{least:,} to {most:,} bytes where {expected.events:,} events are {expected.frame_bytes:,} bytes plain; "
            f"{disorder} events out of order"
        )
