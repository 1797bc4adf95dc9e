"""A subscriber as the fan-out sees it: a stream, a position, and whether its socket takes more. Pure."""

from collections.abc import Callable

from broker.messages import Channel

QUEUE_EVENTS = 256
"""Events that wait for a subscriber whose socket takes no more; the oldest beyond them are dropped (README, "Slow
consumers")."""


class Subscriber:
    """One subscriber's place in its stream.

    Args:
        conn_id: its number, unique over all workers.
        channel: which stream it receives.
        position: where in that stream it joins.
        write: hands bytes to its socket, which may clear `writable` before it returns.
    """

    __slots__ = ("channel", "conn_id", "dropped", "position", "slot", "writable", "write")

    def __init__(self, conn_id: int, channel: Channel, position: int, write: Callable[[bytes], None]) -> None:
        self.conn_id = conn_id
        self.channel = channel
        self.position = position
        self.write = write
        self.writable = True
        self.dropped = 0
        self.slot = -1
        """Its index among the members of its sweep."""

    def overflow(self, head: int) -> int:
        """How many of the events that wait for it are beyond the queue's bound.

        Args:
            head: of its stream. Only for a subscriber whose socket takes no more.
        """
        return max(0, head - self.position - QUEUE_EVENTS)

    def resume(self, head: int) -> int:
        """Its socket takes more again: drop what overflowed in the meantime.

        Returns:
            How many events were dropped, the oldest first.
        """
        dropped = self.overflow(head)
        self.position += dropped
        self.dropped += dropped
        self.writable = True
        return dropped
