"""The ledger of seats: the sum of all that workers hold never exceeds the cap. Pure.

- A seat goes to a worker by a grant and comes back by a return, or when the worker is gone.
- A worker asks for the seats that its waiting handshakes need, and for some ahead. Needs go first.
- When none is free, the workers that may have spare ones are called to give them back; only when all have answered
  and still none is free are the waiting handshakes denied.
- A worker that answered a recall has no spare seat until the next grant to it, for a seat that a subscriber leaves is
  returned at once. So a full house denies without asking around again.
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
        may_have_spare: it was granted seats since it was last called to give its spare ones back.
        recalled: it was called to, and hasn't answered yet.
    """

    held: int
    needed: int = 0
    ever_needed: int = 0
    ahead: int = 0
    may_have_spare: bool = True
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
        verdicts = self._grants()
        if any(account.needed for account in self._accounts.values()):
            return [*verdicts, *(self._recalls() or self._denials())]
        return verdicts

    def _grants(self) -> Verdicts[W]:
        free = self.free
        counts = dict.fromkeys(self._accounts, 0)
        for worker, account in self._accounts.items():
            counts[worker] = min(account.needed, max(0, free))
            account.needed -= counts[worker]
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
        account.may_have_spare = True
        first = self._next_conn_id
        self._next_conn_id += count
        return Grant(worker, first, count)

    def _recalls(self) -> Verdicts[W]:
        targets = [
            worker
            for worker, account in self._accounts.items()
            if account.may_have_spare and not account.recalled and account.held
        ]
        for worker in targets:
            account = self._accounts[worker]
            # What is granted from here on may reach the worker after it has answered.
            account.recalled, account.may_have_spare = True, False
        return [Recall(worker) for worker in targets]

    def _denials(self) -> Verdicts[W]:
        if any(account.recalled for account in self._accounts.values()):
            return []
        denials: Verdicts[W] = []
        for worker, account in self._accounts.items():
            if account.needed:
                denials.append(Deny(worker, account.ever_needed))
                account.needed = 0
        return denials
