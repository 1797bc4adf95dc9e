"""What the service's processes hold: it must be no more once everybody has gone than before anybody came."""

from collections.abc import Mapping
from typing import Self

from msgspec import Struct

from service.processes import descriptors, resident_bytes
from service.running import Service
from soak.faults import SUPERVISOR
from soak.violation import ViolationError

SPARE_DESCRIPTORS = 4
"""More than before: connections of ZeroMQ that are being taken down, a database file just opened."""
SPARE_BYTES = 64 * 1024 * 1024
"""More than before: the events that a worker keeps for slow readers (16,384 of 300 bytes, and their compressed copies),
the broker's 10,000 remembered batches, and what the allocator keeps of a storm."""


class Footprint(Struct, frozen=True):
    """One process'.

    Args:
        descriptors: open ones.
        resident_bytes: memory.
    """

    descriptors: int
    resident_bytes: int

    @classmethod
    def of(cls, pid: int) -> Self:
        """Take it now."""
        return cls(descriptors(pid), resident_bytes(pid))


def footprints(service: Service, children: tuple[str, ...]) -> dict[str, Footprint]:
    """Those of all processes, by name."""
    assert service.process
    pids = {SUPERVISOR: service.process.pid} | {child: service.pid(child) for child in children}
    return {name: Footprint.of(pid) for name, pid in pids.items()}


def compare(before: Mapping[str, Footprint], after: Mapping[str, Footprint]) -> None:
    """Hold the processes of the end against those of the beginning.

    Raises:
        ViolationError: if one holds much more.
    """
    for name, now in after.items():
        then = before[name]
        if now.descriptors > then.descriptors + SPARE_DESCRIPTORS:
            raise ViolationError(f"{name} has {now.descriptors} descriptors open, at the beginning {then.descriptors}")
        if now.resident_bytes > then.resident_bytes + SPARE_BYTES:
            grown = (now.resident_bytes - then.resident_bytes) >> 20
            raise ViolationError(f"{name} holds {grown} MB more memory than at the beginning")
