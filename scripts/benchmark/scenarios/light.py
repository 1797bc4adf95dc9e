"""Light load: latency is that of an immediate send. Every subscriber is timed."""

from benchmark.load import Load
from benchmark.peers.peer import PROGRAMS, AbsentError, Peer
from benchmark.plan import Plan
from benchmark.report import Chart, Detail, Line, Report, Row, at_most, refused
from benchmark.scenarios import ours
from benchmark.service import Service
from benchmark.shape import Shape
from benchmark.stand_in import StandIn
from benchmark.trial import Measured, RefusedError, Server, check_pace, measure, medians

SUBSCRIBERS = 100
SHAPE = Shape(100)
PART_OF_FASTEST = 1.3
PRODUCER_LIMIT_MS = 2.0
WORK = f"{SUBSCRIBERS} x {SHAPE}"


def run(plan: Plan, command: str) -> Report:
    """Measure us from the bus and from the producer, and each peer from its publish."""
    rows: list[Row] = []
    details: list[Detail] = []
    fastest: Detail | None = None
    for program in PROGRAMS:
        try:
            with Peer(program) as peer:
                detail = Detail(program.name, WORK, _measured(plan, peer))
        except (AbsentError, RefusedError) as reason:
            rows.append(Row(WORK, program.name, f"left out: {reason}"))
            continue
        details.append(detail)
        if fastest is None or detail.measured.p50_ms < fastest.measured.p50_ms:
            fastest = detail
    try:
        with StandIn() as stand_in:
            bus = Detail(f"{ours.NAME}, from the bus", WORK, _measured(plan, stand_in))
        with Service() as service:
            producer = Detail(f"{ours.NAME}, from the producer", WORK, _measured(plan, service))
    except RefusedError as reason:
        rows.append(refused(WORK, reason))
    else:
        details += [bus, producer]
        if fastest:
            figure, limit = f"p50 bus to client, 1.3 x {fastest.server}", PART_OF_FASTEST * fastest.measured.p50_ms
            rows.append(at_most(WORK, figure, bus.measured.p50_ms, limit, "ms"))
        rows.append(at_most(WORK, "p50 producer to client", producer.measured.p50_ms, PRODUCER_LIMIT_MS, "ms"))
    names = tuple(detail.server for detail in details)
    latencies = tuple(detail.measured.p50_ms for detail in details)
    line = Line("", tuple(float(place) for place in range(len(names))), latencies)
    chart = Chart("light", f"light load: {SUBSCRIBERS} subscribers, {SHAPE}", "p50 latency, ms", "", (line,), names)
    return Report("light", command, tuple(rows), tuple(details), (chart,))


def _measured(plan: Plan, server: Server) -> Measured:
    with Load(server.address, SUBSCRIBERS, probes=SUBSCRIBERS) as load:

        def run_once() -> Measured:
            return check_pace(measure(server, load, SHAPE, plan.warm_up_seconds, plan.seconds), SHAPE)

        return medians(run_once, plan.runs)
