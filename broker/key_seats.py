"""The ledger of keys with a limit: the subscribers of one key, over all workers, never exceed it. Pure.

The same rules as for seats (seats.py), without spare ones: each subscriber of such a key is asked for. `W` is whatever
names a worker.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from broker.messages import KeyRecord

W = TypeVar("W", bound=Hashable)


class KeySeats(Generic[W]):
    """Who has how many subscribers of which key."""

    def __init__(self) -> None:
        self._limits: dict[str, int] = {}
        self._held: dict[W, Counter[str]] = {}

    def set_limits(self, records: Iterable[KeyRecord]) -> None:
        """Take over the limits of the keys there are now; those who sit above a lowered one stay."""
        self._limits = {r.key_id: r.max_connections for r in records if r.max_connections is not None}

    def hello(self, worker: W, held: dict[str, int]) -> None:
        """A worker tells what it holds."""
        self._held[worker] = Counter(held)

    def gone(self, worker: W) -> None:
        """A worker has ended, and with it all its connections."""
        self._held.pop(worker, None)

    def take(self, worker: W, key_id: str) -> bool:
        """Count one more subscriber of a key, if its limit allows.

        A key whose limit was taken away in the meantime is still counted, so that what returns was taken.
        """
        held = self._held.get(worker)
        if held is None:
            return False
        limit = self._limits.get(key_id)
        if limit is not None and self._total(key_id) >= limit:
            return False
        held[key_id] += 1
        return True

    def give_back(self, worker: W, key_id: str) -> None:
        """Count one subscriber of a key less."""
        held = self._held.get(worker)
        if held and held[key_id] > 0:
            held[key_id] -= 1

    def _total(self, key_id: str) -> int:
        return sum(held[key_id] for held in self._held.values())
