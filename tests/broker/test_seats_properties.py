"""The ledger of seats alone, over any interleaving of admits, leaves, reports, crashes, frosts and restarts.

Its workers here are the plainest that keep the protocol: a handshake takes a spare seat or asks for one, a leaver's
seat goes back, a recall is answered with all spare ones. What either side says is on its way until it arrives.
"""

from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from broker.rounds import Begun, Late
from broker.seats import Deny, Grant, Recall, Seats, Verdicts

CONN_IDS_PER_RUN = 1_000
MOST_WORKERS = 4
choices = st.integers(0, 11)
Report = Callable[[Seats[int]], Verdicts[int]]


class Holder:
    """A worker: what it holds, and what is under way from and to it.

    Args:
        name: of the worker.
    """

    def __init__(self, name: int) -> None:
        self.name = name
        self.taken = 0
        self.spare = 0
        self.waiting: list[int] = []
        """The numbers of the seats that were asked for, of handshakes that still wait."""
        self.asked = 0
        self.granted = 0
        self.wanted = 0
        """Seats asked for since this broker knows it, those ahead included."""
        self.frozen = False
        self.reports: deque[Report] = deque()
        self.orders: deque[Any] = deque()

    @property
    def holds(self) -> int:
        """Seats that it has, and those on their way to it."""
        return self.taken + self.spare + sum(order.count for order in self.orders if isinstance(order, Grant))

    def admit(self, ahead: int) -> None:
        if self.spare:
            self.spare -= 1
            self.taken += 1
            return
        self.asked += 1
        self.wanted += 1 + ahead
        self.waiting.append(self.asked)
        self.reports.append(lambda seats: seats.wants(self.name, 1, ahead))

    def leave(self) -> None:
        if self.taken:
            self.taken -= 1
            self.reports.append(lambda seats: seats.returns(self.name, 1))

    def give_up(self) -> None:
        if self.waiting:
            self.waiting.pop(0)
            self.reports.append(lambda seats: seats.wants(self.name, -1, 0))

    def meet(self) -> None:
        """Tell a new broker what it holds; what was under way before is void."""
        self.reports.clear()
        self.orders.clear()
        held, waiting = self.taken + self.spare, len(self.waiting)
        self.asked = self.wanted = waiting
        self.granted = 0
        self.waiting = [number + 1 for number in range(waiting)]
        self.reports.append(lambda seats: seats.hello(self.name, held))
        self.reports.append(lambda seats: seats.wants(self.name, waiting, 0))

    def obey(self) -> int:
        """Carry out one order.

        Returns:
            How many handshakes it refused.
        """
        match self.orders.popleft():
            case Grant(count=seats):
                self.granted += seats
                assert self.granted <= self.wanted
                served = min(seats, len(self.waiting))
                del self.waiting[:served]
                self.taken += served
                self.spare += seats - served
            case Recall(number=number):
                spare, self.spare = self.spare, 0
                self.reports.append(lambda seats: seats.returns(self.name, spare, number))
            case Deny(up_to=up_to):
                stay = [number for number in self.waiting if number > up_to]
                refused = len(self.waiting) - len(stay)
                self.waiting = stay
                return refused
        return 0


