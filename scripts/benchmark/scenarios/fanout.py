"""Many subscribers, at the paces that the engine was made for."""

from msgspec import Struct

from benchmark.plan import Plan
from benchmark.report import Detail, Report, Row, at_most, refused
from benchmark.scenarios import ours
from benchmark.shape import Shape
from benchmark.trial import RefusedError


class Case(Struct, frozen=True):
    """Work, and the latency that must hold; None for no bound."""

    subscribers: int
    shape: Shape
    p99_limit_ms: float | None
    workers: int = 1


CASES = (
    Case(1_000, Shape(500), 50),
    Case(10_000, Shape(500), 700),
    Case(20_000, Shape(250), 1_500, workers=2),
    Case(2_000, Shape(1_500, in_bursts=True), None),
)


def run(plan: Plan, command: str) -> Report:
    """Measure each case."""
    rows: list[Row] = []
    details: list[Detail] = []
    for case in CASES:
        subscribers = plan.subscribers(case.subscribers)
        work = f"{subscribers:,} x {case.shape}, {case.workers} worker{'s' * (case.workers > 1)}"
        try:
            measured = ours.measured(plan, subscribers, case.shape, case.workers)
        except RefusedError as reason:
            rows.append(refused(work, reason))
            continue
        details.append(Detail(ours.NAME, work, measured))
        pace = f"{measured.deliveries_per_second:,.0f} deliveries/s"
        rows.append(Row(work, "none missing", pace, "all delivered, none dropped", met=True))
        if case.p99_limit_ms:
            rows.append(at_most(work, "p99, ingest to client", measured.p99_ms, case.p99_limit_ms, "ms"))
    return Report("fanout", command, tuple(rows), tuple(details))
