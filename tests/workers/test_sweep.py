"""Sweeps: whoever can take events gets all of them, in few writes, and whoever can't costs the others nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from naive import QUEUE, READER, SLICE, TRIM, Client, shrink

import workers.stream
import workers.sweep
from workers.stream import Stream
from workers.subscriber import CHECKS_UNTIL_FROZEN, Subscriber
from workers.sweep import Sweep


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faults come quickly when a handful of frames is many."""
    shrink(monkeypatch)


@pytest.fixture
def sweep() -> Iterator[Sweep]:
    yield Sweep(Stream())


def feed(sweep: Sweep, clients: list[Client], *numbers: int) -> None:
    for number in numbers:
        for client in clients:
            client.feed(number)
    sweep.feed([b"%d;" % number for number in numbers], 0)


def finish(sweep: Sweep) -> None:
    sweep.begin()
    while sweep.slice():
        pass


@pytest.mark.parametrize("visited_before", range(0, 13, SLICE))
@pytest.mark.parametrize("leaver", range(12))
def test_whoever_leaves_in_the_middle_nobody_loses_its_turn(sweep: Sweep, visited_before: int, leaver: int) -> None:
    clients = [Client(number, sweep) for number in range(12)]
    feed(sweep, clients, 1, 2)
    sweep.begin()
    for _ in range(visited_before // SLICE):
        sweep.slice()
    sweep.leave(clients.pop(leaver).subscriber)
    while sweep.slice():
        pass
    assert all(client.outlet.writes == [b"1;2;"] for client in clients)


@pytest.mark.parametrize("offset", range(9))
@pytest.mark.parametrize("visited", range(1, 9))
@pytest.mark.parametrize("leaver", range(9))
def test_nor_in_a_sweep_that_began_in_the_middle(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch, offset: int, visited: int, leaver: int
) -> None:
    monkeypatch.setattr(workers.sweep, "SLICE_SUBSCRIBERS", 1)
    clients = [Client(number, sweep) for number in range(9)]
    for count in (offset, visited):
        feed(sweep, clients, 1)
        sweep.begin()
        for _ in range(count):
            sweep.slice()
    sweep.leave(clients.pop(leaver).subscriber)
    while sweep.slice():
        pass
    assert all(client.received == [1, 1] for client in clients)


@pytest.mark.parametrize("offset", range(4))
@pytest.mark.parametrize("visited", range(4))
def test_whoever_joins_in_the_middle_takes_nobody_s_turn(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch, offset: int, visited: int
) -> None:
    monkeypatch.setattr(workers.sweep, "SLICE_SUBSCRIBERS", 1)
    clients = [Client(number, sweep) for number in range(4)]
    for count in (offset, visited):
        feed(sweep, clients, 1)
        sweep.begin()
        for _ in range(count):
            sweep.slice()
    joiner = Client(9, sweep)
    while sweep.slice():
        pass
    assert all(client.received == [1, 1] for client in clients)
    assert joiner.received == []


def test_what_waits_is_one_write_a_portion(sweep: Sweep) -> None:
    clients = [Client(number, sweep) for number in range(5)]
    for number in range(5):
        feed(sweep, clients, number)
    finish(sweep)
    assert all(client.outlet.writes == [b"0;1;", b"2;3;", b"4;"] for client in clients)


def test_long_sweeps_make_long_writes_but_not_of_what_is_encrypted_for_each() -> None:
    for encrypted, longest in ((False, b"8;9;10;11;12;13;14;15;"), (True, b"8;9;")):
        sweep = Sweep(Stream(), encrypted=encrypted)
        clients = [Client(number, sweep) for number in range(2)]
        for first in (0, 8):
            for number in range(first, first + 8):
                feed(sweep, clients, number)
            finish(sweep)
        feed(sweep, clients, 16)
        finish(sweep)
        for client in clients:
            assert client.received == list(range(17))
            assert longest in client.outlet.writes


def test_a_socket_that_fills_is_given_one_portion_and_no_more(sweep: Sweep) -> None:
    client = Client(1, sweep)
    client.stalls_after = 0
    feed(sweep, [client], *range(5))
    finish(sweep)
    assert client.received == [0, 1]
    client.drain()
    assert client.received == [0, 1, 2, 3, 4]


def test_a_joiner_gets_what_comes_after_its_join_only(sweep: Sweep) -> None:
    feed(sweep, [], 1)
    client = Client(1, sweep)
    finish(sweep)
    feed(sweep, [client], 2)
    finish(sweep)
    assert client.received == [2]


def test_a_sweep_with_nothing_new_visits_nobody(sweep: Sweep) -> None:
    client = Client(1, sweep)
    sweep.begin()
    assert not sweep.slice()
    assert client.outlet.writes == []


def test_a_frozen_one_costs_the_others_nothing_and_the_stream_no_memory(sweep: Sweep) -> None:
    frozen, fast = Client(1, sweep), Client(2, sweep)
    frozen.fill()
    for number in range(100):
        feed(sweep, [frozen, fast], number)
        finish(sweep)
        frozen.look(takes=False)
        sweep.check_stalled()
        assert sweep.stream.head - sweep.stream.tail <= READER + 2 * TRIM + 2
    assert fast.received == list(range(100))
    assert sweep.dropped == 100 - QUEUE
    frozen.drain()
    assert frozen.received == list(range(100 - QUEUE, 100))


def test_what_the_queue_had_no_room_for_stays_gone_when_a_frozen_one_reads_again(sweep: Sweep) -> None:
    client = Client(1, sweep)
    client.fill()
    feed(sweep, [client], *range(QUEUE + 2))
    for takes in (*[False] * CHECKS_UNTIL_FROZEN, True):
        client.look(takes)
        sweep.check_stalled()
    feed(sweep, [client], QUEUE + 2)
    assert sweep.dropped == 2
    client.drain()
    assert client.received == client.expected == list(range(2, QUEUE + 3))


def test_one_that_reads_slowly_is_held_to_the_longer_bound(sweep: Sweep) -> None:
    slow = Client(1, sweep)
    slow.fill()
    for number in range(READER + 1):
        feed(sweep, [slow], number)
        slow.look(takes=True)
        sweep.check_stalled()
    slow.drain()
    assert (slow.received, sweep.dropped) == (list(range(1, READER + 1)), 1)


def test_the_drops_of_one_who_left_stay_counted(sweep: Sweep) -> None:
    client = Client(1, sweep)
    client.fill()
    feed(sweep, [client], *range(READER + 3))
    sweep.leave(client.subscriber)
    feed(sweep, [], 99)
    assert sweep.dropped == 3


def test_one_who_left_is_never_written_to_and_stalls_no_more(sweep: Sweep) -> None:
    client = Client(1, sweep)
    sweep.leave(client.subscriber)
    sweep.stall(client.subscriber)
    feed(sweep, [], *range(READER * 3))
    finish(sweep)
    assert (client.outlet.writes, sweep.dropped) == ([], 0)


def test_a_notice_comes_before_what_is_left(sweep: Sweep) -> None:
    client = Client(1, sweep)
    client.stalls_after = 0
    feed(sweep, [client], 1)
    finish(sweep)
    feed(sweep, [client], 2)
    client.waiting = [9, *client.waiting]
    sweep.resume(client.subscriber, b"9;")
    assert client.outlet.writes == [b"1;", b"9;", b"2;"]


def test_one_that_is_held_gets_nothing_until_it_has_dropped_all(sweep: Sweep) -> None:
    client = Client(1, sweep)
    client.subscriber.held = True
    feed(sweep, [client], 1, 2)
    finish(sweep)
    assert client.outlet.writes == []
    assert sweep.drop_all(client.subscriber) == 2
    client.waiting.clear()
    client.subscriber.held = False
    sweep.resume(client.subscriber)
    feed(sweep, [client], 3)
    finish(sweep)
    assert (client.outlet.writes, sweep.dropped) == ([b"3;"], 2)


def test_a_stream_without_members_keeps_nothing(sweep: Sweep) -> None:
    for number in range(100):
        feed(sweep, [], number)
        assert sweep.stream.head - sweep.stream.tail <= TRIM


def test_what_this_worker_loses_is_its_own_fault(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.stream, "LIMIT_FRAMES", 20)
    client = Client(1, sweep)
    for number in range(30):
        sweep.feed([b"%d;" % number], 0)
    finish(sweep)
    count = len(client.received)
    assert 0 < count <= 20
    assert client.received == list(range(30 - count, 30))
    assert (sweep.overrun, sweep.delivered, sweep.dropped) == (30 - count, count, 0)


class Counting(list[Subscriber]):
    """Members that count how often they are touched."""

    touched = 0

    def __getitem__(self, index: Any) -> Any:
        self.touched += 1
        return super().__getitem__(index)

    def __iter__(self) -> Iterator[Subscriber]:
        raise AssertionError("all members were walked")


def test_leaving_costs_the_same_for_any_number(sweep: Sweep) -> None:
    clients = [Client(number, sweep) for number in range(1_000)]
    feed(sweep, clients, 1)
    sweep.begin()
    for _ in range(100):
        sweep.slice()
    sweep.members = counting = Counting(sweep.members)
    for client in clients[::7]:
        sweep.leave(client.subscriber)
    assert counting.touched <= len(clients[::7])