class Ledger(RuleBasedStateMachine):
    """All that may happen to a ledger."""

    @initialize(
        cap=st.integers(1, 7),
        workers=st.integers(1, 3),
        early=st.lists(st.tuples(choices, st.integers(0, 3)), max_size=4),
    )
    def start(self, cap: int, workers: int, early: list[tuple[int, int]]) -> None:
        self.cap = cap
        self.names = count()
        self.holders: dict[int, Holder] = {}
        self.crashed: list[int] = []
        self.late: set[int] = set()
        self.conn_ids: list[int] = []
        self.run = 0
        self.restart()
        for _ in range(workers):
            self.worker_starts()
        for at, ahead in early:
            self.holder(at).admit(ahead)
        self.settle()

    def teardown(self) -> None:
        if hasattr(self, "holders"):
            self.no_seat_is_lost()

    def holder(self, choice: int) -> Holder:
        running = self.running
        return running[choice % len(running)]

    @property
    def running(self) -> list[Holder]:
        return [holder for holder in self.holders.values() if not holder.frozen]

    @property
    def taken(self) -> int:
        return sum(holder.taken for holder in self.holders.values())

    @rule(at=choices, times=st.integers(1, 3), ahead=st.integers(0, 3))
    def admits(self, at: int, times: int, ahead: int) -> None:
        for _ in range(times):
            self.holder(at).admit(ahead)

    @rule(at=choices)
    def leaves(self, at: int) -> None:
        self.holder(at).leave()

    @rule(at=choices)
    def gives_up(self, at: int) -> None:
        self.holder(at).give_up()

    @rule(which=st.lists(choices, min_size=1, max_size=4))
    def reports_arrive(self, which: list[int]) -> None:
        for choice in which:
            if talking := [holder for holder in self.running if holder.reports]:
                self.hear(talking[choice % len(talking)])

    @rule(which=st.lists(choices, min_size=1, max_size=4))
    def orders_arrive(self, which: list[int]) -> None:
        for choice in which:
            if told := [holder for holder in self.running if holder.orders]:
                told[choice % len(told)].obey()

    @rule()
    def time_of_a_round_is_over(self) -> None:
        self.carry_out(self.seats.end_round(self.round))

    @rule()
    def time_of_an_earlier_round_is_over(self) -> None:
        assert self.seats.end_round(self.round - 1) == []

    @precondition(lambda self: len(self.running) > 1)
    @rule(at=choices)
    def crashes(self, at: int) -> None:
        holder = self.holders.pop(self.holder(at).name)
        self.crashed.append(holder.name)

    @rule()
    def crashes_are_noticed(self) -> None:
        while self.crashed:
            self.carry_out(self.seats.gone(self.crashed.pop()))

    @precondition(lambda self: len(self.running) > 1)
    @rule(at=choices)
    def freezes(self, at: int) -> None:
        self.holder(at).frozen = True

    @rule()
    def all_thaw(self) -> None:
        for holder in self.holders.values():
            holder.frozen = False

    @rule()
    def all_thaw_and_hear_of_leavers_first(self) -> None:
        for holder in [holder for holder in self.holders.values() if holder.frozen]:
            holder.frozen = False
            holder.leave()
            while holder.reports:
                self.hear(holder)

    @precondition(lambda self: len(self.holders) < MOST_WORKERS)
    @rule()
    def worker_starts(self) -> None:
        holder = Holder(next(self.names))
        self.holders[holder.name] = holder
        holder.meet()

    @rule()
    def restart(self) -> None:
        self.run += 1
        self.round = 0
        self.late.clear()
        self.seats = Seats[int](self.cap, self.run * CONN_IDS_PER_RUN, {*self.holders, *self.crashed})
        for holder in self.holders.values():
            holder.meet()

    @rule(at=choices)
    def at_rest_the_next_one_sits_if_there_is_a_seat(self, at: int) -> None:
        self.settle()
        if self.seats.expected:
            return
        locked = sum(self.seats.held(holder.name) for holder in self.holders.values() if holder.frozen)
        free = self.cap - locked - sum(holder.taken for holder in self.running)
        before = self.taken
        self.holder(at).admit(ahead=2)
        refused = self.settle()
        assert (self.taken - before, refused) == ((1, 0) if free > 0 else (0, 1))

    @invariant()
    def never_is_more_held_than_there_is(self) -> None:
        if hasattr(self, "holders"):
            assert sum(holder.holds for holder in self.holders.values()) <= self.cap
            assert self.seats.free >= 0
            assert all(
                self.seats.held(holder.name) >= holder.holds
                for holder in self.holders.values()
                if self.seats.knows(holder.name)
            )

    def hear(self, holder: Holder) -> None:
        """The first of a worker's reports arrives."""
        self.late.discard(holder.name)
        self.carry_out(holder.reports.popleft()(self.seats))

    def carry_out(self, verdicts: Verdicts[int]) -> None:
        for verdict in verdicts:
            match verdict:
                case Begun(number=number):
                    self.round = number
                case Late(worker=worker):
                    self.late.add(worker)
                case Deny():
                    self.check_denial()
                    self.order(verdict.worker, verdict)
                case Grant(worker=worker, first_conn_id=first, count=seats):
                    self.conn_ids += range(first, first + seats)
                    assert len(set(self.conn_ids)) == len(self.conn_ids)
                    self.order(worker, verdict)
                case Recall(worker=worker):
                    self.order(worker, verdict)

    def check_denial(self) -> None:
        """No seat is free, but with those that haven't answered in time."""
        assert not self.seats.expected
        assert self.seats.free == 0
        for holder in self.holders.values():
            if self.seats.knows(holder.name) and holder.name not in self.late:
                assert holder.spare == 0
                assert not any(isinstance(order, Grant) for order in holder.orders)

    def order(self, worker: int, verdict: object) -> None:
        if worker in self.holders:
            self.holders[worker].orders.append(verdict)

    def settle(self) -> int:
        """All arrives, and the time of a round is over when nothing else is left to happen.

        Returns:
            How many handshakes were refused.
        """
        refused = 0
        self.crashes_are_noticed()
        while True:
            for holder in self.running:
                while holder.reports or holder.orders:
                    if holder.reports:
                        self.hear(holder)
                    else:
                        refused += holder.obey()
            if not any(holder.reports or holder.orders for holder in self.running):
                self.carry_out(self.seats.end_round(self.round))
                if not any(holder.orders for holder in self.running):
                    return refused

    def no_seat_is_lost(self) -> None:
        self.all_thaw()
        for holder in self.holders.values():
            for _ in range(holder.taken):
                holder.leave()
            for _ in range(len(holder.waiting)):
                holder.give_up()
        self.settle()
        for number in range(self.cap + 2):
            self.holder(number).admit(ahead=1)
        self.settle()
        assert self.taken == self.cap


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
