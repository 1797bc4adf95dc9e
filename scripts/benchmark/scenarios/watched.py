"""What subscribers notice of those who look: page, metrics and REST in use, beside nobody looking."""

from contextlib import nullcontext

from benchmark import processes
from benchmark.load import Load
from benchmark.plan import Plan
from benchmark.report import Detail, Report, Row, at_most, refused
from benchmark.scenarios import ours
from benchmark.service import Service
from benchmark.shape import Shape
from benchmark.trial import Measured, RefusedError, check_pace, measure, medians

CASES = (1_000, 10_000)
SHAPE = Shape(500)
TOLERANCE = 1.1


def run(plan: Plan, command: str) -> Report:
    """Measure each case without and with them."""
    rows: list[Row] = []
    details: list[Detail] = []
    for number in CASES:
        subscribers = plan.subscribers(number)
        work = f"{subscribers:,} x {SHAPE}"
        watched = f"{work}, page, metrics and REST in use"
        try:
            alone = medians(lambda: _run(plan, subscribers, is_watched=False), plan.runs)  # noqa: B023
            beside = medians(lambda: _run(plan, subscribers, is_watched=True), plan.runs)  # noqa: B023
        except RefusedError as reason:
            rows.append(refused(watched, reason))
            continue
        details += [Detail(ours.NAME, work, alone), Detail(ours.NAME, watched, beside)]
        cpu, latency = TOLERANCE * alone.server_cpu, TOLERANCE * alone.p99_ms
        rows.append(Row(watched, "none missing", f"{beside.deliveries_per_second:,.0f} deliveries/s", met=True))
        rows.append(at_most(watched, "worker CPU, unwatched + 10 %", beside.server_cpu, cpu, "cores"))
        rows.append(at_most(watched, "p99, unwatched + 10 %", beside.p99_ms, latency, "ms"))
    return Report("watched", command, tuple(rows), tuple(details))


def _run(plan: Plan, subscribers: int, *, is_watched: bool) -> Measured:
    with Service() as service, Load(service.address, subscribers) as load:
        query = service.address.path.partition("?")[2]
        target = str(service.http_port), query
        with processes.beside("benchmark.viewers", *target) if is_watched else nullcontext():
            measured = measure(service, load, SHAPE, plan.warm_up_seconds, plan.seconds)
        counts = service.stop()
    if counts.dropped or counts.overrun:
        raise RefusedError(f"the workers counted {counts.dropped} dropped and {counts.overrun} overrun")
    return check_pace(measured, SHAPE)
