"""A subscriber as the fan-out sees it: a channel, a position, and whether its socket takes more. Pure."""

from collections.abc import Callable
from typing import Literal, get_args

from broker.messages import Channel

QUEUE_EVENTS = 256
"""Events that wait for a subscriber whose socket takes no more; the oldest beyond them are dropped (README, "Slow
consumers")."""

OnLag = Literal["drop", "notify", "resync", "close"]
ON_LAG: tuple[OnLag, ...] = get_args(OnLag)


class Subscriber:
    """One subscriber's place in its stream.

    Args:
        conn_id: its number, unique over all workers.
        channel: which stream it receives.
        position: where in that stream it joins.
        write: hands bytes to its socket, which may have it stalled before it returns.
        on_lag: what it wants done when events were dropped.
    """

    __slots__ = (
        "channel",
        "conn_id",
        "dropped",
        "held",
        "on_lag",
        "position",
        "resynced_at",
        "slot",
        "untold",
        "writable",
        "write",
    )

    def __init__(
        self,
        conn_id: int,
        channel: Channel,
        position: int,
        write: Callable[[bytes], None],
        on_lag: OnLag = "drop",
    ) -> None:
        self.conn_id = conn_id
        self.channel = channel
        self.position = position
        self.write = write
        self.on_lag = on_lag
        self.writable = True
        """Its socket takes more."""
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

    def overflow(self, head: int) -> int:
        """How many of the events that wait for it are beyond the queue's bound.

        Args:
            head: of its stream. Only for a subscriber whose socket takes no more.
        """
        return max(0, head - self.position - QUEUE_EVENTS)

    def drop(self, count: int) -> None:
        """Drop the oldest of the events that wait for it."""
        self.position += count
        self.lose(count)

    def lose(self, count: int) -> None:
        """It has lost that many events."""
        self.dropped += count
        self.untold += count
