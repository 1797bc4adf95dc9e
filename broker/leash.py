"""What ties a child process to its supervisor: two pipes, and no other channel.

Down the child's standard input come its orders as one JSON line; the pipe then stays open and silent, so its end
tells the child that the supervisor is gone, however it went. Up the child's standard output go lines: `ready` once, and
a pulse with every second in which its event loop turns.
"""

import asyncio
import os
import sys
from collections.abc import Callable

from msgspec import DecodeError, Struct, json

from broker.process_title import entitle
from broker.settings import Settings

READY_LINE = b"ready\n"
PULSE_SECONDS = 1.0
HOPELESS = 78
"""Exit code of a child that can't work as it was started, so that another start won't help (sysexits.h: EX_CONFIG)."""


class Orders(Struct, frozen=True):
    """What the supervisor tells a child when it starts it.

    Args:
        settings: the whole service's settings.
        name: the child's name in logs and in the list of processes.
        worker_pids: for a broker, the workers that may hold seats already.
        started_at: when the service started, in seconds of the host's monotonic clock.
    """

    settings: Settings
    name: str
    worker_pids: tuple[int, ...] = ()
    started_at: float = 0.0


class Pulse(Struct, frozen=True):
    """The child's event loop turns.

    Args:
        subscribers: that it has.
    """

    subscribers: int = 0


_decode_pulse = json.Decoder(Pulse).decode


def read_orders() -> Orders:
    """Wait for the supervisor's line on standard input, and go by the name that it gives.

    To be called once, before anything else reads standard input.
    """
    line = bytearray()
    while not line.endswith(b"\n"):
        # Unbuffered, so that nothing after the line is taken away from the watch below.
        byte = os.read(sys.stdin.fileno(), 1)
        if not byte:
            raise SystemExit("this is a child process of `books-relayer serve` and can't be started alone")
        line += byte
    orders = json.decode(line, type=Orders)
    entitle(orders.name)
    return orders


def on_supervisor_gone(loop: asyncio.AbstractEventLoop, end: Callable[[], None]) -> None:
    """Call `end` once the supervisor's end of standard input is closed."""
    stdin = sys.stdin.fileno()

    def readable() -> None:
        if not os.read(stdin, 64):
            loop.remove_reader(stdin)
            end()

    loop.add_reader(stdin, readable)


def say_ready() -> None:
    """Tell the supervisor that this child does its work now."""
    _say(READY_LINE)


def pulsate(loop: asyncio.AbstractEventLoop, pulse: Callable[[], Pulse]) -> None:
    """Tell the supervisor with every second that this loop turns.

    Args:
        loop: the child's.
        pulse: makes what is told.
    """
    # A supervisor that is stopped reads nothing: better it hears nothing than that we wait for it.
    os.set_blocking(sys.stdout.fileno(), False)

    def beat() -> None:
        loop.call_later(PULSE_SECONDS, beat)
        _say(json.encode(pulse()) + b"\n")

    beat()


def read_pulse(line: bytes) -> Pulse | None:
    """Read a child's line; None if it is none of ours, such as what a library prints."""
    try:
        return _decode_pulse(line)
    except DecodeError:
        return None


def _say(line: bytes) -> None:
    try:
        os.write(sys.stdout.fileno(), line)
    except (BlockingIOError, BrokenPipeError):
        # It is stopped, or gone, which the other pipe tells.
        return
