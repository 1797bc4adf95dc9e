"""Sweeps: visits the subscribers of a stream round-robin and gives each, in one write, all that it has yet to get.

A send costs the kernel 8 to 20 µs whatever its size, an event in it next to nothing. So nobody is sent one event
after the other while many wait: under load each visit finds more events, and the number of sends stays. Pure: the
shell decides when the next slice is due.

    members   [ up to date ........ | yet to be visited ........ | up to date ]
                                    ^ cursor                     ^ cursor + to_visit, around the end
"""

from collections import Counter
from collections.abc import Sequence

from workers.stream import Stream
from workers.subscriber import READER_EVENTS, OnLag, Subscriber

SLICE_SUBSCRIBERS = 64
"""Visits between two turns of the loop, about 1 ms: what handshakes and pings wait at most."""
PORTION_EVENTS = 256
"""Events in one write, about 80 KB: what a client that stops reading can have left in our hands. More when the sweeps
take so long that more come in between, unless each client's bytes are its own: those of TLS are shared by nobody."""


class Sweep:
    """The subscribers of one stream, and who is to be visited next.

    Args:
        stream: what they receive.
        encrypted: for each of them by itself.
    """

    def __init__(self, stream: Stream, *, encrypted: bool = False) -> None:
        self.stream = stream
        self._encrypted = encrypted
        self.members: list[Subscriber] = []
        self.delivered = 0
        """Events written so far, to all."""
        self.plain_bytes = 0
        """What they would have been without compression."""
        self.sent_bytes = 0
        """What they were."""
        self.overrun = 0
        """Events that subscribers lost because this worker was too slow for them: never theirs, always our fault."""
        self._dropped: Counter[OnLag] = Counter()
        self._stalled: set[Subscriber] = set()
        self._cursor = 0
        self._to_visit = 0
        self._begun_at = stream.head
        self._round_head = stream.head
        self._portion = PORTION_EVENTS

    @property
    def dropped(self) -> int:
        """Events dropped so far, of all, those of sockets that are still full included."""
        return sum(self.dropped_by.values())

    @property
    def dropped_by(self) -> Counter[OnLag]:
        """Likewise, by what the subscribers want done then."""
        counts = Counter(self._dropped)
        for subscriber in self._stalled:
            counts[subscriber.on_lag] += subscriber.overflow(self.stream.head)
        return counts

    @property
    def waiting_by(self) -> Counter[OnLag]:
        """Events that wait for sockets that are full, likewise."""
        counts: Counter[OnLag] = Counter()
        for subscriber in self._stalled:
            counts[subscriber.on_lag] += self.stream.head - subscriber.position - subscriber.overflow(self.stream.head)
        return counts

    @property
    def stalled(self) -> int:
        """How many sockets are full."""
        return len(self._stalled)

    def join(self, subscriber: Subscriber) -> None:
        """Add a subscriber, at the head of the stream."""
        subscriber.view = self.stream.enter(subscriber.window_bits)
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
        self.stream.leave(subscriber.window_bits)
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
        """Its socket is full: it isn't visited until `resume`. One that has left counts no more."""
        subscriber.writable = False
        subscriber.unsent = subscriber.outlet.get_write_buffer_size()
        subscriber.idle_checks = 0
        if subscriber.slot >= 0:
            self._stalled.add(subscriber)

    def check_stalled(self) -> None:
        """Find out which of the full sockets take no more at all; to be called a few times a second."""
        for subscriber in self._stalled:
            overflow = subscriber.overflow(self.stream.head)
            if subscriber.check() and overflow:
                # It was frozen and isn't any more: what its queue had no room for is gone.
                self._drop(subscriber, overflow)

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
        """Its socket has taken all that it was given: it gets at once what is left for it.

        Args:
            subscriber: one of the members.
            notice: what it is to be told before that.
        """
        self._stalled.discard(subscriber)
        subscriber.writable = True
        subscriber.idle_checks = 0
        if notice:
            subscriber.outlet.write(notice)
        self.visit(subscriber)

    def feed(self, frames: Sequence[bytes], seconds: float) -> None:
        """Append frames to the stream, for the next visits to find.

        Args:
            frames: of events.
            seconds: of a steady clock.
        """
        if frames:
            self.stream.append(frames, seconds)
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
            self.visit(self.members[self._cursor])
            self._cursor += 1
        self._to_visit = min(self._to_visit - count, len(self.members))
        return self._to_visit > 0

    def visit(self, subscriber: Subscriber) -> None:
        """Give one subscriber all that it has yet to get, as far as its socket takes it."""
        stream = self.stream
        while subscriber.position != stream.head and subscriber.writable and not subscriber.held:
            if subscriber.position < stream.tail:
                self.overrun += stream.tail - subscriber.position
                subscriber.position = stream.tail
            run = subscriber.view.since(subscriber.position, self._portion, subscriber.context)
            # Before the write, which may find the socket full: from then on it lags.
            subscriber.position += run.events
            if run.compressed:
                subscriber.context = subscriber.position
            self.delivered += run.events
            self.plain_bytes += run.plain_bytes
            self.sent_bytes += len(run.data)
            subscriber.outlet.write(run.data)

    def _drop(self, subscriber: Subscriber, count: int) -> int:
        subscriber.drop(count)
        self._dropped[subscriber.on_lag] += count
        return count

    def _wrap(self) -> None:
        """A round is complete: all members have passed the position where it began."""
        self.stream.trim(min(self._round_head, self.stream.head - READER_EVENTS))
        if not self._encrypted:
            self._portion = max(PORTION_EVENTS, 2 * (self.stream.head - self._round_head))
        self._round_head = self.stream.head
        self._cursor = 0

    def _widen(self) -> None:
        # Whoever came in up to date shifted the end of those yet to be visited by one.
        if self._to_visit:
            self._to_visit += 1

    def _put(self, subscriber: Subscriber, slot: int) -> None:
        self.members[slot] = subscriber
        subscriber.slot = slot
