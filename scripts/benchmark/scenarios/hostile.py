"""What healthy subscribers notice of hostile clients at the same worker."""

from contextlib import nullcontext

from benchmark import processes
from benchmark.hostile import KINDS
from benchmark.load import Load
from benchmark.plan import Plan
from benchmark.report import Detail, Report, Row, at_most, refused
from benchmark.scenarios import ours
from benchmark.service import Service
from benchmark.shape import Shape
from benchmark.trial import Measured, RefusedError, check_pace, measure, medians

SUBSCRIBERS = 100
SHAPE = Shape(500)
TOLERANCE = 1.2


def run(plan: Plan, command: str) -> Report:
    """Measure without hostile clients, and with each kind of them."""
    rows: list[Row] = []
    details: list[Detail] = []
    baseline: Measured | None = None
    for kind in (None, *KINDS):
        work = f"{SUBSCRIBERS} x {SHAPE}" + (f", {kind}" if kind else "")
        try:
            measured = medians(lambda: _run(plan, kind), plan.runs)  # noqa: B023
        except RefusedError as reason:
            rows.append(refused(work, reason))
            continue
        details.append(Detail(ours.NAME, work, measured))
        if baseline is None:
            baseline = measured
            continue
        rows.append(at_most(work, "healthy p99, without + 20 %", measured.p99_ms, TOLERANCE * baseline.p99_ms, "ms"))
    return Report("hostile", command, tuple(rows), tuple(details))


def _run(plan: Plan, kind: str | None) -> Measured:
    with Service() as service, Load(service.address, SUBSCRIBERS) as load:
        target = str(service.address.port), service.address.path
        with processes.beside("benchmark.hostile", kind, *target) if kind else nullcontext():
            measured = measure(service, load, SHAPE, plan.warm_up_seconds, plan.seconds)
        dropped = service.stop().dropped
    if dropped:
        raise RefusedError(f"the worker counted {dropped} dropped")
    return check_pace(measured, SHAPE)
