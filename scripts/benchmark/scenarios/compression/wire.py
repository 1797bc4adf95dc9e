"""What an event is on the wire, counted at the clients' sockets, without handshakes and greetings."""

from benchmark import realistic
from benchmark.load import Expected, Load
from benchmark.peers.peer import AbsentError
from benchmark.plan import Plan
from benchmark.report import Chart, Row
from benchmark.scenarios.compression.contenders import FULL, PEERS, SMALL, Contender
from benchmark.scenarios.compression.part import Part, bars
from benchmark.shape import Shape
from benchmark.trial import RefusedError, Server

SUBSCRIBERS = 20
SHAPE = Shape(500)
WORK = f"made-up odds, {SHAPE}"
RECORDED = {FULL.name: "recorded NFL days 13.5, baseball 13.2", SMALL.name: "recorded NFL days 9.4, baseball 8.8"}
"""What the same compressor makes of the events of recorded games. Those can't be handed on, so others are sent here."""
LEAST_TIMES = {FULL.name: 10.0, SMALL.name: 8.0}


def measure(plan: Plan) -> Part:
    """Measure each way to send them."""
    part = Part()
    material = realistic.material()
    sizes = {"plain": material.frame_bytes(len(material.changes)) / len(material.changes)}
    part.rows.append(Row(WORK, "bytes per event, plain", f"{sizes['plain']:.1f}"))
    for contender in (FULL, SMALL, *PEERS):
        try:
            size, times = _measured(plan, contender)
        except (AbsentError, RefusedError) as reason:
            part.rows.append(Row(WORK, contender.name, f"left out: {reason}"))
            continue
        sizes[contender.name] = size
        part.rows.append(_row(contender.name, size, times))
    part.charts.append(_chart(sizes))
    return part


def _measured(plan: Plan, contender: Contender) -> tuple[float, float]:
    """Bytes per event, and how many times fewer than plain."""
    with contender.start() as server, Load(server.address, SUBSCRIBERS, windows=contender.windows) as load:
        # So that all have passed a reset: before it they get plain events.
        before, bytes_before = _sent(server, load, plan.warm_up_seconds)
        after, bytes_after = _sent(server, load, plan.seconds)
    got = (bytes_after - bytes_before) / load.subscribers
    plain = server.material.frame_bytes(after) - server.material.frame_bytes(before)
    return got / (after - before), plain / got


def _sent(server: Server, load: Load, seconds: float) -> tuple[int, int]:
    """Events sent so far, and what they were at all sockets together, once all have come."""
    server.begin(SHAPE, seconds)
    events = server.finish()
    if fault := load.fault(Expected(events, server.material.frame_bytes(events))):
        raise RefusedError(fault)
    return events, load.frame_bytes()


def _row(name: str, size: float, times: float) -> Row:
    figure, measured = f"bytes per event, {name}", f"{size:.1f}, {times:.1f} times fewer"
    if name not in RECORDED:
        return Row(WORK, figure, measured)
    least = LEAST_TIMES[name]
    return Row(WORK, figure, f"{measured} ({RECORDED[name]})", f"≥ {least:.0f} times fewer", times >= least)


def _chart(sizes: dict[str, float]) -> Chart:
    return bars("compression-bytes", WORK, "bytes per event on the wire", sizes)
