"""What compression costs in memory, per subscriber: a compressor for each, or next to nothing."""

from statistics import median

from benchmark import processes
from benchmark.load import Expected, Load
from benchmark.peers.peer import AbsentError
from benchmark.plan import Plan
from benchmark.report import Row, at_most
from benchmark.scenarios.compression.contenders import FULL, PEERS, PLAIN, SMALL, Contender
from benchmark.scenarios.compression.part import Part, bars
from benchmark.shape import Shape
from benchmark.trial import RefusedError, Server

FEW = 200
"""There before memory is looked at, and with them what a server has once for all."""
MANY = 2_000
OUR_FEW, OUR_MANY = 1_000, 10_000
"""More of our own, for the few KB of each to be told from the rest."""
SHAPE = Shape(5)
FLOW_SECONDS = 2.0
"""Of events, for compressors that are only made when they are needed."""
LIMIT_BYTES = 1024


def measure(plan: Plan) -> Part:
    """Measure each server's resident memory with few and with many subscribers that have got some events."""
    part = Part()
    each: dict[str, float] = {}
    for contender in (PLAIN, FULL, SMALL):
        each[contender.name] = median(_bytes_each(plan, contender, OUR_FEW, OUR_MANY) for _ in range(plan.runs))
    work = f"{plan.subscribers(OUR_FEW):,} to {plan.subscribers(OUR_MANY):,}, one worker"
    for contender in (FULL, SMALL):
        figure, limit = f"memory per subscriber, {contender.name}; plain's + 1 KiB", each[PLAIN.name] + LIMIT_BYTES
        part.rows.append(at_most(work, figure, each[contender.name], limit, "bytes"))
    work = f"{plan.subscribers(FEW):,} to {plan.subscribers(MANY):,}"
    for peer in PEERS:
        figure = f"memory per subscriber, {peer.name}"
        try:
            each[peer.name] = _bytes_each(plan, peer, FEW, MANY)
        except (AbsentError, RefusedError) as reason:
            part.rows.append(Row(work, figure, f"left out: {reason}"))
        else:
            part.rows.append(Row(work, figure, f"{each[peer.name]:,.0f} bytes"))
    part.charts.append(bars("compression-memory", "compressed", "server memory per subscriber, bytes", each))
    return part


def _bytes_each(plan: Plan, contender: Contender, few: int, many: int) -> float:
    few, many = plan.subscribers(few), plan.subscribers(many)
    with contender.start() as server, Load(server.address, few, windows=contender.windows) as first:
        sent = _flow(server, first, 0)
        before = processes.resident_bytes(server.pids)
        with Load(server.address, many - few, windows=contender.windows) as rest:
            _flow(server, rest, sent)
            after = processes.resident_bytes(server.pids)
    return (after - before) / (many - few)


def _flow(server: Server, load: Load, sent_before: int) -> int:
    """Send some events, and wait until all have come; returns how many were sent so far."""
    server.begin(SHAPE, FLOW_SECONDS)
    sent = server.finish()
    frame_bytes = server.material.frame_bytes(sent) - server.material.frame_bytes(sent_before)
    if fault := load.fault(Expected(sent - sent_before, frame_bytes)):
        raise RefusedError(fault)
    return sent
