"""A subscriber as the fan-out sees it: a channel, a position, and whether its socket takes more. Pure.

Its socket is *full* when it hasn't taken all that it was given, and *frozen* when it has taken nothing for a while.
Only a frozen one is held to the queue's bound: a client that reads, if slowly, has the stream's log to draw on.
"""

from typing import Literal, Protocol, get_args

from broker.messages import Channel
from workers.deflated import WindowBits
from workers.stream import View

QUEUE_EVENTS = 256
"""Events that wait for a subscriber whose socket takes no more; the oldest beyond them are dropped (README, "Slow
consumers")."""
READER_EVENTS = 16_384
"""Events that a subscriber may be behind while its socket takes some: what the kernel's default buffer of 4 MB would
hold for each of them, held once for all."""
CHECKS_UNTIL_FROZEN = 4
"""Checks in a row at which a full socket has taken nothing since the one before: about a second."""

NO_CONTEXT = -1

OnLag = Literal["drop", "notify", "resync", "close"]
ON_LAG: tuple[OnLag, ...] = get_args(OnLag)


class Outlet(Protocol):
    """The way to a subscriber's socket."""

    def write(self, data: bytes) -> None:
        """Send; when the socket doesn't take all of it, the subscriber is stalled before this returns."""

    def get_write_buffer_size(self) -> int:
        """Bytes that the socket has not taken yet."""


class Subscriber:
    """One subscriber's place in its stream.

    Args:
        conn_id: its number, unique over all workers.
        channel: which stream it receives.
        position: where in that stream it joins.
        outlet: the way to its socket.
        on_lag: what it wants done when events were dropped.
        window_bits: of its decompressor, None for no compression.
    """

    __slots__ = (
        "channel",
        "conn_id",
        "context",
        "dropped",
        "held",
        "idle_checks",
        "on_lag",
        "outlet",
        "position",
        "resynced_at",
        "slot",
        "unsent",
        "untold",
        "view",
        "window_bits",
        "writable",
    )

    view: View
    """Where it gets its events from, while it is in a sweep."""

    def __init__(
        self,
        conn_id: int,
        channel: Channel,
        position: int,
        outlet: Outlet,
        on_lag: OnLag = "drop",
        window_bits: WindowBits | None = None,
    ) -> None:
        self.conn_id = conn_id
        self.channel = channel
        self.position = position
        self.outlet = outlet
        self.on_lag = on_lag
        self.window_bits = window_bits
        self.context = NO_CONTEXT
        """The position up to which it has read the compressed stream without a hole."""
        self.writable = True
        """Its socket has taken all that it was given."""
        self.unsent = 0
        """What a full socket had not taken when that was looked at last, in bytes."""
        self.idle_checks = 0
        """How often in a row it was then found to have taken nothing."""
        self.held = False
        """It gets no events until it has got a fresh snapshot."""
        self.dropped = 0
        """Events it has lost so far."""
        self.untold = 0
        """Those of them that `on_lag` has not dealt with yet."""
        self.resynced_at = float("-inf")
        """When it last got a snapshot to start anew from, in seconds of the worker's clock."""
        self.slot = -1
        """Its index among the members of its sweep, -1 for none."""

    @property
    def frozen(self) -> bool:
        """Whether its socket takes no more."""
        return self.idle_checks >= CHECKS_UNTIL_FROZEN

    def overflow(self, head: int) -> int:
        """How many of the events that wait for it are beyond its bound.

        Args:
            head: of its stream. Only for a subscriber whose socket is full.
        """
        return max(0, head - self.position - (QUEUE_EVENTS if self.frozen else READER_EVENTS))

    def check(self) -> bool:
        """Look at what a full socket has taken since the last time.

        Returns:
            Whether it has taken anything.
        """
        unsent = self.outlet.get_write_buffer_size()
        taken, self.unsent = unsent < self.unsent, unsent
        self.idle_checks = 0 if taken else self.idle_checks + 1
        return taken

    def drop(self, count: int) -> None:
        """Drop the oldest of the events that wait for it."""
        self.position += count
        self.lose(count)

    def lose(self, count: int) -> None:
        """It has lost that many events."""
        self.dropped += count
        self.untold += count
