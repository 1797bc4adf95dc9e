"""The ledger of seats: the sum of all that workers hold never exceeds the cap. Pure.

- A seat goes to a worker by a grant and comes back by a return, or when the worker is gone.
- A worker asks for the seats that its waiting handshakes need, and for some ahead. Needs go first; seats ahead go
  only to a worker that has just spoken, so that one which is frozen isn't given what others may need.
- When none is free, all workers are called to give their spare ones back, in one round for all who wait (rounds.py).
  A worker's answer comes behind all that it returned before, and one that is granted a seat in the meantime is called
  again. So when a round is over no worker has a spare seat, but for those that are late, and every seat that was free
  when it began is known. Then, and only then, the handshakes that waited at its beginning are denied.
- A new broker grants nothing until each worker that lives has told what it holds.

`W` is whatever names a worker.
"""

from collections.abc import Iterable
from typing import Generic

from msgspec import Struct

from broker.rounds import Begun, Late, Round, W


class Grant(Struct, Generic[W], frozen=True):
    """Give `worker` that many seats, with conn_ids from `first_conn_id` on."""

    worker: W
    first_conn_id: int
    count: int


class Recall(Struct, Generic[W], frozen=True):
    """Call the spare seats of `worker` back; its answer is to bear that number."""

    worker: W
    number: int


class Deny(Struct, Generic[W], frozen=True):
    """No seat is free anywhere: of those that `worker` ever needed, the ones up to the `up_to`-th won't come."""

    worker: W
    up_to: int


Verdicts = list[Grant[W] | Recall[W] | Deny[W] | Begun | Late[W]]


class Account(Struct):
    """What the ledger knows of one worker.

    Args:
        held: seats that it has, taken and spare ones.
        needed: seats that its waiting handshakes want.
        ever_needed: how many it has asked for, for those that were granted or have given up too.
        ahead: seats that it wants beyond those.
        fresh: those of the needed seats that were asked for since the last round began.
    """

    held: int
    needed: int = 0
    ever_needed: int = 0
    ahead: int = 0
    fresh: int = 0


class Seats(Generic[W]):
    """The seats of all workers.

    Args:
        cap: how many there are.
        first_conn_id: the first conn_id to give.
        expected: workers that may hold seats already; nothing is granted before each of them is heard of.
    """

    def __init__(self, cap: int, first_conn_id: int, expected: Iterable[W] = ()) -> None:
        self.cap = cap
        self._next_conn_id = first_conn_id
        self._expected = set(expected)
        self._accounts: dict[W, Account] = {}
        self._round = Round[W]()

    @property
    def free(self) -> int:
        """Seats that no worker holds; below 0 only if the cap was lowered under those who sit."""
        return self.cap - sum(account.held for account in self._accounts.values())

    def knows(self, worker: W) -> bool:
        """Whether a worker has said hello."""
        return worker in self._accounts

    @property
    def expected(self) -> frozenset[W]:
        """Workers whose holdings aren't known yet."""
        return frozenset(self._expected)

    def held(self, worker: W) -> int:
        """Seats that a worker holds, taken and spare ones."""
        account = self._accounts.get(worker)
        return account.held if account else 0

    def hello(self, worker: W, held: int) -> Verdicts[W]:
        """A worker tells what it holds."""
        self._expected.discard(worker)
        self._accounts[worker] = Account(held)
        return self._settle()

    def gone(self, worker: W) -> Verdicts[W]:
        """A worker has ended, and with it all its connections."""
        self._expected.discard(worker)
        self._accounts.pop(worker, None)
        self._round.gone(worker)
        return self._settle()

    def wants(self, worker: W, needed: int, ahead: int) -> Verdicts[W]:
        """A worker asks for that many seats more than before; fewer, if negative."""
        account = self._accounts.get(worker)
        if not account:
            return []
        account.needed = max(0, account.needed + needed)
        account.ever_needed += max(0, needed)
        account.fresh = min(account.needed, account.fresh + max(0, needed))
        account.ahead += ahead
        return self._settle(worker)

    def returns(self, worker: W, count: int, recall: int = 0) -> Verdicts[W]:
        """A worker gives seats back.

        Args:
            worker: it.
            count: how many.
            recall: the number of the recall that this answers, if any: the worker had no spare seat left then.
        """
        account = self._accounts.get(worker)
        if not account:
            return []
        account.held = max(0, account.held - count)
        self._round.answered(worker, recall)
        return self._settle(worker)

    def end_round(self, number: int) -> Verdicts[W]:
        """The time of a round is over: who hasn't answered is taken to have no spare seat."""
        return [*self._round.end(number), *self._settle()]

    @property
    def _anybody_waits(self) -> bool:
        return any(account.needed for account in self._accounts.values())

    def _settle(self, speaker: W | None = None) -> Verdicts[W]:
        """Grant what can be, and see whether a round is over or to begin.

        Args:
            speaker: the worker that has just said something, if it was one.
        """
        if self._expected:
            return []
        grants = self._grants(speaker)
        called_again = [grant.worker for grant in grants]
        if speaker is not None and self._round.heard(speaker):
            called_again.append(speaker)
        verdicts: Verdicts[W] = [*grants]
        if any(account.needed > account.fresh for account in self._accounts.values()):
            # Somebody waits for the end of this round: it isn't over before these have answered.
            verdicts += self._recalls(called_again)
        while self._anybody_waits and self._round.is_over:
            verdicts += self._denials() or self._begin()
        return verdicts

    def _grants(self, speaker: W | None) -> list[Grant[W]]:
        free = max(0, self.free)
        counts = dict.fromkeys(self._accounts, 0)
        for worker, account in self._accounts.items():
            counts[worker] = min(account.needed, free)
            account.needed -= counts[worker]
            account.fresh = min(account.fresh, account.needed)
            free -= counts[worker]
        if speaker is not None:
            account = self._accounts[speaker]
            extra = min(account.ahead, free)
            account.ahead -= extra
            counts[speaker] += extra
        return [self._grant(worker, count) for worker, count in counts.items() if count]

    def _grant(self, worker: W, count: int) -> Grant[W]:
        self._accounts[worker].held += count
        first = self._next_conn_id
        self._next_conn_id += count
        return Grant(worker, first, count)

    def _denials(self) -> Verdicts[W]:
        """A round is over: deny those that waited at its beginning."""
        denials: Verdicts[W] = []
        for worker, account in self._accounts.items():
            if account.needed > account.fresh:
                account.needed = account.fresh
                denials.append(Deny(worker, account.ever_needed - account.fresh))
        return denials

    def _begin(self) -> Verdicts[W]:
        """Begin a round for those who still wait; with nobody to call it is over at once."""
        for account in self._accounts.values():
            account.fresh = 0
        begun = self._round.begin()
        recalls = self._recalls(worker for worker, account in self._accounts.items() if account.held)
        return [begun, *recalls] if recalls else []

    def _recalls(self, workers: Iterable[W]) -> list[Recall[W]]:
        return [Recall(worker, self._round.ask(worker)) for worker in workers if not self._round.is_late(worker)]
