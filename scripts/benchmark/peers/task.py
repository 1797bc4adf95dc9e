"""What all peers written in Python share: where they listen, what they publish and when."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from threading import Thread

import uvloop
from msgspec import Struct, json

from benchmark.shape import Task
from benchmark.stamp import Stamp, Stamped

BACKLOG = 4096
"""Nobody is to be measured by the length of the accept queue."""


class Place(Struct, frozen=True):
    """What a peer is to be, the first line on its standard input, as JSON.

    Args:
        port: to listen on, at 127.0.0.1.
        texts: the events, in a cycle, each cut in two where its stamp goes.
        stamp: theirs.
        compression: whether it agrees to permessage-deflate, as it does by default.
    """

    port: int
    texts: tuple[tuple[str, str], ...]
    stamp: Stamp
    compression: bool


def place() -> Place:
    """Read what it is to be."""
    return json.decode(sys.stdin.readline(), type=Place)


def stamped(at: Place) -> Stamped:
    """The events, as they fall due."""
    return Stamped([(head.encode(), tail.encode()) for head, tail in at.texts], at.stamp)


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


async def publish(texts: Stamped, task: Task, broadcast: Callable[[str], Awaitable[None]]) -> None:
    """Publish a task's events, each as soon as it is due and the loop has time for it."""
    count = 0
    start = time.monotonic()
    for due, size in task.shape.batches(task.seconds):
        await asyncio.sleep(max(0.0, start + due - time.monotonic()))
        if time.monotonic() - start > task.seconds:
            break
        for text in texts.take(size):
            await broadcast(text.decode())
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
        texts = stamped(at)
        await listen(at)
        on_task(lambda task: asyncio.run_coroutine_threadsafe(publish(texts, task, broadcast), loop).result())
        say("listening")
        await asyncio.Event().wait()

    uvloop.run(run())
