"""socketify (uWebSockets), with a topic that all subscribe to (https://docs.socketify.dev, "Pub/Sub").

What is published in one turn of the loop goes out to each subscriber in one send. The loop that runs is libuv's own,
which costs less than socketify's usual one, that asks asyncio and libuv in turns. With compression, its shared
compressor: each message by itself, without context.
"""

import time
from collections.abc import Iterator

from socketify import App, AppListenOptions, CompressOptions, OpCode, WebSocket  # type: ignore[import-untyped]

from benchmark.peers import task
from benchmark.shape import Task

TOPIC = "events"
TICK_MS = 1
"""The shortest that libuv knows."""
BACKPRESSURE_LIMIT_BYTES = 256 * 1024 * 1024
"""It would drop events beyond that; here all are to arrive."""


class Publisher:
    """Publishes what is due, with each tick of a timer.

    Args:
        app: the server.
        place: the events.
    """

    def __init__(self, app: App, place: task.Place) -> None:
        self._app = app
        self._texts = task.stamped(place)
        self._compression = place.compression
        self._tasks: list[Task] = []
        self._batches: Iterator[tuple[float, int]] = iter(())
        self._next: tuple[float, int] | None = None
        self._start = 0.0
        self._seconds = 0.0
        self._count = 0

    def add(self, job: Task) -> None:
        """Take a task over, from another thread."""
        self._tasks.append(job)

    def tick(self, _data: object) -> None:
        """Time has passed."""
        if self._tasks:
            job = self._tasks.pop()
            self._batches, self._seconds = job.shape.batches(job.seconds), job.seconds
            self._start, self._count = time.monotonic(), 0
            self._next = next(self._batches, None)
        while self._next and time.monotonic() - self._start >= self._next[0]:
            self._publish(self._next[1])
            self._next = next(self._batches, None)
            if not self._next or time.monotonic() - self._start > self._seconds:
                self._next = None
                task.say(str(self._count))

    def _publish(self, count: int) -> None:
        for text in self._texts.take(count):
            self._app.publish(TOPIC, text.decode(), OpCode.TEXT, self._compression)
        self._count += count


def opened(subscriber: WebSocket) -> None:
    """Let a subscriber in."""
    subscriber.subscribe(TOPIC)


def main() -> None:
    """Run until killed."""
    place = task.place()
    app = App()
    options = {"open": opened, "idle_timeout": 0, "max_backpressure": BACKPRESSURE_LIMIT_BYTES}
    if place.compression:
        options["compression"] = CompressOptions.SHARED_COMPRESSOR
    app.ws("/*", options)
    app.listen(AppListenOptions(port=place.port, host="127.0.0.1"), lambda _: task.say("listening"))
    publisher = Publisher(app, place)
    task.on_task(publisher.add)
    _timer = app.loop.uv_loop.create_timer(TICK_MS, TICK_MS, publisher.tick, None)
    app.loop.uv_loop.run()


if __name__ == "__main__":
    main()
