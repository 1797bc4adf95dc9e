"""A whole service of tests: the broker's desk and the admissions of its workers, joined by queues that the test
delivers one message at a time, in any order between workers and in order for each, and by a clock that the test sets.
"""

from collections import deque
from collections.abc import Callable, Iterable
from itertools import count
from typing import NamedTuple, cast

import structlog
from structlog.typing import FilteringBoundLogger

from broker.desk import Desk
from broker.journal import Journal
from broker.messages import (
    KeyRecord,
    KeySeatAnswer,
    KeySeatsCalled,
    Registered,
    SeatsDenied,
    SeatsGranted,
    SeatsRecalled,
    ToBroker,
    ToWorker,
)
from broker.relay import Relay
from broker.seats import Seats
from workers.admission import PATIENCE_SECONDS, Admission, Admit, Ask, Reason, Refuse, Verdict

CONN_IDS_PER_START = 1_000_000
MOST_MESSAGES = 20_000
KEY_LIMITS = {"one": 1, "two": 2, "three": 3}
KEYS = [KeyRecord(key_id, b"", ("live",), None, limit) for key_id, limit in KEY_LIMITS.items()]
LOG = cast(FilteringBoundLogger, structlog.wrap_logger(None, wrapper_class=structlog.make_filtering_bound_logger(50)))

stamps = count()
"""Numbers for whatever happens, in the order in which it does."""


class Sent(NamedTuple):
    """A message under way to the broker, and when it was sent."""

    stamp: int
    message: ToBroker


