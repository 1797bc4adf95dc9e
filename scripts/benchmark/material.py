"""What is sent: the games of a snapshot, and a cycle of price changes, as observations and as the events they make."""

from collections.abc import Sequence

from msgspec import Struct

from benchmark.stamp import Cut, Stamp, filled
from broker.frames import text_frame


class Change(Struct, frozen=True):
    """One price change.

    Args:
        observations: what a producer sends for it, newline-delimited.
        text: the event that subscribers get.
    """

    observations: Cut
    text: Cut


class Material(Struct, frozen=True):
    """What a run is fed with, over and over.

    Args:
        stamp: of its events.
        games: observations of them; all live.
        changes: in a cycle: after the last one comes the first one again.
    """

    stamp: Stamp
    games: Sequence[bytes]
    changes: Sequence[Change]

    def texts(self, events: int) -> Sequence[bytes]:
        """So many events from the beginning of the cycle on, all with the same stamp."""
        cuts = [change.text for change in self.changes]
        return [filled(cuts[number % len(cuts)], self.stamp.offset_units) for number in range(events)]

    def frame_bytes(self, events: int) -> int:
        """How long the frames of so many events are without compression."""
        rounds, rest = divmod(events, len(self.changes))
        sizes = [len(text_frame(text)) for text in self.texts(len(self.changes))]
        return rounds * sum(sizes) + sum(sizes[:rest])
