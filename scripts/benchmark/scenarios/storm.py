"""What it costs a worker to let a subscriber in: accept, HTTP, key, seat, welcome, snapshot of 12 games."""

import time
from statistics import median

from benchmark import processes, uniform
from benchmark.load import STORM_AT_ONCE, Load
from benchmark.plan import Plan
from benchmark.report import Report, Row, at_most
from benchmark.service import Service

SUBSCRIBERS = 5_000
LIMIT_MS = 0.5


def run(plan: Plan, command: str) -> Report:
    """Measure a storm on an idle worker."""
    subscribers = plan.subscribers(SUBSCRIBERS)
    costs, paces = zip(*(_storm(subscribers) for _ in range(plan.runs)), strict=True)
    work = f"{subscribers:,} handshakes, {STORM_AT_ONCE} at once, snapshot of {uniform.GAMES} games"
    rows = (
        at_most(work, "worker CPU per accepted subscriber", median(costs), LIMIT_MS, "ms"),
        Row(work, "pace", f"{median(paces):,.0f} accepted a second"),
    )
    return Report("storm", command, rows)


def _storm(subscribers: int) -> tuple[float, float]:
    with Service() as service:
        before = processes.cpu_seconds(service.pids)
        start = time.monotonic()
        with Load(service.address, subscribers, probes=0, at_once=STORM_AT_ONCE):
            seconds = time.monotonic() - start
            used = processes.cpu_seconds(service.pids) - before
    return used / subscribers * 1e3, subscribers / seconds