class Worker:
    """One worker process: who is in, who waits, and what is on its way.

    Args:
        pid: its name.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.admission = Admission[int]()
        self.registered = False
        self.frozen = False
        self.to_broker: deque[Sent] = deque()
        self.to_worker: deque[ToWorker] = deque()
        self.admitted: dict[int, str | None] = {}
        self.waiting: dict[int, str | None] = {}
        self.arrived: dict[int, int] = {}
        """The stamps of those who ever came."""
        self.refused: dict[int, Reason] = {}
        self.conn_ids: list[int] = []

    @property
    def spare(self) -> int:
        return len(self.admission._spare)

    @property
    def coming(self) -> int:
        """Seats on their way to it."""
        return sum(
            message.count
            for message in self.to_worker
            if isinstance(message, SeatsGranted) and message.incarnation == self.admission.incarnation
        )

    def with_key(self, key_id: str) -> int:
        """Those whom its key counts as in: admitted, or with the key's seat and waiting for one of the cap's."""
        return [*self.admitted.values(), *(each.key_id for each in self.admission._for_seat.values())].count(key_id)

    def carry_out(self, verdicts: Iterable[Verdict[int]]) -> None:
        for verdict in verdicts:
            match verdict:
                case Admit(client=client, conn_id=conn_id):
                    self.admitted[client] = self.waiting.pop(client)
                    self.conn_ids.append(conn_id)
                case Refuse(client=client, why=why):
                    del self.waiting[client]
                    self.refused[client] = why
                case Ask(message=message):
                    self.tell(message)

    def tell(self, message: ToBroker) -> None:
        self.to_broker.append(Sent(next(stamps), message))

    def arrive(self, client: int, key_id: str | None, now: float) -> None:
        self.waiting[client] = key_id
        self.arrived[client] = next(stamps)
        self.carry_out(self.admission.request(client, key_id, now))

    def leave(self, client: int) -> None:
        self.admitted.pop(client, None)
        self.waiting.pop(client, None)
        self.carry_out(self.admission.left(client))

    def beat(self, incarnation: int) -> None:
        """As workers/worker.py meets a broker."""
        if incarnation != self.admission.incarnation:
            self.registered = False
        if not self.registered:
            self.tell(self.admission.hello(incarnation))

    def receive(self) -> None:
        """As workers/worker.py takes an answer."""
        match self.to_worker.popleft():
            case Registered(incarnation=incarnation):
                if incarnation == self.admission.incarnation and not self.registered:
                    self.registered = True
                    self.carry_out(self.admission.registered())
            case SeatsGranted() as message:
                self.carry_out(self.admission.granted(message))
            case SeatsDenied() as message:
                self.carry_out(self.admission.denied(message))
            case SeatsRecalled() as message:
                self.carry_out(self.admission.recalled(message))
            case KeySeatAnswer() as message:
                self.carry_out(self.admission.key_answered(message))
            case KeySeatsCalled() as message:
                self.carry_out(self.admission.key_seats_called(message))
            case _:
                pass


class Service:
    """Broker and workers.

    Args:
        cap: seats in total.
        workers: how many to start with.
        sending: called with each message that the broker sends, at that moment.
    """

    def __init__(self, cap: int, workers: int, sending: Callable[[int, ToWorker], None] | None = None) -> None:
        self.cap = cap
        self.now = 0.0
        self.alive: dict[int, Worker] = {}
        self.dead: dict[int, Worker] = {}
        self.unreaped: set[int] = set()
        self.incarnation = 0
        self.sending = sending
        self._pids = count(1)
        self._clients = count(1)
        self.start_broker()
        for _ in range(workers):
            self.start_worker()

    @property
    def running(self) -> list[Worker]:
        """The workers that are neither dead nor frozen."""
        return [worker for worker in self.alive.values() if not worker.frozen]

    @property
    def admitted(self) -> int:
        return sum(len(worker.admitted) for worker in self.alive.values())

    @property
    def takable(self) -> int:
        """Seats that are free and can be had: not those that a frozen worker, or one on its way to be reaped, holds."""
        held = sum(self.seats.held(pid) for pid in (*self.unreaped, *(w.pid for w in self.alive.values() if w.frozen)))
        return self.cap - held - sum(len(worker.admitted) for worker in self.running)

    def with_key(self, key_id: str) -> int:
        return sum(list(worker.admitted.values()).count(key_id) for worker in self.alive.values())

    def start_broker(self) -> None:
        """A new run of the broker, told of all processes that may hold seats."""
        self.incarnation += 1
        self.timers: list[tuple[float, Callable[[], object]]] = []
        expected = {*self.alive, *self.unreaped}
        self.seats = Seats[int](self.cap, self.incarnation * CONN_IDS_PER_START, expected)
        self.desk = Desk(
            self.incarnation,
            cast(Relay, None),
            cast(Journal, None),
            self.seats,
            self._send,
            self._watch,
            self._later,
            LOG,
        )
        self.desk.set_keys(KEYS)

    def start_worker(self) -> Worker:
        worker = Worker(next(self._pids))
        self.alive[worker.pid] = worker
        return worker

    def kill_worker(self, pid: int) -> None:
        """It ends with its connections; what it had sent may still be read, and its end is noticed later."""
        self.dead[pid] = self.alive.pop(pid)
        self.dead[pid].frozen = False
        self.unreaped.add(pid)

    def reap(self) -> None:
        """The broker notices who has ended."""
        for pid in sorted(self.unreaped):
            self.unreaped.discard(pid)
            self.desk.gone(pid)

    def arrive(self, pid: int, key_id: str | None = None) -> int:
        client = next(self._clients)
        self.alive[pid].arrive(client, key_id, self.now)
        return client

    def pass_time(self, seconds: float) -> None:
        """Let time pass, in which nobody does anything, and then call what is due."""
        self.now += seconds
        due = [callback for at, callback in self.timers if at <= self.now]
        self.timers = [(at, callback) for at, callback in self.timers if at > self.now]
        for callback in due:
            callback()
        for worker in self.running:
            worker.carry_out(worker.admission.tick(self.now))

    def skip(self) -> None:
        """Let time pass until something is due."""
        self.pass_time(max(0.0, min(at for at, _ in self.timers) - self.now))

    def beat(self) -> None:
        for worker in self.running:
            worker.beat(self.incarnation)

    def deliver(self, choice: int) -> bool:
        """Deliver one message.

        Args:
            choice: which of the queues that hold something it comes from, by any number.

        Returns:
            Whether there was one.
        """
        up = [worker for worker in (*self.running, *self.dead.values()) if worker.to_broker]
        down = [worker for worker in self.running if worker.to_worker]
        if not up and not down:
            return False
        index = choice % (len(up) + len(down))
        if index < len(up):
            self.desk.handle(up[index].pid, up[index].to_broker.popleft().message)
        else:
            down[index - len(up)].receive()
        return True

    def settle(self) -> float:
        """All beats, ends and messages arrive, but for those of frozen workers, and all that waits for a time is done.

        Returns:
            The seconds that it took.
        """
        began = self.now
        self.beat()
        for _ in range(MOST_MESSAGES):
            self.reap()
            if self.deliver(0) or self.unreaped:
                continue
            if self.timers:
                self.skip()
            elif any(worker.waiting for worker in self.running):
                self.pass_time(PATIENCE_SECONDS)
            else:
                return self.now - began
        raise AssertionError("broker and workers talk without end")

    def hear(self, worker: Worker) -> None:
        """All that a worker has sent arrives."""
        while worker.to_broker:
            self.desk.handle(worker.pid, worker.to_broker.popleft().message)

    def key_seats_held(self, key_id: str) -> int:
        """What the ledger says."""
        return self.desk._key_seats.held(key_id)

    def is_known(self, worker: Worker) -> bool:
        """Whether worker and broker have met."""
        return self.seats.knows(worker.pid) and worker.admission.incarnation == self.incarnation

    def _send(self, pid: int, message: ToWorker) -> None:
        if self.sending:
            self.sending(pid, message)
        if pid in self.alive:
            self.alive[pid].to_worker.append(message)

    def _watch(self, pid: int) -> None:
        if pid in self.dead:
            self.unreaped.add(pid)

    def _later(self, seconds: float, callback: Callable[[], object]) -> None:
        self.timers.append((self.now + seconds, callback))
