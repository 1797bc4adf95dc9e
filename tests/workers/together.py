"""A whole service of tests: the broker's desk and the admissions of its workers, joined by queues that the test
delivers one message at a time, in any order between workers and in order for each.
"""

from collections import deque
from collections.abc import Iterable
from typing import cast

import structlog
from structlog.typing import FilteringBoundLogger

from broker.desk import Desk
from broker.journal import Journal
from broker.messages import (
    KeyRecord,
    KeySeatAnswer,
    Registered,
    SeatsDenied,
    SeatsGranted,
    SeatsRecalled,
    ToBroker,
    ToWorker,
)
from broker.relay import Relay
from broker.seats import Seats
from workers.admission import Admission, Admit, Ask, Full, Refuse, Verdict

CONN_IDS_PER_START = 1_000_000
MOST_MESSAGES = 10_000
KEY_LIMIT = 2
LIMITED = KeyRecord("limited", b"", ("live",), None, KEY_LIMIT)
LOG = cast(FilteringBoundLogger, structlog.wrap_logger(None, wrapper_class=structlog.make_filtering_bound_logger(50)))


class Worker:
    """One worker process: who is in, who waits, and what is on its way.

    Args:
        pid: its name.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.admission = Admission[int]()
        self.registered = False
        self.to_broker: deque[ToBroker] = deque()
        self.to_worker: deque[ToWorker] = deque()
        self.admitted: dict[int, str | None] = {}
        self.waiting: dict[int, str | None] = {}
        self.refused: dict[int, Full] = {}
        self.conn_ids: list[int] = []

    @property
    def spare(self) -> int:
        return len(self.admission._spare)

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
                    self.to_broker.append(message)

    def arrive(self, client: int, key_id: str | None, now: float) -> None:
        self.waiting[client] = key_id
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
            self.to_broker.append(self.admission.hello(incarnation))

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
            case _:
                pass


class Service:
    """Broker and workers.

    Args:
        cap: seats in total.
        workers: how many to start with.
    """

    def __init__(self, cap: int, workers: int) -> None:
        self.cap = cap
        self.now = 0.0
        self.alive: dict[int, Worker] = {}
        self.dead: dict[int, Worker] = {}
        self.unreaped: set[int] = set()
        self.incarnation = 0
        self._pids = 0
        self._clients = 0
        self.start_broker()
        for _ in range(workers):
            self.start_worker()

    @property
    def admitted(self) -> int:
        return sum(len(worker.admitted) for worker in self.alive.values())

    def admitted_with(self, key_id: str) -> int:
        return sum(list(worker.admitted.values()).count(key_id) for worker in self.alive.values())

    def start_broker(self) -> None:
        """A new run of the broker, told of all processes that may hold seats."""
        self.incarnation += 1
        expected = {*self.alive, *self.unreaped}
        self.seats = Seats[int](self.cap, self.incarnation * CONN_IDS_PER_START, expected)
        self.desk = Desk(
            self.incarnation,
            cast(Relay, None),
            cast(Journal, None),
            self.seats,
            self._send,
            self._watch,
            LOG,
        )
        self.desk.set_keys([LIMITED])

    def start_worker(self) -> Worker:
        self._pids += 1
        worker = self.alive[self._pids] = Worker(self._pids)
        return worker

    def kill_worker(self, pid: int) -> None:
        """It ends with its connections; what it had sent may still be read, and its end is noticed later."""
        self.dead[pid] = self.alive.pop(pid)
        self.unreaped.add(pid)

    def reap(self) -> None:
        """The broker notices who has ended."""
        for pid in sorted(self.unreaped):
            self.unreaped.discard(pid)
            self.desk.gone(pid)

    def arrive(self, pid: int, key_id: str | None = None) -> int:
        self._clients += 1
        self.alive[pid].arrive(self._clients, key_id, self.now)
        return self._clients

    def tick(self, seconds: float) -> None:
        self.now += seconds
        for worker in self.alive.values():
            worker.carry_out(worker.admission.tick(self.now))

    def beat(self) -> None:
        for worker in self.alive.values():
            worker.beat(self.incarnation)

    def deliver(self, choice: int) -> bool:
        """Deliver one message.

        Args:
            choice: which of the queues that hold something it comes from, by any number.

        Returns:
            Whether there was one.
        """
        up = [worker for worker in (*self.alive.values(), *self.dead.values()) if worker.to_broker]
        down = [worker for worker in self.alive.values() if worker.to_worker]
        if not up and not down:
            return False
        index = choice % (len(up) + len(down))
        if index < len(up):
            self.desk.handle(up[index].pid, up[index].to_broker.popleft())
        else:
            down[index - len(up)].receive()
        return True

    def settle(self) -> None:
        """All beats, ends and messages arrive."""
        self.reap()
        self.beat()
        for _ in range(MOST_MESSAGES):
            if not self.deliver(0) and not self.unreaped:
                return
            self.reap()
        raise AssertionError("broker and workers talk without end")

    def is_known(self, worker: Worker) -> bool:
        """Whether worker and broker have met."""
        return self.seats.knows(worker.pid) and worker.admission.incarnation == self.incarnation

    def _send(self, pid: int, message: ToWorker) -> None:
        if pid in self.alive:
            self.alive[pid].to_worker.append(message)

    def _watch(self, pid: int) -> None:
        if pid in self.dead:
            self.unreaped.add(pid)
