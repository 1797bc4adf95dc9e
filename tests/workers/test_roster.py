"""Which subscribers an operator looks at first."""

import pytest

from broker.inquiries import Order
from workers.roster import Heads, row, top
from workers.subscriber import QUEUE_EVENTS, READER_EVENTS, Subscriber

TAKEN: dict[int, int] = {}
HEADS: Heads = {"live": 10, "odds": 20_000}


class Full:
    """A socket that takes nothing."""

    def write(self, data: bytes) -> None:
        raise AssertionError(data)

    def get_write_buffer_size(self) -> int:
        return 1


def subscriber(conn_id: int, *, lag: int = 0, dropped: int = 0, sent: int = 0) -> Subscriber:
    one = Subscriber(conn_id, "odds", HEADS["odds"] - lag, Full())
    one.dropped = dropped
    TAKEN[conn_id] = sent
    return one


def taken(one: Subscriber) -> int:
    return TAKEN[one.conn_id]


@pytest.mark.parametrize(("by", "order"), [("lag", [1, 2]), ("dropped", [2, 3]), ("bytes", [3, 1])])
def test_those_with_the_most_come_first(by: Order, order: list[int]) -> None:
    crowd = [
        subscriber(1, lag=9, dropped=1, sent=5),
        subscriber(2, lag=8, dropped=3),
        subscriber(3, lag=1, dropped=2, sent=9),
    ]
    assert [one.conn_id for one in top(crowd, HEADS, by, 2, taken)] == order


def test_what_a_full_socket_has_lost_already_is_dropped_and_not_waiting() -> None:
    one = subscriber(1, lag=READER_EVENTS + 5, dropped=2)
    one.writable = False
    seen = row(one, HEADS, 0, "key", "10.0.0.7", 1_000)
    assert (seen.lag, seen.dropped, seen.stalled) == (READER_EVENTS, 7, True)
    while not one.frozen:
        one.check()
    assert row(one, HEADS, 0, "key", "10.0.0.7", 1_000).lag == QUEUE_EVENTS


def test_a_row_says_who_it_is() -> None:
    seen = row(subscriber(7), HEADS, 12, "ab12", "10.0.0.7", 1_000)
    assert (seen.conn_id, seen.channel, seen.key_id, seen.address, seen.on_lag) == (
        7,
        "odds",
        "ab12",
        "10.0.0.7",
        "drop",
    )
    assert (seen.since, seen.bytes, seen.lag, seen.stalled) == (1_000, 12, 0, False)
