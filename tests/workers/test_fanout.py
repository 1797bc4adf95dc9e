"""Commits in, bytes to subscribers out; and what slow subscribers asked to be told."""

from collections.abc import Iterator

import pytest
from recording import RecordingOutlet, texts, types

import workers.subscriber
from broker.frames import text_frame
from broker.messages import Channel, Commit, Entry
from workers.clock import Clock
from workers.fanout import RESYNC_SECONDS, Fanout
from workers.subscriber import CHECKS_UNTIL_FROZEN, OnLag, Subscriber

BOUND = 4
START = Clock(1_000.0, 5)


class Viewer:
    """A subscriber with a socket of tests."""

    def __init__(self, fanout: Fanout, channel: Channel = "odds", on_lag: OnLag = "drop") -> None:
        self.outlet = RecordingOutlet()
        stream = fanout.sweeps[channel].stream
        self.subscriber = Subscriber(1, channel, stream.head, self.outlet, on_lag)
        fanout.sweeps[channel].join(self.subscriber)
        self._read = 0

    def read(self) -> list[bytes]:
        """The texts that came since the last look."""
        data = self.outlet.written[self._read :]
        self._read += len(data)
        return texts(data)


@pytest.fixture
def fanout(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fanout]:
    monkeypatch.setattr(workers.subscriber, "QUEUE_EVENTS", BOUND)
    yield Fanout()


def price(number: int) -> Entry:
    return Entry((text_frame(b'{"type":"price","n":%d}' % number),), for_live=False)


def score(number: int) -> Entry:
    fragment = b'{"game_id":"g1","n":%d}' % number
    return Entry((text_frame(b'{"type":"score","n":%d}' % number),), for_live=True, game_id="g1", fragment=fragment)


def publish(fanout: Fanout, *entries: Entry) -> None:
    fanout.apply(Commit(1, len(entries), entries), START)
    fanout.begin()
    while fanout.slice():
        pass


def freeze(fanout: Fanout, viewer: Viewer) -> None:
    viewer.outlet.unsent = 1
    fanout.stall(viewer.subscriber)
    for _ in range(CHECKS_UNTIL_FROZEN):
        fanout.check_stalled()


def prices(*numbers: int) -> list[bytes]:
    return [b'{"type":"price","n":%d}' % number for number in numbers]


def test_prices_go_to_odds_and_games_to_both(fanout: Fanout) -> None:
    live, odds = Viewer(fanout, "live"), Viewer(fanout, "odds")
    publish(fanout, score(1), price(2), score(3))
    assert [types(viewer.outlet.written) for viewer in (live, odds)] == [["score"] * 2, ["score", "price", "score"]]


def test_a_snapshot_goes_with_the_deltas_that_come_after_it(fanout: Fanout) -> None:
    publish(fanout, score(1))
    viewer = Viewer(fanout)
    assert b'"n":1' in fanout.snapshots.frame("odds", 0)
    publish(fanout, score(2))
    assert viewer.read() == [b'{"type":"score","n":2}']
    assert b'"n":2' in fanout.snapshots.frame("odds", 0)


def test_a_change_without_an_event_is_in_the_snapshot_only(fanout: Fanout) -> None:
    viewer = Viewer(fanout)
    publish(fanout, Entry((), for_live=True, game_id="g1", fragment=b"{}"))
    assert b'"games":[{}]' in fanout.snapshots.frame("live", 0)
    publish(fanout, Entry((), for_live=True, game_id="g1", fragment=None))
    assert b'"games":[]' in fanout.snapshots.frame("live", 0)
    assert viewer.outlet.writes == []


def test_drop_says_nothing(fanout: Fanout) -> None:
    viewer = Viewer(fanout)
    freeze(fanout, viewer)
    publish(fanout, *map(price, range(10)))
    assert not fanout.resume(viewer.subscriber, START)
    assert viewer.read() == prices(6, 7, 8, 9)
    assert viewer.subscriber.dropped == 6


