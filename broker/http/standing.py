"""How the service stands, by the broker's last reports: for /health, /readyz, /status and /metrics. Pure."""

from typing import NamedTuple

from msgspec import Struct

from broker.http.totals import Totals
from broker.messages import Counts
from broker.reports import Report

STALE_SECONDS = 3.0
"""Reports come every second: with none for so long, nothing is known of how things are."""
INTERVAL_SECONDS = 0.9
"""Rates are those between two reports at least so far apart; there are others out of turn."""


class Mark(NamedTuple):
    """All counts at one moment.

    Args:
        at: seconds of a steady clock.
        total: of all workers.
        workers: of each that lives, by process id.
        events: emitted by the broker.
    """

    at: float
    total: Counts
    workers: dict[int, Counts]
    events: int


class Subscribers(Struct, frozen=True):
    """Those who are connected."""

    total: int = 0
    live: int = 0
    odds: int = 0


class Seats(Struct, frozen=True):
    """Whose they are: `held` by workers, `taken` by subscribers or `spare`; the others are `free`."""

    held: int = 0
    taken: int = 0
    spare: int = 0
    free: int = 0


class Standing:
    """What is known.

    Args:
        cap: seats in total.
        started_at: when the service started, in seconds of a steady clock.
    """

    def __init__(self, cap: int, started_at: float) -> None:
        self.cap = cap
        self.started_at = started_at
        self.totals = Totals()
        self.report: Report | None = None
        self.is_draining = False
        """The service has been told to end."""
        self._reported_at = 0.0
        self.earlier: Mark | None = None
        self.latest: Mark | None = None
        """Two moments about a second apart, when there have been two."""

    def take(self, report: Report, now: float) -> None:
        """The next report has come."""
        self.report, self._reported_at = report, now
        self.totals.take(report)
        if self.latest and now - self.latest.at < INTERVAL_SECONDS:
            return
        told = {worker.pid: self.totals.of(worker.pid) for worker in report.workers}
        workers = {pid: counts for pid, counts in told.items() if counts}
        events = sum(self.totals.tally.events.values())
        self.earlier, self.latest = self.latest, Mark(now, self.totals.counts, workers, events)

    def age(self, now: float) -> float | None:
        """Seconds since the last report, None if there was none."""
        return now - self._reported_at if self.report else None

    def is_fresh(self, now: float) -> bool:
        """Whether the last report tells how things are now."""
        age = self.age(now)
        return age is not None and age < STALE_SECONDS

    @property
    def counts(self) -> Counts:
        """Of all workers."""
        return self.totals.counts

    @property
    def subscribers(self) -> Subscribers:
        """Those who are connected."""
        counts = self.counts
        return Subscribers(counts.live + counts.odds, counts.live, counts.odds)

    @property
    def seats(self) -> Seats:
        """Whose the seats are."""
        held = self.report.seats_held if self.report else 0
        taken = min(held, self.subscribers.total)
        return Seats(held, taken, held - taken, max(0, self.cap - held))

    def health(self, now: float) -> tuple[bool, str]:
        """Whether the service is well, and that in a line, as version 1 of the public API has it."""
        seen = self.subscribers
        figures = f"total={seen.total} live={seen.live} odds={seen.odds} cap={self.cap}"
        if self.is_fresh(now):
            return True, f"ok {figures}"
        age = self.age(now)
        silence = "the broker has not reported yet" if age is None else f"the broker is silent for {age:.0f} s"
        return False, f"{silence}; last known {figures}"

    def readiness(self, now: float) -> tuple[bool, str]:
        """Whether subscribers are welcome, and that in a line."""
        if self.is_draining:
            return False, "the service ends"
        if self.report is None or not self.is_fresh(now):
            return False, self.health(now)[1]
        if not any(worker.counts for worker in self.report.workers):
            return False, "no worker is ready"
        return True, "ready"


def since(later: Counts, before: Counts | None) -> Counts:
    """What a worker has counted since an earlier moment; of one that wasn't there then, since it started."""
    before = before or Counts()
    return Counts(
        delivered=later.delivered - before.delivered,
        dropped=later.dropped - before.dropped,
        live_plain_bytes=later.live_plain_bytes - before.live_plain_bytes,
        live_sent_bytes=later.live_sent_bytes - before.live_sent_bytes,
        odds_plain_bytes=later.odds_plain_bytes - before.odds_plain_bytes,
        odds_sent_bytes=later.odds_sent_bytes - before.odds_sent_bytes,
        sweeps=later.sweeps - before.sweeps,
        latency=later.latency - before.latency,
    )
