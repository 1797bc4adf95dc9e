"""Ledger and admissions together, over any interleaving of messages, deaths, frosts and restarts: the cap is exact.

Never one subscriber more, and never a refusal while a seat is free in any worker that answers (witness.py).
"""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from together import KEY_LIMITS, Service, Worker
from witness import Witness

import workers.admission
from broker.desk import ROUND_PARTS
from broker.messages import SeatsDenied
from broker.rounds import ROUND_SECONDS
from workers.admission import PATIENCE_SECONDS, Reason

MOST_WORKERS = 4
choices = st.integers(0, 11)
keys = st.sampled_from((None, *KEY_LIMITS))


class Together(RuleBasedStateMachine):
    """All that may happen between a broker and its workers."""

    @initialize(cap=st.integers(1, 9), count=st.integers(1, 3), spare=st.integers(1, 4))
    def start(self, cap: int, count: int, spare: int) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(workers.admission, "SPARE_SEATS", spare)
        self.service = Witness(cap, count).service

    def teardown(self) -> None:
        if hasattr(self, "service"):
            self.everybody_leaves_and_no_seat_is_lost()
            self.patch.undo()

    def worker(self, choice: int) -> Worker:
        running = self.service.running
        return running[choice % len(running)]

    @rule(at=choices, count=st.integers(1, 4), key_id=keys)
    def arrive(self, at: int, count: int, key_id: str | None) -> None:
        for _ in range(count):
            self.service.arrive(self.worker(at).pid, key_id)

    @rule(key_id=keys)
    def one_arrives_at_each_worker(self, key_id: str | None) -> None:
        for worker in self.service.running:
            self.service.arrive(worker.pid, key_id)

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

    @rule()
    def a_moment_passes(self) -> None:
        self.service.pass_time(ROUND_SECONDS / ROUND_PARTS)

    @rule(seconds=st.sampled_from((ROUND_SECONDS, PATIENCE_SECONDS)))
    def time_passes(self, seconds: float) -> None:
        self.service.pass_time(seconds)

    @precondition(lambda self: len(self.service.running) > 1)
    @rule(at=choices, loses=st.booleans())
    def worker_dies(self, at: int, loses: bool) -> None:
        worker = self.worker(at)
        self.service.kill_worker(worker.pid)
        if loses:
            worker.to_broker.clear()

    @precondition(lambda self: any(worker.frozen for worker in self.service.alive.values()))
    @rule(at=choices)
    def frozen_worker_dies(self, at: int) -> None:
        frozen = [worker.pid for worker in self.service.alive.values() if worker.frozen]
        self.service.kill_worker(frozen[at % len(frozen)])

    @rule()
    def deaths_are_noticed(self) -> None:
        self.service.reap()

    @precondition(lambda self: len(self.service.alive) < MOST_WORKERS)
    @rule()
    def worker_starts(self) -> None:
        self.service.start_worker()

    @precondition(lambda self: len(self.service.running) > 1)
    @rule(at=choices)
    def worker_freezes(self, at: int) -> None:
        self.worker(at).frozen = True

    @rule()
    def workers_thaw(self) -> None:
        for worker in self.service.alive.values():
            worker.frozen = False

    @rule(kept=st.integers(0, 2), met=st.booleans())
    def broker_restarts(self, kept: int, met: bool) -> None:
        for worker in (*self.service.alive.values(), *self.service.dead.values()):
            # What was under way is lost from some message on; before that, it is still in somebody's socket.
            for queue in (worker.to_broker, worker.to_worker):
                while len(queue) > kept:
                    queue.pop()
        self.service.start_broker()
        if met:
            self.service.beat()

    @rule(at=choices, key_id=keys, delivered=st.integers(0, 4), moments=st.integers(0, ROUND_PARTS - 1))
    def one_arrives_at_a_quiet_service(self, at: int, key_id: str | None, delivered: int, moments: int) -> None:
        service = self.service
        service.settle()
        worker = self.worker(at)
        if service.seats.expected:
            # A frozen worker hasn't told a new broker what it holds: nothing is given, and nobody refused for the cap.
            client = service.arrive(worker.pid, key_id)
            service.settle()
            assert worker.refused.get(client) in (None, Reason.NO_ANSWER)
            return
        key_is_full = key_id is not None and service.key_seats_held(key_id) == KEY_LIMITS[key_id]
        why = Reason.KEY_LIMIT if key_is_full else Reason.CAP if service.takable <= 0 else None
        client = service.arrive(worker.pid, key_id)
        for choice in range(delivered):
            service.deliver(choice)
        for _ in range(moments):
            service.pass_time(ROUND_SECONDS / ROUND_PARTS)
        seconds = service.settle()
        assert worker.refused.get(client) is why
        assert (client in worker.admitted) is (why is None)
        assert seconds <= 2 * ROUND_SECONDS

    @rule(where=st.lists(choices, min_size=1, max_size=12), order=st.lists(choices, max_size=30))
    def a_storm_takes_exactly_the_seats_there_are(self, where: list[int], order: list[int]) -> None:
        service = self.service
        service.settle()
        if service.seats.expected:
            return
        expected = service.admitted + min(max(0, service.takable), len(where))
        for at in where:
            service.arrive(self.worker(at).pid)
            for choice in order[: len(order) // len(where)]:
                service.deliver(choice)
        seconds = service.settle()
        assert service.admitted == expected
        assert seconds <= 3 * ROUND_SECONDS

    @rule()
    def a_quiet_service_agrees_on_everything(self) -> None:
        service = self.service
        service.settle()
        for worker in service.running:
            assert worker.waiting == {}
            assert service.seats.held(worker.pid) == len(worker.admitted) + worker.spare
        if service.running == list(service.alive.values()):
            assert not service.seats.expected
            assert service.seats.free + sum(w.spare for w in service.running) == service.cap - service.admitted
            for key_id in KEY_LIMITS:
                assert service.key_seats_held(key_id) == service.with_key(key_id)

    @invariant()
    def the_cap_and_the_keys_limits_are_kept(self) -> None:
        if hasattr(self, "service"):
            # With what is spare and what is on its way to a worker, so much may be in by any moment.
            assert sum(len(w.admitted) + w.spare + w.coming for w in self.service.alive.values()) <= self.service.cap
            for key_id, limit in KEY_LIMITS.items():
                assert self.service.with_key(key_id) <= limit

    @invariant()
    def the_ledger_knows_of_every_seat(self) -> None:
        if not hasattr(self, "service"):
            return
        for worker in self.service.alive.values():
            if self.service.is_known(worker):
                assert self.service.seats.held(worker.pid) >= len(worker.admitted) + worker.spare + worker.coming
        assert self.service.seats.free >= 0

    @invariant()
    def no_conn_id_is_given_twice(self) -> None:
        if not hasattr(self, "service"):
            return
        given = [i for w in (*self.service.alive.values(), *self.service.dead.values()) for i in w.conn_ids]
        assert len(given) == len(set(given))

    def everybody_leaves_and_no_seat_is_lost(self) -> None:
        service = self.service
        self.workers_thaw()
        for worker in service.running:
            for client in (*worker.admitted, *worker.waiting):
                worker.leave(client)
        self.a_quiet_service_agrees_on_everything()
        assert service.admitted == 0
        for key_id, limit in KEY_LIMITS.items():
            clients = [service.arrive(self.worker(number).pid, key_id) for number in range(limit + 1)]
            service.settle()
            assert service.with_key(key_id) == min(limit, service.cap)
            for client in clients:
                for worker in service.running:
                    worker.leave(client)
            service.settle()
        for number in range(service.cap + 2):
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
    service.hear(here)
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
        elif here.to_broker or there.to_broker:
            service.hear(here if here.to_broker else there)
        else:
            there.receive()
    here.leave(seated)
    service.hear(here)
    next_one = service.arrive(there.pid)
    service.settle()
    assert {early, next_one} & set(there.admitted)


def test_what_was_told_to_a_broker_that_is_no_more_counts_for_nothing() -> None:
    """A worker's hello is still in a socket when its broker dies, and what it said after that is lost."""
    service = Service(cap=2, workers=1)
    (worker,) = service.alive.values()
    client = service.arrive(worker.pid)
    service.settle()
    service.start_broker()
    service.beat()
    worker.leave(client)
    while len(worker.to_broker) > 1:
        worker.to_broker.pop()
    service.start_broker()
    service.settle()
    assert service.seats.held(worker.pid) == worker.spare
    assert service.seats.free + worker.spare == service.cap


def test_a_client_waits_for_a_broker_that_is_being_replaced() -> None:
    service = Service(cap=1, workers=2)
    service.settle()
    here, there = service.alive.values()
    service.arrive(here.pid)
    service.settle()
    here.leave(*here.admitted)
    here.to_broker.clear()
    waits = service.arrive(there.pid)
    there.to_broker.clear()
    service.pass_time(PATIENCE_SECONDS - 1)
    service.start_broker()
    service.settle()
    assert waits in there.admitted


def test_a_client_whose_broker_stays_away_is_told_so() -> None:
    service = Service(cap=1, workers=1)
    (worker,) = service.alive.values()
    client = service.arrive(worker.pid)
    service.pass_time(PATIENCE_SECONDS)
    assert worker.refused[client] is Reason.NO_ANSWER


def test_a_frozen_worker_keeps_others_waiting_for_one_round_only() -> None:
    service = Service(cap=2, workers=2)
    service.settle()
    frozen, other = service.alive.values()
    service.arrive(frozen.pid)
    service.settle()
    service.arrive(other.pid)
    service.settle()
    frozen.frozen = True
    for seconds in (ROUND_SECONDS, 0.0):
        client = service.arrive(other.pid)
        began = service.now
        while client not in other.refused:
            if not service.deliver(0):
                service.skip()
        assert service.now - began == pytest.approx(seconds)
        assert other.refused[client] is Reason.CAP


def test_a_seat_does_not_go_to_a_worker_that_froze_unnoticed() -> None:
    service = Service(cap=2, workers=2)
    service.settle()
    frozen, other = service.alive.values()
    clients = [service.arrive(worker.pid) for worker in (frozen, other)]
    service.settle()
    frozen.frozen = True
    other.leave(clients[1])
    next_one = service.arrive(other.pid)
    service.settle()
    assert next_one in other.admitted
