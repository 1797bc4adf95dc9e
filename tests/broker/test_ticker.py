"""A ticker calls at once and after each pause, also after a failure, until it is stopped."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from broker.ticker import Ticker


class Timer:
    """What a loop gives for a call yet to come."""

    def __init__(self, seconds: float, call: Callable[[], None]) -> None:
        self.seconds = seconds
        self.call = call
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Loop:
    """A loop whose time is made by hand."""

    def __init__(self) -> None:
        self.timers: list[Timer] = []

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        self.timers.append(Timer(seconds, call))
        return self.timers[-1]


def ticker(loop: Loop, call: Callable[[], None]) -> Ticker:
    return Ticker(cast(asyncio.AbstractEventLoop, loop), 0.25, call)


def test_it_calls_at_once_and_after_each_pause() -> None:
    loop, calls = Loop(), list[int]()
    ticker(loop, lambda: calls.append(1))
    loop.timers[-1].call()
    loop.timers[-1].call()
    assert len(calls) == 3
    assert [timer.seconds for timer in loop.timers] == [0.25] * 3


def test_stopped_it_calls_no_more() -> None:
    loop, calls = Loop(), list[int]()
    ticking = ticker(loop, lambda: calls.append(1))
    loop.timers[-1].call()
    ticking.stop()
    assert loop.timers[-1].cancelled


def test_it_goes_on_after_a_failure() -> None:
    loop = Loop()
    failing = [False, True]

    def call() -> None:
        if failing.pop(0):
            raise ValueError

    ticker(loop, call)
    with pytest.raises(ValueError):
        loop.timers[-1].call()
    assert len(loop.timers) == 2
