"""The ledger of seats: the sum of all that workers hold never exceeds the cap. Pure.

- A seat goes to a worker by a grant and comes back by a return, or when the worker is gone.
- A worker asks for the seats that its waiting handshakes need, and for some ahead. Needs go first.
- When none is free, all workers are called to give their spare ones back, in one round for all who wait. A worker's
  answer comes behind all that it returned before, so when a round is over every seat that was free when it began is
  known. Then, and only then, the handshakes that waited at its beginning are denied, unless a seat was granted in the
  meantime: that may be a spare one by now, and the next round tells.
- A new broker grants nothing until each worker that lives has told what it holds.

`W` is whatever names a worker.
"""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from msgspec import Struct

W = TypeVar("W", bound=Hashable)


class Grant(Struct, Generic[W], frozen=True):
    """Give `worker` that many seats, with conn_ids from `first_conn_id` on."""

    worker: W
    first_conn_id: int
    count: int


class Recall(Struct, Generic[W], frozen=True):
    """Call the spare seats of `worker` back."""

    worker: W


class Deny(Struct, Generic[W], frozen=True):
    """No seat is free anywhere: of those that `worker` ever needed, the ones up to the `up_to`-th won't come."""

    worker: W
    up_to: int


Verdicts = list[Grant[W] | Recall[W] | Deny[W]]


class Account(Struct):
    """What the ledger knows of one worker.

    Args:
        held: seats that it has, taken and spare ones.
        needed: seats that its waiting handshakes want.
        ever_needed: how many it has asked for, for those that were granted or have given up too.
        ahead: seats that it wants beyond those.
        fresh: those of the needed seats that were asked for since the last round began.
        granted: it was given a seat since then.
        recalled: it was called in this round and hasn't answered yet.
    """

    held: int
    needed: int = 0
    ever_needed: int = 0
    ahead: int = 0
    fresh: int = 0
    granted: bool = False
    recalled: bool = False


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

    @property
    def free(self) -> int:
        """Seats that no worker holds; below 0 only if the cap was lowered under those who sit."""
        return self.cap - sum(account.held for account in self._accounts.values())

    def knows(self, worker: W) -> bool:
        """Whether a worker has said hello."""
        return worker in self._accounts

    @property
    def complete(self) -> bool:
        """Whether all holdings are known."""
        return not self._expected

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
        return self._settle()

    def returns(self, worker: W, count: int, *, recalled: bool) -> Verdicts[W]:
        """A worker gives seats back; `recalled` if it was called to, and has no spare one now."""
        account = self._accounts.get(worker)
        if not account:
            return []
        account.held = max(0, account.held - count)
        if recalled:
            account.recalled = False
        return self._settle()

    def _settle(self) -> Verdicts[W]:
        if not self.complete:
            return []
        grants = self._grants()
        if any(account.recalled for account in self._accounts.values()):
            return grants
        return [*grants, *self._denials(), *self._recalls()]

    def _grants(self) -> Verdicts[W]:
        free = self.free
        counts = dict.fromkeys(self._accounts, 0)
        for worker, account in self._accounts.items():
            counts[worker] = min(account.needed, max(0, free))
            account.needed -= counts[worker]
            account.fresh = min(account.fresh, account.needed)
            free -= counts[worker]
        for worker, account in self._accounts.items():
            extra = min(account.ahead, max(0, free))
            counts[worker] += extra
            account.ahead -= extra
            free -= extra
        return [self._grant(worker, count) for worker, count in counts.items() if count]

    def _grant(self, worker: W, count: int) -> Grant[W]:
        account = self._accounts[worker]
        account.held += count
        account.granted = True
        first = self._next_conn_id
        self._next_conn_id += count
        return Grant(worker, first, count)

    def _denials(self) -> Verdicts[W]:
        """A round is over, or none has begun and all needs are fresh: deny those that waited at its beginning."""
        denials: Verdicts[W] = []
        if any(account.granted for account in self._accounts.values()):
            return denials
        for worker, account in self._accounts.items():
            if account.needed > account.fresh:
                account.needed = account.fresh
                denials.append(Deny(worker, account.ever_needed - account.fresh))
        return denials

    def _recalls(self) -> Verdicts[W]:
        """Begin a round, if somebody still waits."""
        if not any(account.needed for account in self._accounts.values()):
            return []
        for account in self._accounts.values():
            account.fresh, account.granted, account.recalled = 0, False, account.held > 0
        return [Recall(worker) for worker, account in self._accounts.items() if account.recalled]