def test_notify_tells_how_many_before_the_next_event(fanout: Fanout) -> None:
    viewer = Viewer(fanout, on_lag="notify")
    freeze(fanout, viewer)
    publish(fanout, *map(price, range(10)))
    assert not fanout.resume(viewer.subscriber, START)
    assert viewer.read() == [b'{"type":"lagged","dropped":6,"ts":5}', *prices(6, 7, 8, 9)]
    freeze(fanout, viewer)
    publish(fanout, price(10))
    fanout.resume(viewer.subscriber, START)
    assert viewer.read() == prices(10)


def test_resync_discards_the_rest_and_starts_anew_from_a_snapshot(fanout: Fanout) -> None:
    viewer = Viewer(fanout, on_lag="resync")
    freeze(fanout, viewer)
    publish(fanout, *map(score, range(10)))
    assert not fanout.resume(viewer.subscriber, START)
    assert viewer.read() == [
        b'{"type":"lagged","dropped":10,"ts":5}',
        b'{"type":"snapshot","channel":"odds","ts":5,"count":1,"games":[{"game_id":"g1","n":9}]}',
    ]
    publish(fanout, price(10))
    assert viewer.read() == prices(10)
    assert fanout.sweeps["odds"].dropped == viewer.subscriber.dropped == 10


def test_resync_comes_at_most_once_a_second(fanout: Fanout) -> None:
    viewer = Viewer(fanout, on_lag="resync")

    def lag(clock: Clock) -> None:
        freeze(fanout, viewer)
        publish(fanout, *map(price, range(10)))
        fanout.resume(viewer.subscriber, clock)

    lag(START)
    assert len(viewer.read()) == 2
    lag(Clock(START.seconds + RESYNC_SECONDS / 2, 6))
    publish(fanout, price(11))
    fanout.resync(Clock(START.seconds + RESYNC_SECONDS * 0.99, 7))
    assert viewer.read() == []
    fanout.resync(Clock(START.seconds + RESYNC_SECONDS, 8))
    assert viewer.read()[0] == b'{"type":"lagged","dropped":11,"ts":8}'
    publish(fanout, price(12))
    assert viewer.read() == prices(12)


def test_one_who_waits_for_a_snapshot_and_is_full_gets_it_when_it_reads_again(fanout: Fanout) -> None:
    viewer = Viewer(fanout, on_lag="resync")
    for clock in (START, Clock(START.seconds + 0.1, 6)):
        freeze(fanout, viewer)
        publish(fanout, *map(price, range(10)))
        fanout.resume(viewer.subscriber, clock)
    viewer.read()
    freeze(fanout, viewer)
    late = Clock(START.seconds + 5, 9)
    fanout.resync(late)
    assert viewer.read() == []
    fanout.resume(viewer.subscriber, late)
    assert types(viewer.outlet.written)[-2:] == ["lagged", "snapshot"]


def test_close_asks_to_be_closed_and_sends_nothing(fanout: Fanout) -> None:
    viewer = Viewer(fanout, on_lag="close")
    freeze(fanout, viewer)
    publish(fanout, *map(price, range(10)))
    assert fanout.resume(viewer.subscriber, START)
    assert (viewer.outlet.writes, viewer.subscriber.untold) == ([], 6)


@pytest.mark.parametrize("on_lag", ["drop", "notify", "resync", "close"])
def test_whoever_lost_nothing_is_told_nothing(fanout: Fanout, on_lag: OnLag) -> None:
    viewer = Viewer(fanout, on_lag=on_lag)
    freeze(fanout, viewer)
    publish(fanout, *map(price, range(BOUND)))
    assert not fanout.resume(viewer.subscriber, START)
    assert viewer.read() == prices(*range(BOUND))


