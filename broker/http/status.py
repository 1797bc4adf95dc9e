"""The answer to /status: one picture of the service for people, in numbers that programs can read. Pure."""

from msgspec import Struct
from msgspec.structs import asdict

from broker.http.mirror import Mirror
from broker.http.standing import Mark, Seats, Standing, Subscribers, since
from broker.messages import Counts
from broker.reports import WorkerReport
from broker.timings import Timings
from workers.subscriber import ON_LAG


class Rates(Struct, frozen=True):
    """A second, over the last interval; bytes as they would be without compression, and as they were sent."""

    deliveries: float = 0.0
    drops: float = 0.0
    plain_bytes: float = 0.0
    sent_bytes: float = 0.0


class ServiceRates(Rates, frozen=True):
    """Likewise, with the events that were emitted."""

    events: float = 0.0


class Latency(Struct, frozen=True):
    """From the broker's first look at a batch to the end of the sweep that carried it."""

    p50_ms: float
    p99_ms: float


class Journal(Struct, frozen=True):
    """What the broker writes: the log's size, and how long its transactions took since it started."""

    wal_bytes: int = 0
    write_p99_ms: float | None = None


class WorkerStatus(Struct, frozen=True):
    """One worker; counts are those since it started."""

    name: str
    pid: int
    live: int
    odds: int
    stalled: int
    waiting: int
    delivered: int
    dropped: int
    overrun: int
    plain_bytes: int
    sent_bytes: int
    rates: Rates
    latency: Latency | None
    sweep_ms: float | None


class BookStatus(Struct, frozen=True):
    """How long ago anything was last observed of a book."""

    book: str
    age_seconds: float


class Status(Struct, frozen=True):
    """The whole picture; `age_seconds` is that of the broker's last report, None before the first."""

    fresh: bool
    age_seconds: float | None
    uptime_seconds: float
    cap: int
    seats: Seats
    subscribers: Subscribers
    seq: int
    games: int
    live_games: int
    prices: int
    rates: ServiceRates
    latency: Latency | None
    sweep_ms: float | None
    journal: Journal
    events: dict[str, int]
    refused: dict[str, int]
    closed: dict[str, int]
    dropped: dict[str, int]
    waiting: dict[str, int]
    workers: tuple[WorkerStatus, ...]
    books: tuple[BookStatus, ...]


def status(standing: Standing, mirror: Mirror, now: float) -> Status:
    """Draw the picture.

    Args:
        standing: by the broker's reports.
        mirror: the state.
        now: seconds of the steady clock of `standing`.
    """
    report, totals, age = standing.report, standing.totals, standing.age(now)
    counts, tally = totals.counts, totals.tally
    earlier, latest = standing.earlier, standing.latest
    seconds = latest.at - earlier.at if earlier and latest else 0.0
    recent = since(latest.total, earlier.total) if earlier and latest else Counts()
    return Status(
        fresh=standing.is_fresh(now),
        age_seconds=age,
        uptime_seconds=now - standing.started_at,
        cap=standing.cap,
        seats=standing.seats,
        subscribers=standing.subscribers,
        seq=report.seq if report else 0,
        games=report.games if report else 0,
        live_games=sum(game.scores.is_live for game in mirror.games.values()),
        prices=report.prices if report else 0,
        rates=_service_rates(recent, latest.events - earlier.events if earlier and latest else 0, seconds),
        latency=_latency(recent.latency),
        sweep_ms=_ms(recent.sweeps.mean),
        journal=Journal(report.wal_bytes if report else 0, _ms(tally.writes.quantile(0.99))),
        events=tally.events,
        refused=counts.refused,
        closed=counts.closed,
        dropped=dict.fromkeys(ON_LAG, 0) | counts.dropped_by,
        waiting=dict.fromkeys(ON_LAG, 0) | counts.waiting_by,
        workers=tuple(
            _worker(worker, totals.of(worker.pid), earlier, latest) for worker in (report.workers if report else ())
        ),
        books=tuple(
            BookStatus(book, seconds + (age or 0.0))
            for book, seconds in sorted(report.book_ages.items() if report else ())
        ),
    )


def _worker(worker: WorkerReport, told: Counts | None, earlier: Mark | None, latest: Mark | None) -> WorkerStatus:
    counts = told or Counts()
    recent, seconds = Counts(), 0.0
    if earlier and latest and worker.pid in latest.workers:
        recent, seconds = since(latest.workers[worker.pid], earlier.workers.get(worker.pid)), latest.at - earlier.at
    return WorkerStatus(
        name=worker.name,
        pid=worker.pid,
        live=counts.live,
        odds=counts.odds,
        stalled=counts.stalled,
        waiting=sum(counts.waiting_by.values()),
        delivered=counts.delivered,
        dropped=counts.dropped,
        overrun=counts.overrun,
        plain_bytes=counts.live_plain_bytes + counts.odds_plain_bytes,
        sent_bytes=counts.live_sent_bytes + counts.odds_sent_bytes,
        rates=_rates(recent, seconds),
        latency=_latency(recent.latency),
        sweep_ms=_ms(recent.sweeps.mean),
    )


def _rates(recent: Counts, seconds: float) -> Rates:
    if not seconds:
        return Rates()
    return Rates(
        deliveries=recent.delivered / seconds,
        drops=recent.dropped / seconds,
        plain_bytes=(recent.live_plain_bytes + recent.odds_plain_bytes) / seconds,
        sent_bytes=(recent.live_sent_bytes + recent.odds_sent_bytes) / seconds,
    )


def _service_rates(recent: Counts, events: int, seconds: float) -> ServiceRates:
    return ServiceRates(**asdict(_rates(recent, seconds)), events=events / seconds if seconds else 0.0)


def _latency(recent: Timings) -> Latency | None:
    p50, p99 = _ms(recent.quantile(0.5)), _ms(recent.quantile(0.99))
    return None if p50 is None or p99 is None else Latency(p50, p99)


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else 1000 * seconds
