"""The same work for us and for each peer, at 1,000 subscribers."""

from collections.abc import Sequence

from msgspec import Struct

from benchmark.load import Load
from benchmark.peers.peer import PROGRAMS, AbsentError, Peer, Program
from benchmark.plan import Plan
from benchmark.report import Chart, Detail, Line, Report, Row, at_most, refused
from benchmark.scenarios import ours
from benchmark.shape import Shape
from benchmark.trial import FED_AT_LEAST, Measured, RefusedError, measure, medians

SUBSCRIBERS = 1_000
ONE_BY_ONE = Shape(500)
IN_BURSTS = Shape(500, in_bursts=True)
HELD_PART = 0.8
"""Of the pace that a peer reaches when it is given too much: there its latency means something."""
CPU_PART_LIMIT = 0.25


class Result(Struct, frozen=True):
    """What a server showed.

    Args:
        reached: at the full pace, or as near as it came.
        held: the pace whose latency is a figure.
        bursts: None if it sends once per event: a burst would keep it busy for many seconds.
    """

    name: str
    reached: Measured
    held: Measured
    held_shape: Shape
    bursts: Measured | None

    @property
    def us_per_delivery(self) -> float:
        """CPU per delivery, at the pace where it is less."""
        return min(self.reached.us_per_delivery, self.held.us_per_delivery)


def run(plan: Plan, command: str) -> Report:
    """Measure all."""
    subscribers = plan.subscribers(SUBSCRIBERS)
    work = f"{subscribers:,} x {ONE_BY_ONE}"
    rows: list[Row] = []
    results: list[Result] = []
    for program in PROGRAMS:
        try:
            results.append(_peer(plan, program, subscribers))
        except (AbsentError, RefusedError) as reason:
            rows.append(Row(work, program.name, f"left out: {reason}"))
    rows += [_pace(work, result) for result in results]
    try:
        us = _ours(plan, subscribers)
    except RefusedError as reason:
        rows.append(refused(work, reason))
    else:
        rows += _comparison(work, us, results)
        results.append(us)
    details = [detail for result in results for detail in _details(subscribers, result)]
    return Report("peers", command, tuple(rows), tuple(details), _charts(subscribers, results))


def _peer(plan: Plan, program: Program, subscribers: int) -> Result:
    with Peer(program) as peer, Load(peer.address, subscribers) as load:

        def at(shape: Shape) -> Measured:
            return medians(lambda: measure(peer, load, shape, plan.warm_up_seconds, plan.seconds), plan.runs)

        reached, held_shape = at(ONE_BY_ONE), ONE_BY_ONE
        held = reached
        if reached.events_per_second < FED_AT_LEAST * ONE_BY_ONE.events_per_second:
            held_shape = Shape(max(1, int(HELD_PART * reached.events_per_second)))
            held = at(held_shape)
        bursts = None if program.sends_once_per_event else at(IN_BURSTS)
    return Result(program.name, reached, held, held_shape, bursts)


def _ours(plan: Plan, subscribers: int) -> Result:
    reached = ours.measured(plan, subscribers, ONE_BY_ONE)
    return Result(ours.NAME, reached, reached, ONE_BY_ONE, ours.measured(plan, subscribers, IN_BURSTS))


def _pace(work: str, result: Result) -> Row:
    pace = f"{result.reached.deliveries_per_second:,.0f} deliveries/s"
    if result.held is result.reached:
        return Row(work, result.name, f"{pace}: holds it")
    held = f"{result.held_shape}: p50 {result.held.p50_ms:.1f} ms, p99 {result.held.p99_ms:.1f} ms"
    return Row(work, result.name, f"{pace}: doesn't hold it; at {held}")


def _comparison(work: str, us: Result, peers: Sequence[Result]) -> list[Row]:
    rows: list[Row] = []
    each = [peer for peer in peers if peer.bursts is None]
    if each:
        best = min(each, key=lambda peer: peer.us_per_delivery)
        limit = CPU_PART_LIMIT * best.us_per_delivery
        rows.append(at_most(work, f"CPU per delivery, a quarter of {best.name}", us.us_per_delivery, limit, "µs"))
    for peer in peers:
        if peer.bursts and us.bursts:
            figure, limit = f"bursts: CPU per delivery, {peer.name}", peer.bursts.us_per_delivery
            rows.append(at_most(work, figure, us.bursts.us_per_delivery, limit, "µs"))
    return rows


def _details(subscribers: int, result: Result) -> list[Detail]:
    details = [Detail(result.name, f"{subscribers:,} x {ONE_BY_ONE}", result.reached)]
    if result.held is not result.reached:
        details.append(Detail(result.name, f"{subscribers:,} x {result.held_shape}", result.held))
    if result.bursts:
        details.append(Detail(result.name, f"{subscribers:,} x {IN_BURSTS}", result.bursts))
    return details


def _charts(subscribers: int, results: Sequence[Result]) -> tuple[Chart, ...]:
    names = tuple(result.name for result in results)
    places = tuple(float(place) for place in range(len(names)))
    work = f"{subscribers:,} subscribers, {ONE_BY_ONE}, one core"
    paces = tuple(result.reached.deliveries_per_second for result in results)
    costs = tuple(result.us_per_delivery for result in results)
    return (
        Chart("peers-pace", work, "deliveries a second reached", "", (Line("", places, paces),), names),
        Chart("peers-cost", work, "CPU per delivery, µs", "", (Line("", places, costs),), names),
    )
