"""Sweeps: visits the subscribers of a stream round-robin and gives each, in one write, all that it has yet to get.

A send costs the kernel 8 to 20 µs whatever its size, an event in it next to nothing. So nobody is sent one event
after the other while many wait: under load each visit finds more events, and the number of sends stays. Pure: the
shell decides when the next slice is due.

    members   [ up to date ........ | yet to be visited ........ | up to date ]
                                    ^ cursor                     ^ cursor + to_visit, around the end
"""

from collections.abc import Sequence

from workers.stream import Stream
from workers.subscriber import QUEUE_EVENTS, Subscriber

SLICE_SUBSCRIBERS = 64
"""Visits between two turns of the loop, about 1 ms: what handshakes and pings wait at most."""


class Sweep:
    """The subscribers of one stream, and who is to be visited next.

    Args:
        stream: what they receive.
    """

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.members: list[Subscriber] = []
        self.delivered = 0
        """Events written so far, to all."""
        self.overrun = 0
        """Events that subscribers lost because this worker was too slow for them: never theirs, always our fault."""
        self._dropped = 0
        self._stalled: set[Subscriber] = set()
        self._cursor = 0
        self._to_visit = 0
        self._begun_at = stream.head
        self._round_head = stream.head

    @property
    def dropped(self) -> int:
        """Events dropped so far, of all, those of sockets that still take no more included."""
        return self._dropped + sum(subscriber.overflow(self.stream.head) for subscriber in self._stalled)

    def join(self, subscriber: Subscriber) -> None:
        """Add a subscriber, at the head of the stream."""
        subscriber.slot = len(self.members)
        self.members.append(subscriber)
        self._widen()

    def leave(self, subscriber: Subscriber) -> None:
        """Remove a subscriber, at the same cost for any number, without anyone's turn being skipped."""
        if subscriber.held:
            self.drop_all(subscriber)
        elif not subscriber.writable:
            self.drop_overflow(subscriber)
        self._stalled.discard(subscriber)
        hole = subscriber.slot
        if hole < self._cursor:
            # Whoever was visited last fills the hole; the last member takes that place, and its turn is next.
            self._cursor -= 1
            self._put(self.members[self._cursor], hole)
            hole = self._cursor
            self._widen()
        last = self.members.pop()
        if hole < len(self.members):
            self._put(last, hole)
        subscriber.slot = -1

    def stall(self, subscriber: Subscriber) -> None:
        """Its socket takes no more: it isn't visited until `resume`. One that has left counts no more."""
        subscriber.writable = False
        if subscriber.slot >= 0:
            self._stalled.add(subscriber)

    def drop_overflow(self, subscriber: Subscriber) -> int:
        """Hold a stalled subscriber to its bound.

        Returns:
            How many events were dropped, the oldest first.
        """
        return self._drop(subscriber, subscriber.overflow(self.stream.head))

    def drop_all(self, subscriber: Subscriber) -> int:
        """Drop all that a subscriber has yet to get.

        Returns:
            How many events were dropped.
        """
        return self._drop(subscriber, self.stream.head - subscriber.position)

    def resume(self, subscriber: Subscriber, notice: bytes = b"") -> None:
        """Its socket takes more again: it gets at once what is left for it.

        Args:
            subscriber: one of the members.
            notice: what it is to be told before that.
        """
        self._stalled.discard(subscriber)
        subscriber.writable = True
        if notice:
            subscriber.write(notice)
        self._visit(subscriber)

    def feed(self, frames: Sequence[bytes]) -> None:
        """Append frames to the stream, for the next visits to find."""
        if frames:
            self.stream.append(frames)
        if not self.members:
            self.stream.trim(self.stream.head)

    def begin(self) -> None:
        """Begin a sweep, if the head has moved since the last one began."""
        if self.stream.head != self._begun_at:
            self._begun_at = self.stream.head
            self._to_visit = len(self.members)

    def slice(self) -> bool:
        """Visit the next few subscribers.

        Returns:
            Whether there are more to visit.
        """
        count = min(SLICE_SUBSCRIBERS, self._to_visit, len(self.members))
        for _ in range(count):
            if self._cursor >= len(self.members):
                self._wrap()
            self._visit(self.members[self._cursor])
            self._cursor += 1
        self._to_visit = min(self._to_visit - count, len(self.members))
        return self._to_visit > 0

    def _drop(self, subscriber: Subscriber, count: int) -> int:
        subscriber.drop(count)
        self._dropped += count
        return count

    def _visit(self, subscriber: Subscriber) -> None:
        stream = self.stream
        behind = stream.head - subscriber.position
        if not behind or not subscriber.writable or subscriber.held:
            return
        if subscriber.position < stream.tail:
            self.overrun += stream.tail - subscriber.position
            behind = stream.head - stream.tail
        # Before the write, which may find out that the socket takes no more: from then on it lags.
        joined = stream.since(stream.head - behind)
        subscriber.position = stream.head
        self.delivered += behind
        subscriber.write(joined)

    def _wrap(self) -> None:
        """A round is complete: all members have passed the position where it began."""
        self.stream.trim(min(self._round_head, self.stream.head - QUEUE_EVENTS))
        self._round_head = self.stream.head
        self._cursor = 0

    def _widen(self) -> None:
        # Whoever came in up to date shifted the end of those yet to be visited by one.
        if self._to_visit:
            self._to_visit += 1

    def _put(self, subscriber: Subscriber, slot: int) -> None:
        self.members[slot] = subscriber
        subscriber.slot = slot
