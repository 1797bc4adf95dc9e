"""How the cost of a delivery grows, with subscribers and with events."""

from collections.abc import Sequence

from benchmark.load import SUBSCRIBERS_PER_PROCESS, Load
from benchmark.plan import Plan
from benchmark.report import Chart, Detail, Line, Report, Row
from benchmark.scenarios import ours
from benchmark.service import Service
from benchmark.shape import Shape
from benchmark.trial import RefusedError, check_pace, measure

SUBSCRIBERS = (100, 300, 1_000, 3_000, 10_000, 20_000)
EVENTS_PER_SECOND = (10, 30, 100, 250, 500, 1_000)
SAME_EVENTS = 250
SAME_SUBSCRIBERS = 1_000


def run(plan: Plan, command: str) -> Report:
    """Measure along both axes, each point once: the curve shows how much they vary."""
    rows: list[Row] = []
    by_subscribers: list[Detail] = []
    for number in SUBSCRIBERS:
        by_subscribers += _points(plan, plan.subscribers(number), (SAME_EVENTS,), rows)
    by_events = _points(plan, plan.subscribers(SAME_SUBSCRIBERS), EVENTS_PER_SECOND, rows)
    charts = (
        _chart(
            "growth-subscribers",
            f"{Shape(SAME_EVENTS)}; a worker for each {SUBSCRIBERS_PER_PROCESS:,} subscribers, all on one core",
            "subscribers",
            by_subscribers,
            [detail.measured.subscribers for detail in by_subscribers],
        ),
        _chart(
            "growth-events",
            f"{plan.subscribers(SAME_SUBSCRIBERS):,} subscribers, one worker",
            "events a second, one by one",
            by_events,
            [detail.measured.events_per_second for detail in by_events],
        ),
    )
    return Report("growth", command, tuple(rows), (*by_subscribers, *by_events), charts)


def _points(plan: Plan, subscribers: int, paces: Sequence[int], rows: list[Row]) -> list[Detail]:
    details: list[Detail] = []
    # A process may usually have 20,000 files open.
    workers = -(-subscribers // SUBSCRIBERS_PER_PROCESS)
    with Service(workers) as service, Load(service.address, subscribers) as load:
        for pace in paces:
            shape = Shape(pace)
            work = f"{subscribers:,} x {shape}"
            try:
                measured = check_pace(measure(service, load, shape, plan.warm_up_seconds, plan.seconds), shape)
            except RefusedError as reason:
                rows.append(Row(work, "no figure", str(reason)))
                continue
            details.append(Detail(ours.NAME, work, measured))
            rows.append(Row(work, "worker CPU per delivery", f"{measured.us_per_delivery:.3g} µs"))
    return details


def _chart(name: str, title: str, x_label: str, details: Sequence[Detail], xs: Sequence[float]) -> Chart:
    line = Line(ours.NAME, tuple(xs), tuple(detail.measured.us_per_delivery for detail in details))
    return Chart(name, title, x_label, "worker CPU per delivery, µs", (line,))
