"""Descriptors and memory that don't come back are found."""

import os

import pytest

from soak.footprint import SPARE_BYTES, SPARE_DESCRIPTORS, Footprint, compare
from soak.violation import ViolationError

BEFORE = {"broker": Footprint(20, 30_000_000)}


def test_as_much_as_before_and_a_little_more_is_good() -> None:
    compare(BEFORE, BEFORE)
    compare(BEFORE, {"broker": Footprint(20 + SPARE_DESCRIPTORS, 30_000_000 + SPARE_BYTES)})


@pytest.mark.parametrize(
    ("after", "problem"),
    [
        (Footprint(21 + SPARE_DESCRIPTORS, 0), "broker has 25 descriptors open, at the beginning 20"),
        (Footprint(0, 30_000_001 + SPARE_BYTES), "broker holds 64 MB more memory"),
    ],
)
def test_a_leak_is_found(after: Footprint, problem: str) -> None:
    with pytest.raises(ViolationError, match=problem):
        compare(BEFORE, {"broker": after})


def test_a_process_is_measured() -> None:
    descriptor = os.dup(0)
    more = Footprint.of(os.getpid())
    os.close(descriptor)
    assert Footprint.of(os.getpid()).descriptors == more.descriptors - 1
    assert more.resident_bytes > 1_000_000
