"""Waiting for a condition, never for a time: the deadline only ends a test that has failed."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

POLL_SECONDS = 0.01
DEADLINE_SECONDS = 20.0

T = TypeVar("T")


def until(condition: Callable[[], T | None], what: str, seconds: float = DEADLINE_SECONDS) -> T:
    """Wait until a condition holds.

    Args:
        condition: asked again and again; its first true value is returned.
        what: what is awaited, for the message of a test that fails.
        seconds: the deadline.
    """
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain until {what}"
        time.sleep(POLL_SECONDS)
    return value


async def eventually(condition: Callable[[], T | None], what: str, seconds: float = DEADLINE_SECONDS) -> T:
    """Wait likewise, while other coroutines go on."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain until {what}"
        await asyncio.sleep(POLL_SECONDS)
    return value
