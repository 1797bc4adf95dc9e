"""What all peers written in Python share: where they listen, what they publish and when."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from threading import Thread

import uvloop
from msgspec import Struct, json

from benchmark.shape import Task, stamps

BACKLOG = 4096
"""Nobody is to be measured by the length of the accept queue."""


class Place(Struct, frozen=True):
    """A peer's only argument, as JSON.

    Args:
        port: to listen on, at 127.0.0.1.
        head: the event's bytes ahead of its stamp.
        tail: those after it.
        stamp_offset_ns: what a stamp is more than the time.
    """

    port: int
    head: str
    tail: str
    stamp_offset_ns: int


def place() -> Place:
    """Read the argument."""
    return json.decode(sys.argv[1], type=Place)


def texts(at: Place, count: int) -> list[str]:
    """Make the events of a batch that is due now."""
    return [f"{at.head}{stamp}{at.tail}" for stamp in stamps(count, at.stamp_offset_ns)]


def say(line: str) -> None:
    """Tell the benchmark: `listening` once, and the number of events after each task."""
    print(line, flush=True)


def on_task(call: Callable[[Task], None]) -> None:
    """Have `call` called, in a thread, with each task that comes in on standard input."""

    def read() -> None:
        for line in sys.stdin:
            call(json.decode(line, type=Task))
        # The benchmark is gone.
        os._exit(0)

    Thread(target=read, daemon=True).start()


async def publish(at: Place, task: Task, broadcast: Callable[[str], Awaitable[None]]) -> None:
    """Publish a task's events, each as soon as it is due and the loop has time for it."""
    count = 0
    start = time.monotonic()
    for due, size in task.shape.batches(task.seconds):
        await asyncio.sleep(max(0.0, start + due - time.monotonic()))
        if time.monotonic() - start > task.seconds:
            break
        for text in texts(at, size):
            await broadcast(text)
        count += size
    say(str(count))


def serve(listen: Callable[[Place], Awaitable[None]], broadcast: Callable[[str], Awaitable[None]]) -> None:
    """Run a peer on uvloop until it is killed.

    Args:
        listen: starts the server.
        broadcast: sends one event to all.
    """

    async def run() -> None:
        at = place()
        loop = asyncio.get_running_loop()
        await listen(at)
        on_task(lambda task: asyncio.run_coroutine_threadsafe(publish(at, task, broadcast), loop).result())
        say("listening")
        await asyncio.Event().wait()

    uvloop.run(run())
