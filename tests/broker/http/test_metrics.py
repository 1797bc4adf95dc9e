"""What Prometheus is told, read back by the parser of its own client."""

from prometheus_client.parser import text_string_to_metric_families
from reported import counts_of, report

from broker import closing
from broker.http.metrics import COUNTERS, GAUGES, HISTOGRAMS, PREFIX, exposition
from broker.http.standing import Standing
from broker.messages import Counts
from broker.reports import TallyReport
from broker.timings import BOUNDS_SECONDS, Stopwatch
from workers.refusals import LABELS

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(standing: Standing, now: float = 1.0) -> Samples:
    families = text_string_to_metric_families(exposition(standing, lambda: now).decode())
    return {(each.name, tuple(sorted(each.labels.items()))): each.value for one in families for each in one.samples}


def value(standing: Standing, name: str, now: float = 1.0, **labels: str) -> float:
    return samples(standing, now)[PREFIX + name, tuple(sorted(labels.items()))]


def standing_with(*workers: object, **others: object) -> Standing:
    standing = Standing(20_000, 0.0)
    standing.take(report(*workers, **others), 1.0)  # type: ignore[arg-type]
    return standing


def test_every_metric_of_the_table_is_exposed_before_anything_happened() -> None:
    families = {
        each.name for each in text_string_to_metric_families(exposition(Standing(5, 0.0), lambda: 0.0).decode())
    }
    assert families == {PREFIX + each.name for each in (*GAUGES, *COUNTERS, *HISTOGRAMS)}


def test_names_are_unique_and_seconds_and_bytes_are_named() -> None:
    names = [each.name for each in (*GAUGES, *COUNTERS, *HISTOGRAMS)]
    assert len(set(names)) == len(names)
    assert all(each.name.endswith("_seconds") for each in HISTOGRAMS)
    assert not any(each.name.endswith("_total") for each in COUNTERS)


def test_a_broker_that_has_just_started_makes_nobody_disappear() -> None:
    standing = standing_with(counts_of(1, live=3, delivered=1_000))
    standing.take(report(counts_of(1), incarnation=2), 2.0)
    assert value(standing, "subscribers", channel="live", worker="worker-1") == 3
    standing.take(report(counts_of(1, live=3, delivered=1_010), incarnation=2), 3.0)
    assert standing.earlier and standing.latest
    assert standing.latest.workers[1].delivered - standing.earlier.workers[1].delivered == 10


def test_no_reason_is_absent_before_the_first_refusal() -> None:
    standing = standing_with(counts_of(1))
    assert all(value(standing, "refused_handshakes_total", reason=label) == 0 for label in LABELS)


def test_subscribers_are_told_by_channel_and_worker() -> None:
    standing = standing_with(
        counts_of(1, live=1, odds=2),
        counts_of(2, live=4, odds=8),
        counts_of(3, name="worker-2", live=16),
        seats_held=64,
    )
    assert value(standing, "subscribers", channel="odds", worker="worker-1") == 2
    # Two of a name while one is renewed.
    assert value(standing, "subscribers", channel="live", worker="worker-2") == 20
    assert value(standing, "seats", state="taken") == 31
    assert value(standing, "seats", state="spare") == 33
    assert value(standing, "seats", state="free") == 19_936
    assert (value(standing, "cap"), value(standing, "up")) == (20_000, 1)
    assert value(standing, "up", now=10.0) == 0


def test_counters_sum_up_workers_also_those_gone() -> None:
    standing = standing_with(
        counts_of(1, delivered=1, dropped_by={"notify": 2}, refused={"cap": 3}, closed={"key_revoked": 4, "lost": 5}),
        counts_of(2, delivered=10, odds_plain_bytes=100, odds_sent_bytes=10, overrun=6),
        gone=Counts(delivered=100, closed={"lost": 50}),
    )
    standing.take(report(counts_of(2, delivered=10)), 2.0)
    assert value(standing, "deliveries_total") == 111
    assert value(standing, "dropped_events_total", on_lag="notify") == 2
    assert value(standing, "dropped_events_total", on_lag="drop") == 0
    assert value(standing, "refused_handshakes_total", reason="cap") == 3
    assert value(standing, "closed_connections_total", code="1008", reason="key_revoked") == 4
    assert value(standing, "closed_connections_total", code="", reason="lost") == 55
    assert value(standing, "process_starts_total", process="worker-1") == 1


def test_every_way_to_close_is_there_from_the_start() -> None:
    shown = samples(Standing(5, 0.0))
    for each in closing.ALL:
        labels = (("code", str(each.code)), ("reason", each.label))
        assert shown[PREFIX + "closed_connections_total", labels] == 0


def test_what_the_broker_counts() -> None:
    writes = Stopwatch()
    writes.note(0.0003)
    tally = TallyReport(2, 30, 4, {"price_change": 5}, writes.timings)
    standing = standing_with(tally=tally, seq=9, games=3, prices=7, wal_bytes=4096)
    assert value(standing, "batches_total") == 2
    assert value(standing, "observations_total", result="accepted") == 30
    assert value(standing, "observations_total", result="rejected") == 4
    assert value(standing, "events_total", type="price_change") == 5
    assert value(standing, "events_total", type="game_final") == 0
    assert value(standing, "stream_seq") == 9
    assert (value(standing, "games"), value(standing, "prices")) == (3, 7)
    assert value(standing, "journal_wal_bytes") == 4096
    assert value(standing, "journal_write_seconds_count") == 1


def test_histograms_are_cumulative() -> None:
    latency = Stopwatch()
    for seconds in (0.0001, 0.0015, 100.0):
        latency.note(seconds)
    standing = standing_with(counts_of(1, latency=latency.timings))
    shown = [value(standing, "ingest_to_socket_seconds_bucket", le=str(bound)) for bound in (*BOUNDS_SECONDS, "+Inf")]
    assert shown[:5] == [1, 1, 1, 2, 2]
    assert shown[-2:] == [2, 3]
    assert value(standing, "ingest_to_socket_seconds_sum") == latency.timings.seconds


def test_a_book_ages_while_nobody_reports() -> None:
    standing = standing_with(book_ages={"BetMGM": 2.0})
    assert value(standing, "observation_age_seconds", now=4.0, book="BetMGM") == 5.0
