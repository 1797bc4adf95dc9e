"""A failure is told once, and its end once."""

from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from structlog.testing import LogCapture

from broker.outage import STEADY_SECONDS, Outage


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Told:
    """An outage, its clock, and what it has logged."""

    def __init__(self) -> None:
        self.clock = Clock()
        capture = LogCapture()
        self.lines: list[Any] = capture.entries
        log = structlog.wrap_logger(
            None, processors=[capture], wrapper_class=structlog.make_filtering_bound_logger("info")
        )
        self.outage = Outage("broken", "mended", log, self.clock)


@pytest.fixture
def told() -> Iterator[Told]:
    yield Told()


BEGAN = {"event": "broken", "error": "no room", "log_level": "error"}


def test_nothing_is_told_as_long_as_all_works(told: Told) -> None:
    told.outage.worked()
    told.clock.now += 1e9
    told.outage.worked()
    assert told.lines == []


def test_any_number_of_failures_is_told_once_and_so_is_their_end(told: Told) -> None:
    for _ in range(2):
        told.lines.clear()
        for _ in range(100):
            told.outage.failed(ValueError("no room"))
            told.clock.now += 0.25
        assert told.lines == [BEGAN]
        told.clock.now += STEADY_SECONDS
        for _ in range(100):
            told.outage.worked()
        assert told.lines == [BEGAN, {"event": "mended", "failures": 100, "seconds": 24.75, "log_level": "info"}]


def test_what_works_now_and_then_is_still_in_trouble(told: Told) -> None:
    for _ in range(100):
        told.outage.failed(ValueError("no room"))
        told.clock.now += STEADY_SECONDS - 0.01
        told.outage.worked()
    assert told.lines == [BEGAN]
    told.clock.now += 0.01
    told.outage.worked()
    assert len(told.lines) == 2
