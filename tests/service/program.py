"""Subscribers inside another program: WebSockets that it opens by order, and reports of what comes over them."""

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from broker.messages import Channel
from service.running import Service
from service.waiting import eventually


class Report(Struct, frozen=True, array_like=True):
    """What happened to one WebSocket.

    Args:
        number: which one.
        what: it was opened, a message came, or it was closed.
        text: the extensions agreed to, the message, or the reason.
        code: of a close.
    """

    number: int
    what: Literal["open", "frame", "close"]
    text: str
    code: int = 0


class RemoteSubscriber:
    """One WebSocket of a program, and all that came over it."""

    def __init__(self) -> None:
        self.extension: str | None = None
        """What was agreed to, as the program's WebSocket has it; None until it is open."""
        self.frames: list[str] = []
        self.closed: tuple[int, str] | None = None

    def take(self, report: Report) -> None:
        """Something happened to it."""
        match report.what:
            case "open":
                self.extension = report.text
            case "frame":
                self.frames.append(report.text)
            case "close":
                self.closed = report.code, report.text


class Program:
    """A process that leads a group of its own, and its subscribers.

    Args:
        process: it.
        order: has it open the WebSocket of that number at an address.
    """

    def __init__(self, process: asyncio.subprocess.Process, order: Callable[[int, str], None]) -> None:
        self._process = process
        self._order = order
        self.subscribers: list[RemoteSubscriber] = []

    async def join(self, service: Service, channel: Channel, **parameters: str) -> RemoteSubscriber:
        """Subscribe, and wait for welcome and snapshot."""
        subscriber = RemoteSubscriber()
        self.subscribers.append(subscriber)
        self._order(len(self.subscribers) - 1, service.url(channel, **parameters))
        await eventually(lambda: len(subscriber.frames) >= 2 or subscriber.closed, "a program's subscriber is welcomed")
        assert subscriber.closed is None
        return subscriber

    def take(self, report: Report) -> None:
        """The program tells of one of its WebSockets."""
        self.subscribers[report.number].take(report)

    def stop_reading(self) -> None:
        """Nothing in it runs any more."""
        os.killpg(self._process.pid, signal.SIGSTOP)

    def read_on(self) -> None:
        """It goes on where it was."""
        os.killpg(self._process.pid, signal.SIGCONT)

    async def end(self) -> None:
        """End it and all that it has started."""
        os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
