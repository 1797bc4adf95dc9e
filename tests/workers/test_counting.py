"""What a worker counts."""

from entrance import REQUEST, Transport, arrive, door

from broker.frames import text_frame
from broker.messages import Commit, Counts, Entry
from workers.counting import counts
from workers.fanout import Fanout
from workers.subscriber import READER_EVENTS

EVENT = text_frame(b'{"type":"score_change"}')


def test_of_nothing_there_is_nothing() -> None:
    modes = {"drop": 0, "notify": 0, "resync": 0, "close": 0}
    assert counts(Fanout(), {}, {}) == Counts(dropped_by=modes, waiting_by=modes)


def test_what_slow_ones_lose_is_counted_by_what_they_want_done() -> None:
    fanout = Fanout()
    one = door(fanout, seats=1)
    connection = arrive(one, Transport(), REQUEST)
    assert connection.subscriber
    fanout.stall(connection.subscriber)
    frames = (EVENT,) * (READER_EVENTS + 3)
    fanout.apply(Commit(1, len(frames), (Entry(frames, for_live=True),)), one.clock())
    counted = counts(fanout, {"key": 2}, {"lost": 3})
    assert (counted.live, counted.odds, counted.refused, counted.closed) == (1, 0, {"key": 2}, {"lost": 3})
    assert (counted.stalled, counted.dropped) == (1, 3)
    assert (counted.dropped_by["drop"], counted.dropped_by["close"]) == (3, 0)
    assert (counted.waiting_by["drop"], counted.waiting_by["notify"]) == (READER_EVENTS, 0)
