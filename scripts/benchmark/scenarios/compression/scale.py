"""Many subscribers at the full pace: compressed beside plain, and the full cap."""

from msgspec import Struct

from benchmark import realistic
from benchmark.load import NO_COMPRESSION
from benchmark.plan import Plan
from benchmark.report import Detail, Row, at_most, refused
from benchmark.scenarios import ours
from benchmark.scenarios.compression.contenders import FULL_WINDOW, SMALL_WINDOW
from benchmark.scenarios.compression.part import Part
from benchmark.shape import Shape
from benchmark.trial import Measured, RefusedError, median_of, tried_again

SHAPE = Shape(500)
SUBSCRIBERS = 10_000
CPU_TIMES_PLAIN = 1.1
FULL_CAP = 20_000
FULL_CAP_WORKERS = 2
"""A process may usually have 20,000 files open, so one worker hasn't room for all."""
FULL_CAP_P99_MS = 1_000


class Kind(Struct, frozen=True):
    """What clients offer."""

    name: str
    windows: tuple[int, ...]


PLAIN = Kind("plain", NO_COMPRESSION)
KINDS = (
    PLAIN,
    Kind("15 bits", FULL_WINDOW),
    Kind("12 bits", SMALL_WINDOW),
    Kind("half 15, half 12 bits", FULL_WINDOW + SMALL_WINDOW),
)
FULL = KINDS[1]


def measure(plan: Plan) -> Part:
    """Measure 10,000 of each kind, then the full cap."""
    part = Part()
    _beside_plain(plan, part)
    _full_cap(plan, part)
    return part


def _beside_plain(plan: Plan, part: Part) -> None:
    subscribers = plan.subscribers(SUBSCRIBERS)
    work = f"{subscribers:,} x {SHAPE}, 1 worker"
    runs: dict[str, list[Measured]] = {kind.name: [] for kind in KINDS}
    for _ in range(plan.runs):
        # In turns, so that all kinds have the same share of whatever else the machine does.
        for kind in KINDS:
            try:
                runs[kind.name].append(_run(plan, subscribers, kind, 1))
            except RefusedError as reason:
                part.rows.append(refused(f"{work}, {kind.name}", reason))
    found = {name: median_of(measured) for name, measured in runs.items() if len(measured) == plan.runs}
    part.details += [Detail(ours.NAME, f"{work}, {name}", measured) for name, measured in found.items()]
    plain = found.pop(PLAIN.name, None)
    if plain is None:
        return
    for name, measured in found.items():
        limit = CPU_TIMES_PLAIN * plain.server_cpu
        part.rows.append(at_most(f"{work}, {name}", "worker CPU, plain + 10 %", measured.server_cpu, limit, "cores"))
        part.rows.append(at_most(f"{work}, {name}", "p99, plain's", measured.p99_ms, plain.p99_ms, "ms"))


def _full_cap(plan: Plan, part: Part) -> None:
    subscribers = plan.subscribers(FULL_CAP)
    work = f"{subscribers:,} x {SHAPE}, {FULL_CAP_WORKERS} workers, {FULL.name}"
    try:
        measured = median_of([_run(plan, subscribers, FULL, FULL_CAP_WORKERS) for _ in range(plan.runs)])
    except RefusedError as reason:
        part.rows.append(refused(work, reason))
        return
    part.details.append(Detail(ours.NAME, work, measured))
    pace = f"{measured.deliveries_per_second:,.0f} deliveries/s"
    part.rows += [
        Row(work, "none missing", pace, "all delivered, none dropped", met=True),
        at_most(work, "p99, ingest to client", measured.p99_ms, FULL_CAP_P99_MS, "ms"),
        Row(work, "on the wire", f"{measured.gbit_per_second:.2f} Gbit/s instead of {_plain_gbit(measured):.1f}"),
        Row(work, "what the clients cost", f"{measured.clients_cpu:.2f} cores"),
    ]


def _plain_gbit(measured: Measured) -> float:
    """What the same deliveries would be without compression, in Gbit/s."""
    material = realistic.material()
    each = material.frame_bytes(len(material.changes)) / len(material.changes)
    return measured.deliveries_per_second * each * 8 / 1e9


def _run(plan: Plan, subscribers: int, kind: Kind, workers: int) -> Measured:
    return tried_again(
        lambda: ours.measured_once(
            plan, subscribers, SHAPE, workers, material=realistic.material(), windows=kind.windows
        )
    )
