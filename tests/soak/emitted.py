"""What the service has emitted so far, as its journal tells: the measure of what each subscriber gets. Pure."""

from collections.abc import Iterable
from hashlib import blake2b

from broker.messages import CHANNELS, Channel, Commit
from service.truth import Image, snapshot_text, unframed
from soak.violation import ViolationError

Counts = dict[Channel, int]
"""How many events each channel has had by some moment."""
DIGEST_BYTES = 16
GAMES = b'"count":'
"""Where a snapshot begins to depend on nothing but the state."""


class Emitted:
    """The emitted sequence from the first commit on, and the snapshot after each of them."""

    def __init__(self) -> None:
        self.head_seq = 0
        self.events: dict[Channel, list[bytes]] = {channel: [] for channel in CHANNELS}
        self._image: Image = {}
        self._joins: dict[bytes, Counts] = {self._digest(): self.counts}

    @property
    def counts(self) -> Counts:
        """How many events there are."""
        return {channel: len(events) for channel, events in self.events.items()}

    def extend(self, commits: Iterable[Commit]) -> list[bytes]:
        """Add the commits that follow.

        Returns:
            Their events.

        Raises:
            ViolationError: if a sequence number is missing, or there twice.
        """
        before = len(self.events["odds"])
        for commit in commits:
            length = sum(entry.length for entry in commit.entries)
            if (commit.first_seq, commit.last_seq) != (self.head_seq + 1, self.head_seq + length):
                raise ViolationError(
                    f"the journal's commit of {length} numbers after {self.head_seq} "
                    f"says that it is {commit.first_seq} to {commit.last_seq}"
                )
            self.head_seq = commit.last_seq
            self._apply(commit)
        return self.events["odds"][before:]

    def join(self, snapshot: bytes) -> Counts:
        """Find the moment of a snapshot.

        Raises:
            ViolationError: if the state never was like that.
        """
        counts = self._joins.get(_digest_of(snapshot[snapshot.find(GAMES) :]))
        if counts is None:
            raise ViolationError("a snapshot shows what was the state after no commit")
        return counts

    def find(self, channel: Channel, event: bytes, start: int) -> int:
        """The place of an event from a place on.

        Raises:
            ViolationError: if it isn't there.
        """
        try:
            return self.events[channel].index(event, start)
        except ValueError:
            known = event in self.events[channel]
            problem = "came twice or too late" if known else "is not in the journal"
            raise ViolationError(f"an event {problem}: {event.decode()}") from None

    def _apply(self, commit: Commit) -> None:
        for entry in commit.entries:
            events = [unframed(frame).encode() for frame in entry.frames]
            self.events["odds"] += events
            if entry.for_live:
                self.events["live"] += events
            if entry.game_id is not None:
                self._image.pop(entry.game_id, None)
                if entry.fragment is not None:
                    self._image[entry.game_id] = entry.fragment.decode()
        if any(entry.game_id is not None for entry in commit.entries):
            self._joins[self._digest()] = self.counts

    def _digest(self) -> bytes:
        snapshot = snapshot_text("live", 0, self._image).encode()
        return _digest_of(snapshot[snapshot.find(GAMES) :])


def _digest_of(games: bytes) -> bytes:
    return blake2b(games, digest_size=DIGEST_BYTES).digest()
