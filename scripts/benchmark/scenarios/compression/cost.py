"""What compression costs in CPU, per delivery, beside a compressor for each connection."""

from benchmark.load import Load
from benchmark.peers.peer import AbsentError
from benchmark.plan import Plan
from benchmark.report import Detail, Row, at_most, refused
from benchmark.scenarios.compression.contenders import FULL, PEERS, Contender
from benchmark.scenarios.compression.part import Part, bars
from benchmark.shape import Shape
from benchmark.trial import Measured, RefusedError, Server, check_pace, medians, tried_again
from benchmark.trial import measure as measure_run

SUBSCRIBERS = 1_000
PACES = (5, 10, 20, 40, 80, 160, 320)
"""Events a second that a peer is tried with, until there are more than it holds."""
TRY = Plan(runs=1, warm_up_seconds=1.0, seconds=3.0)
HELD_P99_MS = 1_000
"""What takes longer waits in a queue that grows."""
EASE = 2
"""Everybody is measured at this part of the pace that all hold: at the limit itself a peer holds it one time and the
next time not."""
FULL_PACE = Shape(500)


def measure(plan: Plan) -> Part:
    """Find what the peers hold, and measure everybody at a pace that is easy for all; then us at the full one."""
    part = Part()
    subscribers = plan.subscribers(SUBSCRIBERS)
    held: dict[str, int] = {}
    for peer in PEERS:
        work = f"{subscribers:,} compressed, one by one"
        try:
            held[peer.name] = _pace_held(peer, subscribers)
        except (AbsentError, RefusedError) as reason:
            part.rows.append(Row(work, peer.name, f"left out: {reason}"))
        else:
            part.rows.append(Row(work, f"pace held, {peer.name}", f"{held[peer.name]} events/s"))
    pace = Shape(max(1, min(held.values(), default=PACES[0]) // EASE))
    for peer in PEERS:
        if peer.name in held:
            _add(plan, part, peer, subscribers, pace)
    cheapest = min((each.measured.us_per_delivery for each in part.details), default=None)
    _add(plan, part, FULL, subscribers, pace, cheapest)
    _add(plan, part, FULL, subscribers, FULL_PACE)
    costs = {f"{each.server}: {each.work}": each.measured.us_per_delivery for each in part.details}
    part.charts.append(bars("compression-cost", "compressed, one core", "CPU per delivery, µs", costs))
    return part


def _pace_held(peer: Contender, subscribers: int) -> int:
    """The highest of the paces that a peer holds.

    Raises:
        RefusedError: if it holds none.
    """
    held = 0
    with peer.start() as server, Load(server.address, subscribers, windows=peer.windows) as load:
        for pace in PACES:
            if not _holds(server, load, Shape(pace)):
                break
            held = pace
    if not held:
        raise RefusedError(f"it doesn't hold {PACES[0]} events/s")
    return held


def _holds(server: Server, load: Load, shape: Shape) -> bool:
    try:
        measured = tried_again(lambda: measure_run(server, load, shape, TRY.warm_up_seconds, TRY.seconds))
        return check_pace(measured, shape).p99_ms <= HELD_P99_MS
    except RefusedError:
        return False


def _add(
    plan: Plan, part: Part, contender: Contender, subscribers: int, shape: Shape, limit_us: float | None = None
) -> None:
    work, figure = f"{subscribers:,} x {shape}", f"CPU per delivery, {contender.name}"

    def run() -> Measured:
        return check_pace(measure_run(server, load, shape, plan.warm_up_seconds, plan.seconds), shape)

    try:
        with contender.start() as server, Load(server.address, subscribers, windows=contender.windows) as load:
            measured = medians(run, plan.runs)
    except RefusedError as reason:
        part.rows.append(refused(work, reason))
        return
    part.details.append(Detail(contender.name, work, measured))
    each = measured.us_per_delivery
    if limit_us is None:
        part.rows.append(Row(work, figure, f"{each:.3g} µs"))
    else:
        part.rows.append(at_most(work, f"{figure}, the cheapest peer's", each, limit_us, "µs"))
