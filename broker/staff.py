"""The workers that have registered with this broker, and what they have counted, those that are gone too. Pure."""

from collections.abc import Iterator

from msgspec.structs import replace

from broker.messages import Counts
from broker.reports import WorkerReport


class Staff:
    """The workers by process id."""

    def __init__(self) -> None:
        self._workers: dict[int, WorkerReport] = {}
        self.gone = Counts()
        """What those have counted that have ended, together."""

    def __iter__(self) -> Iterator[int]:
        return iter(self._workers)

    @property
    def reports(self) -> tuple[WorkerReport, ...]:
        """All who live."""
        return tuple(self._workers.values())

    @property
    def counts(self) -> Counts:
        """What all who live have counted together."""
        return sum((each.counts for each in self._workers.values() if each.counts), Counts())

    def hello(self, pid: int, name: str) -> None:
        """A worker has registered; what it has counted so far it tells later."""
        self._workers[pid] = WorkerReport(name, pid, None)

    def told(self, pid: int, counts: Counts) -> None:
        """A worker tells what it has counted since it started."""
        if worker := self._workers.get(pid):
            self._workers[pid] = WorkerReport(worker.name, pid, counts)

    def left(self, pid: int) -> None:
        """A worker's process has ended."""
        worker = self._workers.pop(pid, None)
        if worker and worker.counts:
            # Of what it had, nothing is there now; what it did stays done.
            self.gone += ended(worker.counts)


def ended(counts: Counts) -> Counts:
    """What remains of a worker's counts once it has ended: nobody is with it, and nothing waits there."""
    return replace(counts, live=0, odds=0, waiting_by={}, stalled=0)
