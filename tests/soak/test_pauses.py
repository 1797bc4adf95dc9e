"""The pause before a process is started again grows as operators are told."""

import pytest

from soak.pauses import Pauses


def test_it_doubles_up_to_half_a_minute() -> None:
    pauses = Pauses()
    longest = [pauses.next("broker", 0.0) for _ in range(8)]
    assert longest == pytest.approx([1.2 * seconds for seconds in (0.5, 1, 2, 4, 8, 16, 30, 30)])
    assert pauses.next("worker-1", 0.0) == pytest.approx(0.6)


def test_a_minute_of_work_is_rewarded() -> None:
    pauses = Pauses()
    pauses.next("broker", 0.0)
    pauses.ready("broker", 1.0)
    assert pauses.next("broker", 60.9) == pytest.approx(1.2)
    pauses.ready("broker", 70.0)
    assert pauses.next("broker", 130.0) == pytest.approx(0.6)


def test_a_new_supervisor_knows_nothing_of_the_past() -> None:
    pauses = Pauses()
    pauses.next("broker", 0.0)
    pauses.forget("broker", "worker-1")
    assert pauses.next("broker", 0.0) == pytest.approx(0.6)
