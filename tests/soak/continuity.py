"""What one subscriber gets, compared with what was emitted from its snapshot on. Pure.

Who never stops reading gets every event once and in order. Who stopped may have lost the oldest of those that waited,
and is told so as it wished, with the right number.
"""

import json
from collections.abc import Sequence

from broker.messages import Channel
from soak.emitted import Counts, Emitted
from soak.violation import ViolationError
from workers.subscriber import OnLag

SNAPSHOT = b'{"type":"snapshot"'
LAGGED = b'{"type":"lagged"'
QUEUE_EVENTS = 256
"""Events that wait for a subscriber whose socket takes no more; only older ones may be dropped."""


class Continuity:
    """One subscriber's place in the sequence.

    Args:
        emitted: the sequence; it must hold all that was emitted before what is to be compared.
        channel: what it subscribed to.
        on_lag: what it wants done when events were dropped.
    """

    def __init__(self, emitted: Emitted, channel: Channel, on_lag: OnLag) -> None:
        self._emitted = emitted
        self._events = emitted.events[channel]
        self._channel: Channel = channel
        self._on_lag: OnLag = on_lag
        self._awaits_snapshot = True
        self.snapshot = b""
        """The last one that came."""
        self.joined: Counts = {}
        """The moment of that."""
        self.position = 0
        """How many of the channel's events it has had, or has been told that it lost."""
        self.excused = False
        """It has stopped reading and isn't up to date again: it may lose events."""
        self.delivered = 0
        self.lost = 0

    @property
    def up_to_date(self) -> bool:
        """Whether it has had everything that is known to have been emitted."""
        return not self._awaits_snapshot and self.position == len(self._events)

    def take(self, texts: Sequence[bytes]) -> None:
        """Compare what came next.

        Raises:
            ViolationError: if it isn't what had to come.
        """
        end = self.position + len(texts)
        if not self._awaits_snapshot and self._events[self.position : end] == texts:
            self.position = end
            self.delivered += len(texts)
            return
        for text in texts:
            if text.startswith(SNAPSHOT):
                self._take_snapshot(text)
            elif self._awaits_snapshot:
                raise ViolationError(f"a snapshot had to come, and not {text.decode()}")
            elif text.startswith(LAGGED):
                self._take_notice(json.loads(text)["dropped"])
            else:
                self._take_event(text)

    def _take_snapshot(self, text: bytes) -> None:
        if not self._awaits_snapshot:
            raise ViolationError("a snapshot came for no reason")
        joined = self._emitted.join(text)
        if self.snapshot and joined[self._channel] != self.position:
            raise ViolationError(f"it was told of {joined[self._channel] - self.position} lost events too few")
        self._awaits_snapshot = False
        self.snapshot, self.joined, self.position = text, joined, joined[self._channel]

    def _take_notice(self, dropped: int) -> None:
        if self._on_lag not in ("notify", "resync"):
            raise ViolationError("it was told of lost events and had not asked for that")
        self._lose(dropped)
        self._awaits_snapshot = self._on_lag == "resync"

    def _take_event(self, text: bytes) -> None:
        if self._events[self.position : self.position + 1] != [text]:
            place = self._emitted.find(self._channel, text, self.position)
            if self._on_lag != "drop":
                raise ViolationError(f"it lost {place - self.position} events and was not told")
            if len(self._events) - place < QUEUE_EVENTS:
                raise ViolationError(f"of its queue only {len(self._events) - place} events were left")
            self._lose(place - self.position)
        self.position += 1
        self.delivered += 1

    def _lose(self, count: int) -> None:
        if not self.excused:
            raise ViolationError(f"it lost {count} events and had never stopped reading")
        self.position += count
        self.lost += count
