"""What the broker counts of its work."""

from builders import NOW_MS, game, pull, quote, seen

from broker.observations import Rejection
from broker.state import State
from broker.tally import FORGET_BOOK_SECONDS, Tally


def test_durable_batches_are_counted_with_what_became_of_them() -> None:
    state, tally = State(), Tally((), 0.0)
    first = state.take([seen(game(status="live")), quote(-110.0), quote(50.0)], NOW_MS)
    second = state.take([quote(-120.0), Rejection(1, "unreadable")], NOW_MS)
    tally.took([first, second])
    report = tally.report
    assert (report.batches, report.accepted, report.rejected) == (2, 3, 2)
    assert report.events == {"new_game": 1, "status_change": 1, "price_change": 2}


def test_transactions_are_timed() -> None:
    tally = Tally((), 0.0)
    tally.wrote(0.5)
    tally.wrote(0.25)
    assert (tally.report.writes.count, tally.report.writes.seconds) == (2, 0.75)


def test_a_book_is_seen_with_each_quote_and_pull_also_without_news() -> None:
    tally = Tally((), 0.0)
    tally.saw([quote(-110.0), pull(book="FanDuel"), seen(game()), Rejection(3, "unreadable")], 10.0)
    tally.saw([quote(-110.0)], 12.0)
    assert tally.book_ages(15.0) == {"BetMGM": 3.0, "FanDuel": 5.0}


def test_a_known_book_ages_from_the_start_on() -> None:
    assert Tally({"BetMGM"}, 100.0).book_ages(130.0) == {"BetMGM": 30.0}


def test_a_book_of_yesterday_is_forgotten() -> None:
    tally = Tally({"BetMGM", "FanDuel"}, 0.0)
    tally.saw([quote(-110.0)], 1.0)
    assert tally.book_ages(FORGET_BOOK_SECONDS) == {"BetMGM": FORGET_BOOK_SECONDS - 1.0}
    assert tally.book_ages(FORGET_BOOK_SECONDS + 1.0) == {}
