"""One measured run: so many subscribers, such a pace, and what it costs the server."""

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Protocol

import numpy as np
from msgspec import Struct
from msgspec.structs import asdict

from benchmark import processes
from benchmark.load import Address, Expected, Load, Timings
from benchmark.machine import CLIENT_CORE, SERVER_CORE
from benchmark.material import Material
from benchmark.shape import Shape

BUSIEST_CLIENT = 0.9
"""Of a core; beyond that the subscribers may be what is measured."""
LATEST_CLIENT_MS = 20
LATEST_CLIENT_PART = 0.2
"""Lateness of the subscribers' loop, but for one tick in a hundred: beyond both the time and this part of the measured
p99 it would be what is measured."""
TRIES = 3
"""Of a run whose clients were busy: somebody else used their core."""
FED_AT_LEAST = 0.98
"""Of the planned pace; a feed that is slower than that isn't the work that was asked for."""


class RefusedError(Exception):
    """There is no figure; the message is the reason."""


class BusyClientsError(RefusedError):
    """The subscribers were the bottleneck: that is no fault of the server's, and on a shared machine passes by."""


class Server(Protocol):
    """Whoever is measured."""

    @property
    def address(self) -> Address:
        """Where subscribers connect."""

    @property
    def material(self) -> Material:
        """What its events are made of."""

    @property
    def pids(self) -> Sequence[int]:
        """The processes whose CPU counts."""

    @property
    def broker_pids(self) -> Sequence[int]:
        """The processes that feed those."""

    def begin(self, shape: Shape, seconds: float) -> None:
        """Start to send events."""

    def finish(self) -> int:
        """Wait until all are sent, and tell how many that were so far."""


class Usage(Struct, frozen=True):
    """CPU seconds up to a moment.

    Args:
        stamp: the moment, as events carry it.
    """

    stamp: int
    server: float
    broker: float
    clients: float
    server_core: float
    client_core: float
    frame_bytes: int


class Measured(Struct, frozen=True):
    """What a run showed. CPU is in cores: 1 is one core, fully used."""

    subscribers: int
    events_per_second: float
    deliveries_per_second: float
    us_per_delivery: float
    server_cpu: float
    broker_cpu: float
    clients_cpu: float
    server_core_busy: float
    client_core_busy: float
    p50_ms: float
    p99_ms: float
    clients_late_ms: float
    gbit_per_second: float = 0.0
    """Of events, framed, to all subscribers; 0 where that wasn't measured yet."""


def measure(server: Server, load: Load, shape: Shape, warm_up_seconds: float, seconds: float) -> Measured:
    """Feed the server and measure.

    Raises:
        RefusedError: if the subscribers were the bottleneck, or any event is missing.
    """
    server.begin(shape, warm_up_seconds + seconds)
    time.sleep(warm_up_seconds)
    load.rest()
    before = _usage(server, load)
    time.sleep(seconds)
    after = _usage(server, load)
    late_ms = load.late_ms()
    events = server.finish()
    fault = load.fault(Expected(events, server.material.frame_bytes(events)))
    timings = load.timings()
    if fault:
        raise RefusedError(fault)
    measured = _measured(load.subscribers, before, after, timings, late_ms)
    latest_ms = max(LATEST_CLIENT_MS, LATEST_CLIENT_PART * measured.p99_ms)
    if measured.clients_cpu > BUSIEST_CLIENT or late_ms > latest_ms:
        raise BusyClientsError(
            f"the subscribers were the bottleneck: {late_ms} ms late, "
            f"with {measured.clients_cpu:.0%} of a core that was {measured.client_core_busy:.0%} busy"
        )
    return measured


def check_pace(measured: Measured, shape: Shape) -> Measured:
    """Insist on the pace.

    Raises:
        RefusedError: if events came slower than planned.
    """
    # One event more or less falls on the edges.
    if measured.events_per_second + 1 < FED_AT_LEAST * shape.events_per_second:
        raise RefusedError(f"only {measured.events_per_second:.0f} events/s came instead of {shape}")
    return measured


def medians(run: Callable[[], Measured], runs: int) -> Measured:
    """Measure several times and take the median of each figure.

    Raises:
        RefusedError: if any of the runs has no figures; one with busy clients is tried again first.
    """
    return median_of([tried_again(run) for _ in range(runs)])


def median_of(measured: Sequence[Measured]) -> Measured:
    """Take the median of each figure."""
    figures = [asdict(each) for each in measured]
    return Measured(**{name: median(each[name] for each in figures) for name in figures[0]})


def tried_again(run: Callable[[], Measured]) -> Measured:
    """Measure once, and again if the clients were busy.

    Raises:
        RefusedError: if there are no figures.
    """
    for _ in range(TRIES - 1):
        try:
            return run()
        except BusyClientsError:
            pass
    return run()


def _usage(server: Server, load: Load) -> Usage:
    return Usage(
        time.monotonic_ns(),
        processes.cpu_seconds(server.pids),
        processes.cpu_seconds(server.broker_pids),
        processes.cpu_seconds(load.pids),
        processes.busy_seconds(SERVER_CORE),
        processes.busy_seconds(CLIENT_CORE),
        load.frame_bytes(),
    )


def _measured(subscribers: int, before: Usage, after: Usage, timings: Timings, late_ms: int) -> Measured:
    within = timings[(timings[:, 0] >= before.stamp) & (timings[:, 0] < after.stamp)]
    if not len(within):
        raise RefusedError("no event came in the measured time")
    seconds = (after.stamp - before.stamp) / 1e9
    events = len(np.unique(within[:, 0]))
    p50_ns, p99_ns = np.percentile(within[:, 1], [50, 99])
    server = after.server - before.server
    return Measured(
        subscribers=subscribers,
        events_per_second=events / seconds,
        deliveries_per_second=events * subscribers / seconds,
        us_per_delivery=server / (events * subscribers) * 1e6,
        server_cpu=server / seconds,
        broker_cpu=(after.broker - before.broker) / seconds,
        clients_cpu=(after.clients - before.clients) / seconds,
        server_core_busy=(after.server_core - before.server_core) / seconds,
        client_core_busy=(after.client_core - before.client_core) / seconds,
        p50_ms=float(p50_ns) / 1e6,
        p99_ms=float(p99_ns) / 1e6,
        clients_late_ms=late_ms,
        gbit_per_second=(after.frame_bytes - before.frame_bytes) * 8 / seconds / 1e9,
    )
