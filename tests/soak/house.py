"""Who is in, as the clients know it: never more than there are seats, and no conn_id twice. Pure."""

from collections.abc import Callable, Set
from typing import Protocol

from soak.violation import ViolationError


class Guest(Protocol):
    """A client."""

    @property
    def port(self) -> int:
        """Its own, by which the server knows it."""


class House:
    """All seats.

    Args:
        cap: how many there are.
        standing: the ports of those whose connection stands at the server's end. One that a client doesn't read any
            more may have ended there without its knowing.
    """

    def __init__(self, cap: int, standing: Callable[[], Set[int]]) -> None:
        self._cap = cap
        self._standing = standing
        self._inside: set[Guest] = set()
        self._conn_ids: set[int] = set()
        self.peak = 0
        """The most that were in at once."""

    @property
    def count(self) -> int:
        """How many are in."""
        standing = self._standing()
        return sum(guest.port in standing for guest in self._inside)

    @property
    def admitted(self) -> int:
        """How many have come in so far."""
        return len(self._conn_ids)

    def enter(self, guest: Guest, conn_id: int) -> None:
        """A client was let in.

        Raises:
            ViolationError: if there was no seat for it, or its conn_id is not new.
        """
        if conn_id in self._conn_ids:
            raise ViolationError(f"conn_id {conn_id} was given twice")
        self._conn_ids.add(conn_id)
        self._inside.add(guest)
        # All were in before we look, and none comes back: those whose connections stand then were in together.
        count = len(self._inside) if len(self._inside) <= self._cap else self.count
        if count > self._cap:
            raise ViolationError(f"{count} subscribers are in, where there are {self._cap} seats")
        self.peak = max(self.peak, count)

    def leave(self, guest: Guest) -> None:
        """A client is gone, or is about to go."""
        self._inside.discard(guest)
