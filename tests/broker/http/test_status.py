"""The picture of the service."""

import pytest
from mirrored import live, mirrored, price
from msgspec import json
from reported import counts_of, report

from broker.http.standing import Standing
from broker.http.status import BookStatus, Rates, status
from broker.reports import TallyReport
from broker.timings import Stopwatch, Timings

MIRROR = mirrored([live("g1")], [price(-110.0)])


def timings(*seconds: float) -> Timings:
    stopwatch = Stopwatch()
    for each in seconds:
        stopwatch.note(each)
    return stopwatch.timings


def test_before_the_first_report_there_is_a_picture_of_nothing() -> None:
    picture = status(Standing(100, 2.0), mirrored([]), 5.0)
    assert (picture.fresh, picture.age_seconds, picture.uptime_seconds, picture.cap) == (False, None, 3.0, 100)
    assert (picture.workers, picture.books, picture.latency, picture.sweep_ms) == ((), (), None, None)
    assert json.decode(json.encode(picture))["dropped"] == {"drop": 0, "notify": 0, "resync": 0, "close": 0}


def test_rates_and_times_are_those_of_the_last_interval() -> None:
    standing = Standing(100, 0.0)
    first = counts_of(1, delivered=100, odds_sent_bytes=50, odds_plain_bytes=70, latency=timings(1.0), dropped=1)
    second = counts_of(
        1,
        delivered=300,
        odds_sent_bytes=250,
        odds_plain_bytes=470,
        latency=timings(1.0, 0.0015, 0.0015),
        sweeps=timings(0.003, 0.005),
        dropped=2,
    )
    standing.take(report(first, tally=TallyReport(events={"new_game": 5})), 10.0)
    standing.take(report(second, tally=TallyReport(events={"new_game": 5, "price_change": 10})), 12.0)
    picture = status(standing, MIRROR, 12.5)
    (worker,) = picture.workers
    assert worker.rates == Rates(100.0, 0.5, 200.0, 100.0)
    assert (picture.rates.deliveries, picture.rates.events) == (100.0, 5.0)
    assert picture.latency == worker.latency
    assert picture.latency
    assert (picture.latency.p50_ms, picture.latency.p99_ms) == pytest.approx((1.5, 1.99))
    assert (picture.sweep_ms, worker.sweep_ms) == pytest.approx((4.0, 4.0))


def test_an_idle_interval_has_no_times() -> None:
    standing = Standing(100, 0.0)
    for at in (10.0, 11.0):
        standing.take(report(counts_of(1, delivered=1, latency=timings(1.0), sweeps=timings(1.0))), at)
    picture = status(standing, MIRROR, 11.0)
    assert (picture.latency, picture.sweep_ms, picture.rates.deliveries) == (None, None, 0.0)


def test_workers_are_shown_one_by_one() -> None:
    standing = Standing(100, 0.0)
    standing.take(
        report(counts_of(1, live=2, odds=3, stalled=1, waiting_by={"drop": 4}, dropped_by={"drop": 5}), counts_of(2)),
        1.0,
    )
    picture = status(standing, MIRROR, 1.0)
    assert [(each.name, each.pid, each.live, each.odds) for each in picture.workers] == [
        ("worker-1", 1, 2, 3),
        ("worker-2", 2, 0, 0),
    ]
    assert (picture.workers[0].stalled, picture.workers[0].waiting) == (1, 4)
    assert (picture.waiting["drop"], picture.dropped["drop"], picture.subscribers.total) == (4, 5, 5)


def test_the_age_of_a_book_goes_on_while_the_broker_is_silent() -> None:
    standing = Standing(100, 0.0)
    standing.take(report(book_ages={"FanDuel": 1.0, "BetMGM": 2.0}, seq=7, games=3, prices=9, wal_bytes=11), 10.0)
    picture = status(standing, MIRROR, 14.0)
    assert picture.books == (BookStatus("BetMGM", 6.0), BookStatus("FanDuel", 5.0))
    assert not picture.fresh
    assert (picture.seq, picture.games, picture.live_games, picture.prices) == (7, 3, 1, 9)
    assert picture.journal.wal_bytes == 11
