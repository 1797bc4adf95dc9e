"""Several herds as one: who is in, who was in when, and what the others were told."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from service.herd import Herd, herd
from service.running import Service

SECONDS = 60.0
"""For a whole storm."""


class Who(NamedTuple):
    """A client: its herd, and its number there."""

    herd: int
    number: int


class Herds:
    """All of them.

    Args:
        herds: that nobody is in of.
        size: clients of each.
        cap: of the service; it is the only reason for which one of them may be refused.
    """

    def __init__(self, herds: Sequence[Herd], size: int, cap: int) -> None:
        self._herds = herds
        self._everybody = [Who(which, number) for number in range(size) for which in range(len(herds))]
        self._full = f'503 | Retry-After: 5 | {{"error":"all {cap} seats are taken; try again in 5 seconds"}}'
        self._moments: list[tuple[float, int]] = []
        self._conn_ids: set[int] = set()
        self.handshakes = 0

    @property
    def inside(self) -> list[Who]:
        """Those who are in."""
        return [Who(which, number) for which, each in enumerate(self._herds) for number in each.inside]

    @property
    def outside(self) -> list[Who]:
        """Those who aren't."""
        inside = set(self.inside)
        return [who for who in self._everybody if who not in inside]

    @property
    def most_at_once(self) -> int:
        """How many were in at one time at most, each from its welcome until it set about leaving."""
        count = most = 0
        for _, step in sorted(self._moments):
            count += step
            most = max(most, count)
        return most

    def leave(self, who: Sequence[Who]) -> None:
        """Have some leave, and wait until the server has seen them off."""
        self.change(who, ())

    def come(self, who: Sequence[Who]) -> tuple[int, int]:
        """Have some come at once; give how many were admitted and how many refused."""
        return self.change((), who)

    def change(self, leave: Sequence[Who], come: Sequence[Who]) -> tuple[int, int]:
        """Have some leave while others come; give how many of these were admitted and how many refused."""
        for which, each in enumerate(self._herds):
            parts = [[who.number for who in group if who.herd == which] for group in (leave, come)]
            each.order(parts[0], parts[1], SECONDS)
        reports = [each.report() for each in self._herds]
        admitted = refused = left = 0
        for report in reports:
            failed = {"broken": len(report.broken), "undecided": len(report.undecided), "cut": len(report.cut)}
            assert not any(failed.values()), (failed, report.refused)
            assert set(report.refused) <= {self._full}
            conn_ids = {conn_id for conn_id, _ in report.admitted.values()}
            assert not conn_ids & self._conn_ids
            self._conn_ids |= conn_ids
            self._moments += [(at, +1) for _, at in report.admitted.values()]
            self._moments += [(at, -1) for at in report.left.values()]
            left += len(report.left)
            admitted += len(conn_ids)
            refused += sum(report.refused.values())
        assert (left, admitted + refused) == (len(leave), len(come))
        self.handshakes += len(come)
        return admitted, refused


@contextmanager
def herds(service: Service, count: int, clients: int, cap: int) -> Iterator[Herds]:
    """So many clients in so many processes, each from an address of its own."""
    with ExitStack() as stack:
        each = [stack.enter_context(herd(service, network=f"127.{which + 1}")) for which in range(count)]
        yield Herds(each, clients // count, cap)
