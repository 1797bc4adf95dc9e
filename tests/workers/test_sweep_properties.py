"""Any schedule of a sweep gives each subscriber exactly what the naive design would."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule
from naive import QUEUE, SLICE, Client, shrink

from workers.stream import Stream
from workers.subscriber import CHECKS_UNTIL_FROZEN
from workers.sweep import Sweep


class Schedule(RuleBasedStateMachine):
    """All that may happen to a sweep, in any order."""

    clients = Bundle("clients")

    @initialize()
    def start(self) -> None:
        self.patch = pytest.MonkeyPatch()
        shrink(self.patch)
        self.sweep = Sweep(Stream())
        self.members: list[Client] = []
        self.crowd: list[Client] = []
        self.gone: list[Client] = []
        self.count = 0

    def teardown(self) -> None:
        if hasattr(self, "patch"):
            self._finish()
            self.patch.undo()

    @rule(count=st.integers(0, 2 * QUEUE))
    def feed(self, count: int) -> None:
        frames = []
        for _ in range(count):
            frames.append(b"%d;" % self.count)
            for client in self.members:
                client.feed(self.count)
            self.count += 1
        self.sweep.feed(frames, 0)

    @rule(target=clients)
    def joins(self) -> Client:
        return self.join()

    def join(self) -> Client:
        client = Client(len(self.members) + len(self.gone), self.sweep)
        self.members.append(client)
        return client

    @rule(count=st.integers(4, 10))
    def many_join(self, count: int) -> None:
        self.crowd += [self.join() for _ in range(count)]

    @rule(client=consumes(clients))
    def leave(self, client: Client) -> None:
        self.sweep.leave(client.subscriber)
        self.members.remove(client)
        self.gone.append(client)

    @rule(data=st.data())
    def some_leave(self, data: st.DataObject) -> None:
        for client in data.draw(st.lists(st.sampled_from(self.crowd), unique=True, max_size=5)) if self.crowd else []:
            self.crowd.remove(client)
            self.leave(client)

    @rule(client=clients, later=st.integers(0, 2))
    def stalls_during_a_write(self, client: Client, later: int) -> None:
        client.stalls_after = later

    @rule(client=clients)
    def stall(self, client: Client) -> None:
        if client in self.members and not client.is_full:
            client.fill()

    @rule(client=clients)
    def resume(self, client: Client) -> None:
        if client in self.members and client.is_full:
            client.drain()
            assert client.is_full or not client.waiting

    @rule(takers=st.sets(st.integers(0, 10)), times=st.integers(1, CHECKS_UNTIL_FROZEN))
    def check(self, takers: set[int], times: int) -> None:
        for remaining in reversed(range(times)):
            for client in self.members:
                client.look(takes=not remaining and client.subscriber.conn_id in takers)
            self.sweep.check_stalled()

    @rule()
    def begin(self) -> None:
        self.sweep.begin()

    @rule()
    def slice(self) -> None:
        before = [len(client.outlet.writes) for client in self.members]
        self.sweep.slice()
        after = [len(client.outlet.writes) for client in self.members]
        assert sum(a != b for a, b in zip(before, after, strict=True)) <= SLICE

    @rule()
    def whole_sweep(self) -> None:
        self._drain()
        for client in self.members:
            assert client.is_full or not client.waiting

    @invariant()
    def nobody_received_anything_else(self) -> None:
        if not hasattr(self, "sweep"):
            return
        assert [client.received for client in self.members] == [client.expected for client in self.members]
        assert self.sweep.overrun == 0

    @invariant()
    def drops_are_counted_exactly(self) -> None:
        if not hasattr(self, "sweep"):
            return
        assert self.sweep.dropped == sum(client.dropped for client in [*self.members, *self.gone])
        assert self.sweep.delivered == sum(len(client.received) for client in [*self.members, *self.gone])

    @invariant()
    def each_member_knows_its_slot(self) -> None:
        if not hasattr(self, "sweep"):
            return
        assert [member.slot for member in self.sweep.members] == list(range(len(self.members)))
        assert {id(m) for m in self.sweep.members} == {id(client.subscriber) for client in self.members}
        assert all(client.subscriber.slot == -1 for client in self.gone)

    def _drain(self) -> None:
        while self.sweep.slice():
            pass
        self.sweep.begin()
        while self.sweep.slice():
            pass

    def _finish(self) -> None:
        for client in self.members:
            client.stalls_after = None
            if client.is_full:
                client.drain()
        self._drain()
        for client in self.members:
            assert client.received == client.expected
            assert not client.waiting
            assert client.subscriber.dropped == client.dropped


TestAnySchedule = Schedule.TestCase
TestAnySchedule.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
