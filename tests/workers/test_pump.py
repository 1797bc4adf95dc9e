"""Sweeps at once when idle, in slices with the loop's turns between, and a pause after each."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

import workers.pump
from workers.pump import LONGEST_PAUSE_SECONDS, PAUSE_PER_SWEEP, Pump


class Turns:
    """A loop of tests: what was called for soon and later, and a clock that sweeps move on."""

    def __init__(self) -> None:
        self.soon: list[Callable[[], None]] = []
        self.later: list[tuple[float, Callable[[], None]]] = []
        self.now = 0.0

    def call_soon(self, callback: Callable[[], None]) -> None:
        self.soon.append(callback)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        self.later.append((seconds, callback))

    def turn(self) -> None:
        """Run what was called for soon."""
        due, self.soon = self.soon, []
        for callback in due:
            callback()

    def pause_ends(self) -> float:
        """Run the one thing called for later."""
        ((seconds, callback),) = self.later
        self.later = []
        callback()
        return seconds


class Work:
    """A fan-out of tests."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.begun = 0
        self.slices = 0
        self.more: list[bool] = []
        self.slice_seconds = 0.0
        self.ended: list[tuple[float, float]] = []

    def begin(self) -> None:
        self.begun += 1

    def slice(self) -> bool:
        self.slices += 1
        self._turns.now += self.slice_seconds
        return self.more.pop(0) if self.more else False

    def end(self, began: float, ended: float) -> None:
        self.ended.append((began, ended))


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Turns:
    turns = Turns()
    monkeypatch.setattr(workers.pump, "monotonic", lambda: turns.now)
    return turns


@pytest.fixture
def work(turns: Turns) -> Work:
    return Work(turns)


@pytest.fixture
def pump(turns: Turns, work: Work) -> Pump:
    return Pump(cast(asyncio.AbstractEventLoop, turns), work.begin, work.slice, work.end)


def test_an_idle_pump_sweeps_at_once(pump: Pump, work: Work) -> None:
    pump.feed()
    assert (work.begun, work.slices) == (1, 1)


def test_a_long_sweep_gives_the_loop_a_turn_after_each_slice(pump: Pump, work: Work, turns: Turns) -> None:
    work.more = [True, True]
    pump.feed()
    for slices in (1, 2, 3):
        assert work.slices == slices
        turns.turn()
    assert (work.begun, work.slices) == (1, 3)


def test_what_comes_during_a_sweep_waits_for_the_next_one(pump: Pump, work: Work, turns: Turns) -> None:
    work.more = [True]
    pump.feed()
    pump.feed()
    pump.feed()
    turns.turn()
    assert work.begun == 1
    turns.pause_ends()
    assert work.begun == 2


def test_what_comes_during_the_pause_waits_for_its_end(pump: Pump, work: Work, turns: Turns) -> None:
    pump.feed()
    pump.feed()
    assert work.begun == 1
    turns.pause_ends()
    assert work.begun == 2


def test_with_nothing_to_do_it_rests_and_begins_at_once_again(pump: Pump, work: Work, turns: Turns) -> None:
    pump.feed()
    turns.pause_ends()
    assert (turns.soon, turns.later, work.begun) == ([], [], 1)
    pump.feed()
    assert work.begun == 2


@pytest.mark.parametrize(
    ("slice_seconds", "pause"),
    [(0.0, 0.0), (0.001, 0.002 * PAUSE_PER_SWEEP), (1.0, LONGEST_PAUSE_SECONDS)],
)
def test_the_pause_is_a_part_of_the_sweep_up_to_a_limit(
    pump: Pump, work: Work, turns: Turns, slice_seconds: float, pause: float
) -> None:
    work.slice_seconds = slice_seconds
    work.more = [True]
    pump.feed()
    turns.turn()
    assert turns.pause_ends() == pytest.approx(pause)


def test_the_end_of_a_sweep_is_told_with_its_times(pump: Pump, work: Work, turns: Turns) -> None:
    work.slice_seconds, work.more = 1.0, [True]
    began = turns.now
    pump.feed()
    assert not work.ended
    turns.turn()
    assert work.ended == [(began, began + 2.0)]
