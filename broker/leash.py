"""What ties a child process to its supervisor: two pipes, and no other channel.

Down the child's standard input come its orders as one JSON line; the pipe then stays open and silent, so its end
tells the child that the supervisor is gone, however it went. Up the child's standard output goes one line, `ready`.
"""

import asyncio
import os
import sys
from collections.abc import Callable

from msgspec import Struct, json

from broker.settings import Settings

READY_LINE = b"ready\n"


class Orders(Struct, frozen=True):
    """What the supervisor tells a child when it starts it.

    Args:
        settings: the whole service's settings.
        name: the child's name in logs.
        worker_pids: for a broker, the workers that may hold seats already.
    """

    settings: Settings
    name: str
    worker_pids: tuple[int, ...] = ()


def read_orders() -> Orders:
    """Wait for the supervisor's line on standard input; call once, before anything else reads it."""
    line = bytearray()
    while not line.endswith(b"\n"):
        # Unbuffered, so that nothing after the line is taken away from the watch below.
        byte = os.read(sys.stdin.fileno(), 1)
        if not byte:
            raise SystemExit("this is a child process of `books-relayer serve` and can't be started alone")
        line += byte
    return json.decode(line, type=Orders)


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
    os.write(sys.stdout.fileno(), READY_LINE)
