"""The broker's reports, made up."""

from typing import Any

from broker.messages import Counts
from broker.reports import Report, TallyReport, WorkerReport


def counts_of(pid: int, name: str = "", **counts: Any) -> WorkerReport:
    """A worker, that has told nothing yet if no counts are given."""
    return WorkerReport(name or f"worker-{pid}", pid, Counts(**counts) if counts else None)


def report(*workers: WorkerReport, **others: Any) -> Report:
    """A report, 0 for what isn't given."""
    values: dict[str, Any] = {
        "incarnation": 1,
        "number": 0,
        "seq": 0,
        "games": 0,
        "prices": 0,
        "seats_held": 0,
        "workers": workers,
        "gone": Counts(),
        "tally": TallyReport(),
        "book_ages": {},
        "wal_bytes": 0,
    }
    return Report(**(values | others))
