"""Commits in, bytes to subscribers out: the streams, their sweeps and the snapshots they belong to. Pure.

A commit is applied whole, so snapshots and streams always agree: who joins gets the snapshot as it is, and from the
stream what comes after it.
"""

from collections.abc import Iterable

from broker.messages import CHANNELS, Channel, Commit
from broker.notices import lagged_frame
from broker.timings import Stopwatch
from workers.clock import Clock
from workers.snapshots import Snapshots
from workers.stream import Stream
from workers.subscriber import Subscriber
from workers.sweep import Sweep

RESYNC_SECONDS = 1.0
"""A snapshot is some 20 KB: a subscriber that can't keep up must not be sent one after the other."""


class Fanout:
    """All streams of one worker.

    Args:
        encrypted: what goes to each subscriber.
    """

    def __init__(self, *, encrypted: bool = False) -> None:
        self.snapshots = Snapshots()
        self.sweeps: dict[Channel, Sweep] = {channel: Sweep(Stream(), encrypted=encrypted) for channel in CHANNELS}
        self.sweeping = Stopwatch()
        """How long the sweeps took."""
        self.latency = Stopwatch()
        """How old commits were when all subscribers had been given them."""
        self._fresh: list[float] = []
        """When those commits were taken that no sweep has begun to carry yet."""
        self._carried: list[float] = []
        """And those that the present one carries."""
        self._held: set[Subscriber] = set()
        """Those who wait for a fresh snapshot."""

    def apply(self, commit: Commit, clock: Clock) -> None:
        """Take a commit over; the sweeps then have something to do."""
        for_live: list[bytes] = []
        for_odds: list[bytes] = []
        for entry in commit.entries:
            for_odds += entry.frames
            if entry.for_live:
                for_live += entry.frames
            if entry.game_id is not None:
                self.snapshots.set(entry.game_id, entry.fragment)
        self.sweeps["live"].feed(for_live, clock.seconds)
        self.sweeps["odds"].feed(for_odds, clock.seconds)
        self._fresh.append(commit.taken_at)

    def replace(self, fragments: Iterable[tuple[str, bytes]], lost: int, clock: Clock) -> list[Subscriber]:
        """Take a whole image over, in place of events that nobody can tell any more: all subscribers lag.

        Args:
            fragments: the encoded games of the snapshot.
            lost: how many events that were.
            clock: the time.

        Returns:
            The subscribers to close.
        """
        self.snapshots.replace(fragments)
        if not lost:
            return []
        subscribers = [member for sweep in self.sweeps.values() for member in sweep.members]
        for subscriber in subscribers:
            subscriber.lose(lost)
        return [each for each in subscribers if each.writable and self._proceed(each, clock)]

    def leave(self, subscriber: Subscriber) -> None:
        """A subscriber is gone."""
        self._held.discard(subscriber)
        self.sweeps[subscriber.channel].leave(subscriber)

    def finish(self, subscriber: Subscriber) -> None:
        """A subscriber is about to be closed: it gets what there is, as far as its socket takes it."""
        self.sweeps[subscriber.channel].visit(subscriber)

    def stall(self, subscriber: Subscriber) -> None:
        """A subscriber's socket takes no more."""
        self.sweeps[subscriber.channel].stall(subscriber)

    def resume(self, subscriber: Subscriber, clock: Clock) -> bool:
        """A subscriber's socket takes more again: it gets what is left for it, or what it wants instead.

        Returns:
            Whether it is to be closed.
        """
        if not subscriber.held:
            self.sweeps[subscriber.channel].drop_overflow(subscriber)
        return self._proceed(subscriber, clock)

    def check_stalled(self) -> None:
        """Find out which of the full sockets take no more at all."""
        for sweep in self.sweeps.values():
            sweep.check_stalled()

    def resync(self, clock: Clock) -> None:
        """Give those who wait for it a fresh snapshot, at most one a second each."""
        for subscriber in tuple(self._held):
            if subscriber.writable and clock.seconds - subscriber.resynced_at >= RESYNC_SECONDS:
                self._resync(subscriber, clock)

    def begin(self) -> None:
        """Begin a sweep of each stream that has something new."""
        self._carried, self._fresh = self._fresh, []
        for sweep in self.sweeps.values():
            sweep.begin()

    def slice(self) -> bool:
        """Go on with each stream's sweep.

        Returns:
            Whether there is more to do.
        """
        unfinished = [sweep.slice() for sweep in self.sweeps.values()]
        return any(unfinished)

    def end(self, began: float, ended: float) -> None:
        """The sweep is over.

        Args:
            began: seconds of the host's monotonic clock.
            ended: likewise.
        """
        if not any(sweep.members for sweep in self.sweeps.values()):
            return
        self.sweeping.note(ended - began)
        for taken_at in self._carried:
            # The clock starts anew with the host, the journal doesn't.
            if 0 < taken_at <= ended:
                self.latency.note(ended - taken_at)

    def _proceed(self, subscriber: Subscriber, clock: Clock) -> bool:
        """Go on with a writable subscriber as it wants it done; True if that is to close it."""
        sweep = self.sweeps[subscriber.channel]
        notice = b""
        if subscriber.untold:
            if subscriber.on_lag == "close":
                return True
            if subscriber.on_lag == "resync":
                subscriber.held = True
                self._held.add(subscriber)
            if subscriber.on_lag == "notify":
                notice = lagged_frame(subscriber.untold, clock.unix_ms)
            if not subscriber.held:
                subscriber.untold = 0
        sweep.resume(subscriber, notice)
        if subscriber.held and clock.seconds - subscriber.resynced_at >= RESYNC_SECONDS:
            self._resync(subscriber, clock)
        return False

    def _resync(self, subscriber: Subscriber, clock: Clock) -> None:
        self._held.discard(subscriber)
        sweep = self.sweeps[subscriber.channel]
        sweep.drop_all(subscriber)
        notice = lagged_frame(subscriber.untold, clock.unix_ms)
        subscriber.untold = 0
        subscriber.held = False
        subscriber.resynced_at = clock.seconds
        sweep.resume(subscriber, notice + self.snapshots.frame(subscriber.channel, clock.unix_ms))
