"""What Prometheus is told: one table of all metrics, and nothing else names one."""

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple, get_args

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from broker import closing
from broker.events import Event
from broker.http.standing import Standing
from broker.messages import Counts
from broker.timings import BOUNDS_SECONDS, Timings
from workers.refusals import LABELS
from workers.subscriber import ON_LAG

PREFIX = "books_relayer_"

EVENT_TYPES = tuple(str(each.__struct_config__.tag) for each in get_args(Event))

Sample = tuple[tuple[str, ...], float]
"""Values of the labels, and the metric's."""
Read = Callable[[Standing, float], Iterable[Sample]]
"""Reads a metric's samples; the second argument is the time, in seconds of the standing's clock."""


class Metric(NamedTuple):
    """One metric; a counter's name is exported with `_total` at its end.

    Args:
        name: without the prefix that all have.
        help: one line.
        labels: their names.
        read: gives the samples.
    """

    name: str
    help: str
    labels: tuple[str, ...]
    read: Read


class Histogram(NamedTuple):
    """One histogram, of seconds; its fields likewise."""

    name: str
    help: str
    read: Callable[[Standing], Timings]


def _one(value: float) -> Iterable[Sample]:
    return [((), value)]


def _by_label(counts: dict[str, int], known: Iterable[str] = ()) -> Iterable[Sample]:
    """What isn't counted yet is 0 and not absent, as far as it is known: a rate can then be told from its first one."""
    return [((label,), count) for label, count in sorted((dict.fromkeys(known, 0) | counts).items())]


def _subscribers(standing: Standing, _now: float) -> Iterator[Sample]:
    for name, of_name in _workers(standing).items():
        yield ("live", name), sum(counts.live for counts in of_name)
        yield ("odds", name), sum(counts.odds for counts in of_name)


def _stalled(standing: Standing, _now: float) -> Iterator[Sample]:
    for name, of_name in _workers(standing).items():
        yield (name,), sum(counts.stalled for counts in of_name)


def _seats(standing: Standing, _now: float) -> Iterable[Sample]:
    seats = standing.seats
    return [(("taken",), seats.taken), (("spare",), seats.spare), (("free",), seats.free)]


def _bytes(standing: Standing, _now: float) -> Iterable[Sample]:
    counts = standing.counts
    return [
        (("live", "plain"), counts.live_plain_bytes),
        (("live", "sent"), counts.live_sent_bytes),
        (("odds", "plain"), counts.odds_plain_bytes),
        (("odds", "sent"), counts.odds_sent_bytes),
    ]


def _closed(standing: Standing, _now: float) -> Iterable[Sample]:
    codes = {each.label: str(each.code) for each in closing.ALL} | dict.fromkeys((closing.BY_CLIENT, closing.LOST), "")
    counts = dict.fromkeys(codes, 0) | standing.counts.closed
    return [((codes.get(label, ""), label), count) for label, count in sorted(counts.items())]


def _observations(standing: Standing, _now: float) -> Iterable[Sample]:
    tally = standing.totals.tally
    return [(("accepted",), tally.accepted), (("rejected",), tally.rejected)]


def _book_ages(standing: Standing, now: float) -> Iterable[Sample]:
    since = standing.age(now) or 0.0
    ages = standing.report.book_ages if standing.report else {}
    return [((book,), age + since) for book, age in sorted(ages.items())]


def _workers(standing: Standing) -> dict[str, list[Counts]]:
    """Counts of those that live, by name: while one is renewed there are two of a name."""
    named: dict[str, list[Counts]] = {}
    for worker in standing.report.workers if standing.report else ():
        # To a broker that has just started it may have told nothing yet; to the one before it, it did.
        named.setdefault(worker.name, []).append(standing.totals.of(worker.pid) or Counts())
    return named


