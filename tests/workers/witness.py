"""Looks at each refusal at the moment when the broker decides it: is there really no seat that could be had?

A worker that has let a question wait for the whole time of a round is *slow*: what it holds can't be had. Any other
must have no spare seat, none may be on its way to it, and whatever comes back was sent after the refused client came.
"""

from together import KEY_LIMITS, Service, Worker

from broker.messages import (
    KeySeatAnswer,
    KeySeatReturned,
    KeySeatsCalled,
    KeySeatsTold,
    SeatsDenied,
    SeatsRecalled,
    SeatsReturned,
    ToWorker,
)
from broker.rounds import ROUND_SECONDS

TINY = 1e-9


class Witness:
    """Watches a service.

    Args:
        cap: seats in total.
        workers: how many to start with.
    """

    def __init__(self, cap: int, workers: int) -> None:
        self._asked: dict[tuple[int, type], tuple[SeatsRecalled | KeySeatsCalled, float]] = {}
        """The last question to each worker, of each kind, and when it was sent."""
        self.refusals = 0
        self.service = Service(cap, workers)
        self.service.sending = self._sending

    def _sending(self, pid: int, message: ToWorker) -> None:
        match message:
            case SeatsRecalled() | KeySeatsCalled():
                self._asked[pid, type(message)] = message, self.service.now
            case SeatsDenied(up_to=up_to):
                self._check_denial(pid, up_to)
            case KeySeatAnswer(granted=False, key_id=key_id, ticket=ticket):
                self._check_key_refusal(pid, ticket, key_id)
            case _:
                pass

    def _check_denial(self, pid: int, up_to: int) -> None:
        service = self.service
        assert not service.seats.expected
        assert service.seats.free <= 0
        for worker in self._quick(SeatsRecalled):
            assert worker.spare == 0
            assert worker.coming == 0
        if pid in service.alive:
            worker = service.alive[pid]
            waiting = worker.admission._for_seat
            for client in [client for client, each in waiting.items() if each.number <= up_to]:
                self.refusals += 1
                assert not self._on_the_way(SeatsReturned, worker.arrived[client])

    def _check_key_refusal(self, pid: int, ticket: int, key_id: str) -> None:
        service = self.service
        waits = service.alive[pid].admission._for_key.get(ticket) if pid in service.alive else None
        if waits is None:
            return
        self.refusals += 1
        for worker in self._quick(KeySeatsCalled):
            assert not any(isinstance(m, KeySeatAnswer) and m.granted and m.key_id == key_id for m in worker.to_worker)
        since = service.alive[pid].arrived[waits[0]]
        assert not self._on_the_way(KeySeatReturned, since, key_id)
        assert service.key_seats_held(key_id) == KEY_LIMITS[key_id]

    def _quick(self, question: type) -> list[Worker]:
        """The workers that the broker knows, but for those that are slow to answer."""
        return [w for w in self.service.alive.values() if self.service.is_known(w) and not self._is_slow(w, question)]

    def _is_slow(self, worker: Worker, question: type) -> bool:
        asked, asked_at = self._asked.get((worker.pid, question), (None, 0.0))
        return asked is not None and self.service.now - asked_at >= ROUND_SECONDS - TINY and _is_open(worker, asked)

    def _on_the_way(self, kind: type[SeatsReturned | KeySeatReturned], since: int, key_id: str | None = None) -> bool:
        """Whether something comes back that was sent before `since` by a worker that isn't slow."""
        question = SeatsRecalled if kind is SeatsReturned else KeySeatsCalled
        return any(
            isinstance(sent.message, kind)
            and sent.message.incarnation == self.service.incarnation
            and sent.stamp < since
            and getattr(sent.message, "count", 1) > 0
            and getattr(sent.message, "key_id", None) == key_id
            for worker in self._quick(question)
            for sent in worker.to_broker
        )


def _is_open(worker: Worker, question: SeatsRecalled | KeySeatsCalled) -> bool:
    """Whether a question, or the answer to it, is still under way."""
    answers = (SeatsReturned, KeySeatsTold)
    numbers = [
        getattr(sent.message, "recall", 0) or getattr(sent.message, "number", 0)
        for sent in worker.to_broker
        if isinstance(sent.message, answers) and sent.message.incarnation == question.incarnation
    ]
    return question in worker.to_worker or question.number in numbers
