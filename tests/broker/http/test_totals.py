"""Counts that only grow."""

from reported import counts_of, report

from broker.http.totals import KEPT_PROCESSES, Totals
from broker.messages import Counts
from broker.reports import TallyReport


def test_workers_add_up() -> None:
    totals = Totals()
    totals.take(report(counts_of(1, delivered=5, live=1), counts_of(2, delivered=7, odds=2)))
    assert (totals.counts.delivered, totals.counts.live, totals.counts.odds) == (12, 1, 2)


def test_a_worker_that_is_gone_still_counts_for_what_it_did() -> None:
    totals = Totals()
    totals.take(report(counts_of(1, delivered=5, live=3, stalled=1), counts_of(2, delivered=7)))
    totals.take(report(counts_of(2, delivered=8), counts_of(3, delivered=1), gone=Counts(delivered=5)))
    assert (totals.counts.delivered, totals.counts.live, totals.counts.stalled) == (14, 0, 0)


def test_who_ended_before_we_came_counts_too() -> None:
    totals = Totals()
    totals.take(report(counts_of(2, delivered=8), gone=Counts(delivered=100)))
    totals.take(report(counts_of(2, delivered=9), gone=Counts(delivered=100)))
    assert totals.counts.delivered == 109


def test_another_broker_changes_nothing_about_the_workers() -> None:
    totals = Totals()
    totals.take(report(counts_of(1, delivered=5), counts_of(2, delivered=7)))
    # The new one has heard of one worker, which has told it nothing yet; the other one ended meanwhile.
    totals.take(report(counts_of(1), incarnation=2))
    assert totals.counts.delivered == 12
    totals.take(report(counts_of(1, delivered=6), incarnation=2))
    assert totals.counts.delivered == 13


def test_brokers_add_up_one_after_the_other() -> None:
    totals = Totals()
    totals.take(report(tally=TallyReport(batches=2, events={"new_game": 1})))
    totals.take(report(tally=TallyReport(batches=3, events={"new_game": 2})))
    totals.take(report(tally=TallyReport(batches=1, events={"price_change": 4}), incarnation=2))
    assert (totals.tally.batches, totals.tally.events) == (4, {"new_game": 2, "price_change": 4})


def test_each_start_of_a_process_is_counted_once() -> None:
    totals = Totals()
    totals.take(report(counts_of(1), counts_of(2)))
    totals.take(report(counts_of(1), counts_of(3, name="worker-2"), incarnation=2))
    assert totals.starts == {"broker": 2, "worker-1": 1, "worker-2": 2}


def test_of_many_dead_workers_the_oldest_are_kept_as_one() -> None:
    totals = Totals()
    for pid in range(1, 2 * KEPT_PROCESSES):
        totals.take(report(counts_of(pid, delivered=1, live=1)))
        assert (totals.counts.delivered, totals.counts.live) == (pid, 1)
