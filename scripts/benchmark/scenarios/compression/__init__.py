"""Events compressed once for all, beside compression for each connection and none: bytes, cost, and the full cap."""

from benchmark.plan import Plan
from benchmark.report import Report
from benchmark.scenarios.compression import cost, memory, scale, wire


def run(plan: Plan, command: str) -> Report:
    """Measure all of it."""
    parts = (wire.measure(plan), cost.measure(plan), memory.measure(plan), scale.measure(plan))
    return Report(
        "compression",
        command,
        tuple(row for part in parts for row in part.rows),
        tuple(detail for part in parts for detail in part.details),
        tuple(chart for part in parts for chart in part.charts),
    )