def test_whoever_leaves_while_it_waits_gets_nothing_more(fanout: Fanout) -> None:
    viewer = Viewer(fanout, on_lag="resync")
    for _ in range(2):
        freeze(fanout, viewer)
        publish(fanout, *map(price, range(10)))
        fanout.resume(viewer.subscriber, START)
    before = len(viewer.outlet.writes)
    fanout.leave(viewer.subscriber)
    fanout.resync(Clock(START.seconds + 10, 0))
    publish(fanout, price(1))
    assert len(viewer.outlet.writes) == before
    assert fanout.sweeps["odds"].dropped == 20


def test_an_image_in_place_of_events_makes_all_lag(fanout: Fanout) -> None:
    viewers = {mode: Viewer(fanout, "live", mode) for mode in ("drop", "notify", "resync", "close")}
    publish(fanout, score(1))
    for viewer in viewers.values():
        viewer.read()
    to_close = fanout.replace([("g2", b"{}")], 3, START)
    assert to_close == [viewers["close"].subscriber]
    lagged = b'{"type":"lagged","dropped":3,"ts":5}'
    snapshot = b'{"type":"snapshot","channel":"live","ts":5,"count":1,"games":[{}]}'
    assert [viewer.read() for viewer in viewers.values()] == [[], [lagged], [lagged, snapshot], []]


def test_the_first_image_costs_nobody_anything(fanout: Fanout) -> None:
    viewer = Viewer(fanout, on_lag="notify")
    assert fanout.replace([("g2", b"{}")], 0, START) == []
    assert viewer.outlet.writes == []
    assert b'"count":1' in fanout.snapshots.frame("odds", 0)


def test_whoever_is_full_when_an_image_comes_learns_of_it_when_it_reads_again(fanout: Fanout) -> None:
    viewer = Viewer(fanout, on_lag="notify")
    freeze(fanout, viewer)
    fanout.replace([], 3, START)
    assert viewer.outlet.writes == []
    fanout.resume(viewer.subscriber, START)
    assert viewer.read() == [b'{"type":"lagged","dropped":3,"ts":5}']


def sweep_once(fanout: Fanout, began: float, ended: float) -> None:
    fanout.begin()
    while fanout.slice():
        pass
    fanout.end(began, ended)


def test_a_sweep_is_timed_and_so_is_each_commit_that_it_carried(fanout: Fanout) -> None:
    Viewer(fanout)
    for taken_at in (10.0, 10.5):
        fanout.apply(Commit(1, 1, (price(1),), taken_at), START)
    sweep_once(fanout, 11.0, 11.25)
    sweep_once(fanout, 12.0, 12.25)
    assert (fanout.sweeping.timings.count, fanout.sweeping.timings.seconds) == (2, 0.5)
    assert (fanout.latency.timings.count, fanout.latency.timings.seconds) == (2, 2.0)


def test_what_comes_during_a_sweep_is_timed_with_the_next_one(fanout: Fanout) -> None:
    Viewer(fanout)
    fanout.begin()
    fanout.apply(Commit(1, 1, (price(1),), 10.0), START)
    fanout.end(10.0, 11.0)
    assert fanout.latency.timings.count == 0
    sweep_once(fanout, 11.0, 12.0)
    assert fanout.latency.timings.seconds == 2.0


@pytest.mark.parametrize("taken_at", [0.0, 99.0])
def test_a_commit_of_another_clock_is_not_timed(fanout: Fanout, taken_at: float) -> None:
    Viewer(fanout)
    fanout.apply(Commit(1, 1, (price(1),), taken_at), START)
    sweep_once(fanout, 11.0, 12.0)
    assert fanout.latency.timings.count == 0


def test_with_nobody_there_nothing_is_timed(fanout: Fanout) -> None:
    fanout.apply(Commit(1, 1, (price(1),), 10.0), START)
    sweep_once(fanout, 11.0, 12.0)
    assert fanout.latency.timings.count == fanout.sweeping.timings.count == 0
