"""Spreads a periodic duty over its period without a timer for each: a wheel with one slot a tick. Pure."""

from collections.abc import Collection, Hashable
from typing import Generic, TypeVar

M = TypeVar("M", bound=Hashable)


class Wheel(Generic[M]):
    """Members in slots, one slot due each tick.

    Args:
        slots: ticks in a turn.
    """

    def __init__(self, slots: int) -> None:
        self._slots: list[dict[M, None]] = [{} for _ in range(slots)]
        self._now = 0

    def add(self, member: M, number: int) -> None:
        """Add a member; consecutive numbers fall into different slots."""
        self._slots[number % len(self._slots)][member] = None

    def remove(self, member: M, number: int) -> None:
        """Remove a member that was added with that number."""
        self._slots[number % len(self._slots)].pop(member, None)

    def tick(self) -> Collection[M]:
        """The members whose turn it is."""
        self._now = (self._now + 1) % len(self._slots)
        return self._slots[self._now].keys()
