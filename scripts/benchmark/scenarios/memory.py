"""What an idle subscriber costs in memory."""

from benchmark import processes
from benchmark.load import Load
from benchmark.plan import Plan
from benchmark.report import Report, at_most
from benchmark.service import Service

FEW, MANY = 1_000, 15_000
LIMIT_BYTES = 8 * 1024


def run(plan: Plan, command: str) -> Report:
    """Measure the worker's resident memory with few and with many."""
    few, many = plan.subscribers(FEW), plan.subscribers(MANY)
    with Service() as service, Load(service.address, few, probes=0):
        before = processes.resident_bytes(service.pids)
        with Load(service.address, many - few, probes=0):
            after = processes.resident_bytes(service.pids)
    each = (after - before) / (many - few)
    row = at_most(f"{few:,} to {many:,} idle, one worker", "worker RSS per subscriber", each, LIMIT_BYTES, "bytes")
    return Report("memory", command, (row,))
