"""Frozen subscribers: what they cost the healthy ones, and whether their drops are counted."""

import time

from msgspec import Struct

from benchmark.load import Drain, Expected, Load
from benchmark.plan import Plan
from benchmark.report import Detail, Report, Row, at_most, refused
from benchmark.scenarios import ours
from benchmark.service import Service
from benchmark.shape import Shape
from benchmark.trial import Measured, RefusedError, check_pace, measure, medians

SUBSCRIBERS = 1_000
MANY_FROZEN = 0.05
"""Of all."""
SHAPE = Shape(500)
TOLERANCE = 1.1
RECEIVE_BUFFER_BYTES = 16 * 1024
"""Of a frozen subscriber: what it leaves unread is then the server's to hold."""
QUIET_SECONDS = 1.0
"""Once nothing came for so long, nothing comes any more."""


class Frozen(Struct, frozen=True):
    """What became of frozen subscribers' events.

    Args:
        lost: emitted, and not received when they read on at last.
        counted: as dropped, by the workers.
    """

    lost: int
    counted: int


def run(plan: Plan, command: str) -> Report:
    """Measure with none frozen, and with some."""
    rows: list[Row] = []
    details: list[Detail] = []
    subscribers = plan.subscribers(SUBSCRIBERS)
    baseline: Measured | None = None
    for frozen in (0, 1, max(2, round(MANY_FROZEN * subscribers))):
        work = f"{subscribers - frozen:,} healthy + {frozen} frozen x {SHAPE}"
        losses: list[Frozen] = []
        try:
            measured = medians(lambda: _run(plan, subscribers - frozen, frozen, losses), plan.runs)  # noqa: B023
        except RefusedError as reason:
            rows.append(refused(work, reason))
            continue
        details.append(Detail(ours.NAME, work, measured))
        if not frozen:
            baseline = measured
            continue
        if baseline:
            latency, cpu = TOLERANCE * baseline.p99_ms, TOLERANCE * baseline.server_cpu
            rows.append(at_most(work, "healthy p99, none frozen + 10 %", measured.p99_ms, latency, "ms"))
            rows.append(at_most(work, "worker CPU, none frozen + 10 %", measured.server_cpu, cpu, "cores"))
        rows.append(_drops(work, losses))
    return Report("slow", command, tuple(rows), tuple(details))


def _run(plan: Plan, healthy: int, frozen: int, losses: list[Frozen]) -> Measured:
    with Service() as service, Load(service.address, healthy) as load:
        if not frozen:
            return check_pace(measure(service, load, SHAPE, plan.warm_up_seconds, plan.seconds), SHAPE)
        drain = Drain(service.address, frozen, "-z", "-k", "1", "-r", str(RECEIVE_BUFFER_BYTES))
        try:
            drain.wait_open()
            measured = measure(service, load, SHAPE, plan.warm_up_seconds, plan.seconds)
            losses.append(_thaw(service, drain, service.finish()))
        finally:
            drain.close()
    return check_pace(measured, SHAPE)


def _thaw(service: Service, drain: Drain, events: int) -> Frozen:
    """Let the frozen ones read what is left for them, and compare with what the service counted."""
    drain.thaw()
    received, before = 0, -1
    while received != before:
        time.sleep(QUIET_SECONDS)
        before, received = received, drain.report(Expected()).probe_events
    return Frozen(drain.subscribers * events - received, service.stop().dropped)


def _drops(work: str, losses: list[Frozen]) -> Row:
    # No drop at all would show nothing.
    exact = all(loss.lost == loss.counted > 0 for loss in losses)
    shown = "; ".join(f"{loss.lost:,} lost, {loss.counted:,} counted" for loss in losses)
    return Row(work, "drops counted", shown, "exactly", met=exact)
