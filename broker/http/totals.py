"""Counts that only grow, whatever process starts anew: what each has told last is kept, also when it is gone. Pure."""

from collections import Counter

from broker.messages import Counts
from broker.reports import Report, TallyReport
from broker.staff import ended

KEPT_PROCESSES = 256
"""Ended processes that are still told apart. One may come back to a new broker that hasn't heard of it yet."""


class Totals:
    """All workers, and all brokers one after the other."""

    def __init__(self) -> None:
        self._base = Counts()
        """Of workers that ended before the first report, or long ago."""
        self._workers: dict[int, Counts] = {}
        self._alive: set[int] = set()
        self._incarnation = 0
        self._ended_tally = TallyReport()
        """Of brokers that have ended."""
        self._tally = TallyReport()
        self.starts: Counter[str] = Counter()
        """Processes seen so far, by name."""
        self._seen: set[int] = set()
        self.counts = Counts()
        """Of all workers that there ever were; what is only so now is that of the living."""

    def take(self, report: Report) -> None:
        """The next report has come."""
        if report.incarnation != self._incarnation:
            if not self._incarnation:
                self._base = report.gone
            self._ended_tally = self._ended_tally + self._tally
            self._incarnation = report.incarnation
            self.starts["broker"] += 1
        self._tally = report.tally
        self._alive = {worker.pid for worker in report.workers}
        for worker in report.workers:
            if worker.pid not in self._seen:
                self._seen.add(worker.pid)
                self.starts[worker.name] += 1
            if worker.counts:
                # In the order of their last word, so that the first ones are those to be forgotten.
                self._workers.pop(worker.pid, None)
                self._workers[worker.pid] = worker.counts
        self._forget()
        told = (told if pid in self._alive else ended(told) for pid, told in self._workers.items())
        self.counts = sum(told, self._base)

    def of(self, pid: int) -> Counts | None:
        """What a worker told last, if it told anything: to whichever broker."""
        return self._workers.get(pid)

    @property
    def tally(self) -> TallyReport:
        """Of all brokers that there ever were."""
        return self._ended_tally + self._tally

    def _forget(self) -> None:
        for pid in tuple(self._workers)[: max(0, len(self._workers) - KEPT_PROCESSES)]:
            if pid not in self._alive:
                self._base += ended(self._workers.pop(pid))
