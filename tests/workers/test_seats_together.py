"""Ledger and admissions together, over any interleaving of messages, deaths and restarts: the cap is exact.

Never one subscriber more, and never a refusal while a seat is free in any worker.
"""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from together import KEY_LIMIT, LIMITED, Service, Worker

import workers.admission
from broker.messages import SeatsDenied
from workers.admission import Full

MOST_WORKERS = 4
choices = st.integers(0, 11)


class Together(RuleBasedStateMachine):
    """All that may happen between a broker and its workers."""

    @initialize(cap=st.integers(1, 9), count=st.integers(1, 3), spare=st.integers(1, 4))
    def start(self, cap: int, count: int, spare: int) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(workers.admission, "SPARE_SEATS", spare)
        self.service = Service(cap, count)

    def teardown(self) -> None:
        if hasattr(self, "service"):
            self.everybody_leaves_and_no_seat_is_lost()
            self.patch.undo()

    def worker(self, choice: int) -> Worker:
        alive = list(self.service.alive.values())
        return alive[choice % len(alive)]

    @rule(at=choices, limited=st.booleans())
    def arrives(self, at: int, limited: bool) -> None:
        self.service.arrive(self.worker(at).pid, LIMITED.key_id if limited else None)

    @rule(at=choices, count=st.integers(1, 6))
    def many_arrive(self, at: int, count: int) -> None:
        for _ in range(count):
            self.service.arrive(self.worker(at).pid)

    @rule(at=choices, which=choices, waits=st.booleans())
    def leaves(self, at: int, which: int, waits: bool) -> None:
        worker = self.worker(at)
        there = list(worker.waiting if waits else worker.admitted)
        if there:
            worker.leave(there[which % len(there)])

    @rule(order=st.lists(choices, max_size=8))
    def messages_arrive(self, order: list[int]) -> None:
        for choice in order:
            self.service.deliver(choice)

    @rule(at=choices)
    def beat_arrives(self, at: int) -> None:
        self.worker(at).beat(self.service.incarnation)

    @rule(seconds=st.sampled_from((0.05, 0.25)))
    def time_passes(self, seconds: float) -> None:
        self.service.tick(seconds)

    @precondition(lambda self: len(self.service.alive) > 1)
    @rule(at=choices, loses=st.booleans())
    def worker_dies(self, at: int, loses: bool) -> None:
        worker = self.worker(at)
        self.service.kill_worker(worker.pid)
        if loses:
            worker.to_broker.clear()

    @rule()
    def deaths_are_noticed(self) -> None:
        self.service.reap()

    @precondition(lambda self: len(self.service.alive) < MOST_WORKERS)
    @rule()
    def worker_starts(self) -> None:
        self.service.start_worker()

    @rule(kept=st.integers(0, 2))
    def broker_restarts(self, kept: int) -> None:
        for worker in (*self.service.alive.values(), *self.service.dead.values()):
            # What was under way is lost from some message on; before that, it is still in somebody's socket.
            for queue in (worker.to_broker, worker.to_worker):
                while len(queue) > kept:
                    queue.pop()
        self.service.start_broker()

    @rule(at=choices)
    def one_arrives_at_a_quiet_service(self, at: int) -> None:
        service = self.service
        service.settle()
        before = service.admitted
        worker = self.worker(at)
        client = service.arrive(worker.pid)
        service.settle()
        if before < service.cap:
            assert client in worker.admitted
        else:
            assert worker.refused[client] is Full.CAP

    @rule(where=st.lists(choices, min_size=1, max_size=12), order=st.lists(choices, max_size=30))
    def a_storm_takes_exactly_the_seats_there_are(self, where: list[int], order: list[int]) -> None:
        service = self.service
        service.settle()
        before = service.admitted
        for at in where:
            service.arrive(self.worker(at).pid)
            for choice in order[: len(order) // len(where)]:
                service.deliver(choice)
        service.settle()
        assert service.admitted == min(service.cap, before + len(where))

    @rule(at=choices)
    def one_arrives_with_a_limited_key_at_a_quiet_service(self, at: int) -> None:
        service = self.service
        service.settle()
        key_is_full = service.admitted_with(LIMITED.key_id) == KEY_LIMIT
        cap_is_reached = service.admitted == service.cap
        worker = self.worker(at)
        client = service.arrive(worker.pid, LIMITED.key_id)
        service.settle()
        assert (client in worker.admitted) is not (key_is_full or cap_is_reached)
        assert worker.refused.get(client) is (Full.KEY_LIMIT if key_is_full else Full.CAP if cap_is_reached else None)

    @rule()
    def a_quiet_service_agrees_on_everything(self) -> None:
        service = self.service
        service.settle()
        for worker in service.alive.values():
            assert worker.waiting == {}
            assert service.seats.held(worker.pid) == len(worker.admitted) + worker.spare
        assert service.seats.complete
        assert service.seats.free + sum(w.spare for w in service.alive.values()) == service.cap - service.admitted

    @invariant()
    def the_cap_and_the_key_s_limit_are_kept(self) -> None:
        if hasattr(self, "service"):
            assert self.service.admitted <= self.service.cap
            assert self.service.admitted_with(LIMITED.key_id) <= KEY_LIMIT

    @invariant()
    def the_ledger_knows_of_every_seat(self) -> None:
        if not hasattr(self, "service"):
            return
        for worker in self.service.alive.values():
            if self.service.is_known(worker):
                assert self.service.seats.held(worker.pid) >= len(worker.admitted) + worker.spare
        assert self.service.seats.free >= 0

    @invariant()
    def no_conn_id_is_given_twice(self) -> None:
        if not hasattr(self, "service"):
            return
        given = [i for w in (*self.service.alive.values(), *self.service.dead.values()) for i in w.conn_ids]
        assert len(given) == len(set(given))

    def everybody_leaves_and_no_seat_is_lost(self) -> None:
        service = self.service
        for worker in service.alive.values():
            for client in (*worker.admitted, *worker.waiting):
                worker.leave(client)
        self.a_quiet_service_agrees_on_everything()
        assert service.admitted == 0
        count = service.cap + 2
        for number in range(count):
            service.arrive(self.worker(number).pid)
        service.settle()
        assert service.admitted == service.cap


TestTogether = Together.TestCase
TestTogether.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_a_denial_of_one_who_left_does_not_hit_the_next_one() -> None:
    """A denial is under way when its client leaves, a seat comes free elsewhere, and another client arrives."""
    service = Service(cap=1, workers=2)
    service.settle()
    here, there = service.alive.values()
    seated = service.arrive(here.pid)
    service.settle()
    impatient = service.arrive(there.pid)
    while not there.to_worker:
        service.deliver(0)
    # The ledger has denied. Now the seat comes free, and the ledger knows it before the next client comes.
    here.leave(seated)
    while here.to_broker:
        service.desk.handle(here.pid, here.to_broker.popleft())
    there.leave(impatient)
    next_one = service.arrive(there.pid)
    service.settle()
    assert next_one in there.admitted


def test_a_denial_after_a_restart_counts_only_what_was_asked() -> None:
    """A client arrives between a worker's hello and the new broker's answer to it."""
    service = Service(cap=1, workers=2)
    service.settle()
    here, there = service.alive.values()
    seated = service.arrive(here.pid)
    service.settle()
    service.start_broker()
    service.beat()
    early = service.arrive(there.pid)
    while here.to_worker or here.to_broker or there.to_broker or not isinstance(there.to_worker[0], SeatsDenied):
        if here.to_worker:
            here.receive()
        elif here.to_broker:
            service.desk.handle(here.pid, here.to_broker.popleft())
        elif there.to_broker:
            service.desk.handle(there.pid, there.to_broker.popleft())
        else:
            there.receive()
    here.leave(seated)
    while here.to_broker:
        service.desk.handle(here.pid, here.to_broker.popleft())
    next_one = service.arrive(there.pid)
    service.settle()
    assert {early, next_one} & set(there.admitted)