GAUGES = (
    Metric("up", "Whether the broker reports.", (), lambda s, now: _one(s.is_fresh(now))),
    Metric("cap", "Subscribers that may be connected.", (), lambda s, _: _one(s.cap)),
    Metric("subscribers", "Subscribers that are connected.", ("channel", "worker"), _subscribers),
    Metric("seats", "Seats by whose they are.", ("state",), _seats),
    Metric("stalled_subscribers", "Subscribers whose socket takes no more for now.", ("worker",), _stalled),
    Metric(
        "queue_events",
        "Events that wait for subscribers whose socket takes no more, by what these want done when some are dropped.",
        ("on_lag",),
        lambda s, _: _by_label(s.counts.waiting_by, ON_LAG),
    ),
    Metric("stream_seq", "The last sequence number.", (), lambda s, _: _one(s.report.seq if s.report else 0)),
    Metric("games", "Games in the state.", (), lambda s, _: _one(s.report.games if s.report else 0)),
    Metric("prices", "Prices in the state.", (), lambda s, _: _one(s.report.prices if s.report else 0)),
    Metric(
        "journal_wal_bytes",
        "Size of the journal's write-ahead log: how far its database file may be behind.",
        (),
        lambda s, _: _one(s.report.wal_bytes if s.report else 0),
    ),
    Metric("observation_age_seconds", "Time since the last observation of a book.", ("book",), _book_ages),
)
COUNTERS = (
    Metric("batches", "Batches taken from producers.", (), lambda s, _: _one(s.totals.tally.batches)),
    Metric("observations", "Observations in them.", ("result",), _observations),
    Metric("events", "Events emitted.", ("type",), lambda s, _: _by_label(s.totals.tally.events, EVENT_TYPES)),
    Metric("deliveries", "Events written to subscribers.", (), lambda s, _: _one(s.counts.delivered)),
    Metric(
        "event_bytes",
        "Bytes of the events written: as they would be without compression, and as they were sent.",
        ("channel", "form"),
        _bytes,
    ),
    Metric(
        "dropped_events",
        "Events dropped for slow subscribers, by what these want done then.",
        ("on_lag",),
        lambda s, _: _by_label(s.counts.dropped_by, ON_LAG),
    ),
    Metric("overrun_events", "Events lost because a worker was too slow.", (), lambda s, _: _one(s.counts.overrun)),
    Metric(
        "refused_handshakes", "Handshakes turned away.", ("reason",), lambda s, _: _by_label(s.counts.refused, LABELS)
    ),
    Metric("closed_connections", "Subscribers that have left, by close code and why.", ("code", "reason"), _closed),
    Metric(
        "process_starts",
        "Processes seen: each beyond the first one of a name is a restart.",
        ("process",),
        lambda s, _: _by_label(s.totals.starts),
    ),
)
HISTOGRAMS = (
    Histogram(
        "ingest_to_socket_seconds",
        "Age of a commit when a worker had written it to its subscribers.",
        lambda s: s.counts.latency,
    ),
    Histogram("sweep_seconds", "Length of the workers' sweeps over their subscribers.", lambda s: s.counts.sweeps),
    Histogram("journal_write_seconds", "Length of the journal's transactions.", lambda s: s.totals.tally.writes),
)


class StandingCollector(Collector):
    """Makes families of samples out of the table.

    Args:
        standing: how the service stands.
        clock: its steady clock, in seconds.
    """

    def __init__(self, standing: Standing, clock: Callable[[], float]) -> None:
        self._standing = standing
        self._clock = clock

    def collect(self) -> Iterator[Family]:
        """Read all metrics."""
        now = self._clock()
        for metric in GAUGES:
            yield self._filled(GaugeMetricFamily(PREFIX + metric.name, metric.help, labels=metric.labels), metric, now)
        for metric in COUNTERS:
            yield self._filled(
                CounterMetricFamily(PREFIX + metric.name, metric.help, labels=metric.labels), metric, now
            )
        for histogram in HISTOGRAMS:
            timings = histogram.read(self._standing)
            family = HistogramMetricFamily(PREFIX + histogram.name, histogram.help, labels=())
            family.add_metric((), _cumulative(timings), timings.seconds)
            yield family

    def _filled(
        self, family: GaugeMetricFamily | CounterMetricFamily, metric: Metric, now: float
    ) -> GaugeMetricFamily | CounterMetricFamily:
        for labels, value in metric.read(self._standing, now):
            family.add_metric(labels, value)
        return family


def exposition(standing: Standing, clock: Callable[[], float]) -> bytes:
    """All metrics in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StandingCollector(standing, clock))
    return generate_latest(registry)


def _cumulative(timings: Timings) -> list[tuple[str, float]]:
    bounds = [*map(str, BOUNDS_SECONDS), "+Inf"]
    return list(zip(bounds, accumulate(timings.buckets), strict=True))
