"""Commits in, bytes to subscribers out: the streams, their sweeps and the snapshots they belong to. Pure.

A commit is applied whole, so snapshots and streams always agree: who joins gets the snapshot as it is, and from the
stream what comes after it.
"""

from collections.abc import Iterable

from broker.messages import CHANNELS, Channel, Commit
from workers.snapshots import Snapshots
from workers.stream import Stream
from workers.sweep import Sweep


class Fanout:
    """All streams of one worker."""

    def __init__(self) -> None:
        self.snapshots = Snapshots()
        self.sweeps: dict[Channel, Sweep] = {channel: Sweep(Stream()) for channel in CHANNELS}

    def apply(self, commit: Commit) -> None:
        """Take a commit over; the sweeps then have something to do."""
        for_live: list[bytes] = []
        for_odds: list[bytes] = []
        for entry in commit.entries:
            for_odds += entry.frames
            if entry.for_live:
                for_live += entry.frames
            if entry.game_id is not None:
                self.snapshots.set(entry.game_id, entry.fragment)
        self.sweeps["live"].feed(for_live)
        self.sweeps["odds"].feed(for_odds)

    def replace(self, fragments: Iterable[tuple[str, bytes]]) -> None:
        """Take a whole image over, in place of events that nobody can tell any more."""
        self.snapshots.replace(fragments)

    def begin(self) -> None:
        """Begin a sweep of each stream that has something new."""
        for sweep in self.sweeps.values():
            sweep.begin()

    def slice(self) -> bool:
        """Go on with each stream's sweep.

        Returns:
            Whether there is more to do.
        """
        unfinished = [sweep.slice() for sweep in self.sweeps.values()]
        return any(unfinished)
