"""A subscriber's place: the distance to the head is its queue, and how long it may be depends on its socket."""

from typing import get_args

import pytest
from recording import RecordingOutlet

from workers.subscriber import CHECKS_UNTIL_FROZEN, ON_LAG, QUEUE_EVENTS, READER_EVENTS, OnLag, Subscriber


@pytest.fixture
def outlet() -> RecordingOutlet:
    outlet = RecordingOutlet()
    outlet.unsent = 100
    return outlet


@pytest.fixture
def subscriber(outlet: RecordingOutlet) -> Subscriber:
    return Subscriber(1, "odds", 10, outlet)


def freeze(subscriber: Subscriber) -> None:
    subscriber.unsent = subscriber.outlet.get_write_buffer_size()
    for _ in range(CHECKS_UNTIL_FROZEN):
        assert not subscriber.frozen
        assert not subscriber.check()
    assert subscriber.frozen


def test_the_contract_s_queue_is_256_events_and_the_default_is_to_drop() -> None:
    assert QUEUE_EVENTS == 256
    assert get_args(OnLag) == ON_LAG
    assert ON_LAG[0] == "drop"


@pytest.mark.parametrize(("waiting", "overflow"), [(0, 0), (255, 0), (256, 0), (257, 1), (1_000, 744)])
def test_a_frozen_socket_holds_its_subscriber_to_the_queue(subscriber: Subscriber, waiting: int, overflow: int) -> None:
    freeze(subscriber)
    assert subscriber.overflow(10 + waiting) == overflow


@pytest.mark.parametrize(("waiting", "overflow"), [(257, 0), (READER_EVENTS, 0), (READER_EVENTS + 1, 1)])
def test_a_reader_has_the_log_to_draw_on(subscriber: Subscriber, waiting: int, overflow: int) -> None:
    assert subscriber.overflow(10 + waiting) == overflow


def test_a_socket_that_took_something_is_not_frozen(subscriber: Subscriber, outlet: RecordingOutlet) -> None:
    freeze(subscriber)
    outlet.unsent -= 1
    assert subscriber.check()
    assert not subscriber.frozen


def test_a_socket_that_takes_something_at_times_never_freezes(subscriber: Subscriber, outlet: RecordingOutlet) -> None:
    subscriber.unsent = outlet.unsent
    for _ in range(10):
        assert not subscriber.check()
        outlet.unsent -= 1
        assert subscriber.check()
        assert not subscriber.frozen


def test_what_is_dropped_is_the_oldest_and_adds_up(subscriber: Subscriber) -> None:
    subscriber.drop(3)
    subscriber.untold = 0
    subscriber.drop(2)
    assert (subscriber.position, subscriber.dropped, subscriber.untold) == (15, 5, 2)


def test_what_nobody_can_tell_is_lost_without_moving_on(subscriber: Subscriber) -> None:
    subscriber.lose(4)
    assert (subscriber.position, subscriber.dropped, subscriber.untold) == (10, 4, 4)
