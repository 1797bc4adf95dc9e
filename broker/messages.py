"""What broker and workers tell each other, in MessagePack.

A commit is the unit of everything behind the state: one transaction, one journal row, one PUB message,
and the same bytes in all three. `incarnation` names one run of the broker; a message that belongs to an
earlier run is dropped, so nothing that was in flight when a broker died can be counted twice.
"""

from collections import Counter
from typing import Any, Literal

from msgspec import Struct, msgpack
from msgspec.structs import asdict, astuple

from broker.inquiries import Answer, Question, StateWanted
from broker.timings import Timings

Channel = Literal["live", "odds"]
CHANNELS: tuple[Channel, ...] = ("live", "odds")


class Entry(Struct, frozen=True, array_like=True):
    """The effect of one observation; applied whole, so that no subscriber joins in the middle of it.

    Args:
        frames: the events, encoded and framed; may be empty when only the snapshot changed.
        for_live: whether /ws/live gets them too.
        game_id: the game whose place in the snapshot changed, if any.
        fragment: that game encoded for the snapshot, None when it is no longer in it.
    """

    frames: tuple[bytes, ...]
    for_live: bool
    game_id: str | None = None
    fragment: bytes | None = None

    @property
    def length(self) -> int:
        """How many sequence numbers the entry takes: one for a change without an event."""
        return len(self.frames) or 1


class KeyRecord(Struct, frozen=True, array_like=True):
    """A subscriber's key as everybody but its holder knows it.

    Args:
        key_id: its short public name.
        digest: SHA-256 of the key.
        channels: what it opens.
        expires_at: Unix ms, None for never.
        max_connections: simultaneous subscribers over all workers, None for no limit.
    """

    key_id: str
    digest: bytes
    channels: tuple[Channel, ...]
    expires_at: int | None
    max_connections: int | None


# Broker to all workers, over PUB.


class Commit(Struct, frozen=True, array_like=True, tag=1):
    """All that one transaction changed; its entries take the sequence numbers first_seq..last_seq.

    Args:
        taken_at: when the broker began with it, in seconds of the host's monotonic clock, which all processes share;
            0 for unknown.
    """

    first_seq: int
    last_seq: int
    entries: tuple[Entry, ...]
    taken_at: float = 0.0


class Beat(Struct, frozen=True, array_like=True, tag=2):
    """The broker is there, and this is the last sequence number it gave."""

    incarnation: int
    head_seq: int


Published = Commit | Beat

# Worker to broker, over the control socket.


class Hello(Struct, frozen=True, array_like=True, tag=1):
    """A worker introduces itself, with all that it holds, to a broker that it hasn't met yet.

    Its routing id on the control socket is its process id in decimal digits. Sent again until it is answered; only
    the first one that arrives counts, for from then on the ledger follows what is granted and returned.
    """

    incarnation: int
    seats_held: int
    key_seats_held: dict[str, int]
    name: str = ""


class SeatsWanted(Struct, frozen=True, array_like=True, tag=2):
    """`needed` more handshakes wait than before (less, if negative); `ahead` more seats would spare others the wait."""

    incarnation: int
    needed: int
    ahead: int


class SeatsReturned(Struct, frozen=True, array_like=True, tag=3):
    """Seats that are free again; `recall` is the number of the SeatsRecalled that this answers, 0 for none."""

    incarnation: int
    count: int
    recall: int = 0


class KeySeatWanted(Struct, frozen=True, array_like=True, tag=4):
    """One more subscriber of a key that has a limit; `ticket` comes back with the answer."""

    incarnation: int
    ticket: int
    key_id: str


class KeySeatReturned(Struct, frozen=True, array_like=True, tag=5):
    """One subscriber less of a key that has a limit."""

    incarnation: int
    key_id: str


class CatchUpWanted(Struct, frozen=True, array_like=True, tag=6):
    """The worker knows everything up to `since` (-1: nothing) and wants what follows."""

    incarnation: int
    since: int


class Counts(Struct, frozen=True, array_like=True, tag=7):
    """What a worker counts.

    Args:
        live: subscribers of /ws/live now.
        odds: subscribers of /ws/odds now.
        delivered: events written since the worker started, to all of them.
        dropped: events dropped for slow ones.
        overrun: events lost because the worker was too slow itself.
        live_plain_bytes: what the events written to /ws/live would have been without compression.
        live_sent_bytes: what they were.
        odds_plain_bytes: likewise for /ws/odds.
        odds_sent_bytes: likewise.
        refused: handshakes turned away, by the reason's label.
        closed: subscribers that have left, by the reason's label.
        dropped_by: events dropped, by the subscriber's on_lag.
        waiting_by: events that wait for sockets that take no more, by the subscriber's on_lag.
        stalled: how many such sockets there are.
        sweeps: how long the sweeps took.
        latency: from the broker's first look at a batch to the end of the sweep that carried it.
    """

    live: int = 0
    odds: int = 0
    delivered: int = 0
    dropped: int = 0
    overrun: int = 0
    live_plain_bytes: int = 0
    live_sent_bytes: int = 0
    odds_plain_bytes: int = 0
    odds_sent_bytes: int = 0
    refused: dict[str, int] = {}
    closed: dict[str, int] = {}
    dropped_by: dict[str, int] = {}
    waiting_by: dict[str, int] = {}
    stalled: int = 0
    sweeps: Timings = Timings()
    latency: Timings = Timings()

    def __add__(self, other: "Counts") -> "Counts":
        """Those of two workers together."""
        return Counts(*(_sum(one, another) for one, another in zip(astuple(self), astuple(other), strict=True)))


def figures(counts: Counts) -> dict[str, int | dict[str, int]]:
    """Those of a worker's counts that go into a log line: all but the timings."""
    return {name: value for name, value in asdict(counts).items() if not isinstance(value, Timings)}


def _sum(one: Any, another: Any) -> Any:
    return dict(Counter(one) + Counter(another)) if isinstance(one, dict) else one + another


class KeySeatsTold(Struct, frozen=True, array_like=True, tag=8):
    """Answer to the KeySeatsCalled of that number."""

    incarnation: int
    number: int


ToBroker = (
    Hello
    | SeatsWanted
    | SeatsReturned
    | KeySeatWanted
    | KeySeatReturned
    | KeySeatsTold
    | CatchUpWanted
    | Counts
    | StateWanted
    | Question
    | Answer
)

# Broker to one worker, over the control socket.


class Registered(Struct, frozen=True, array_like=True, tag=1):
    """Answer to Hello: what the worker holds is in this broker's ledger."""

    incarnation: int


class SeatsGranted(Struct, frozen=True, array_like=True, tag=2):
    """`count` seats; each carries one conn_id, from `first_conn_id` on."""

    incarnation: int
    first_conn_id: int
    count: int


class SeatsRecalled(Struct, frozen=True, array_like=True, tag=3):
    """Give back every spare seat, also if there is none, under that number: a handshake waits somewhere."""

    incarnation: int
    number: int


class SeatsDenied(Struct, frozen=True, array_like=True, tag=4):
    """The cap is reached: of the seats that this worker ever needed, those up to the `up_to`-th won't come."""

    incarnation: int
    up_to: int


class KeySeatAnswer(Struct, frozen=True, array_like=True, tag=5):
    """Whether the key of that ticket is below its limit and has been counted up."""

    incarnation: int
    ticket: int
    key_id: str
    granted: bool


class Keys(Struct, frozen=True, array_like=True, tag=6):
    """All keys that are good, in place of those known before."""

    records: tuple[KeyRecord, ...]


class Replay(Struct, frozen=True, array_like=True, tag=7):
    """Commits out of the journal, without a hole, from the first one the worker misses."""

    incarnation: int
    commits: tuple[bytes, ...]


class Image(Struct, frozen=True, array_like=True, tag=8):
    """The whole snapshot state at `seq`, for a worker that can't be caught up from the journal."""

    incarnation: int
    seq: int
    fragments: tuple[tuple[str, bytes], ...]


class KeySeatsCalled(Struct, frozen=True, array_like=True, tag=9):
    """Answer under that number: what came back before then is told, and a key at its limit is really there."""

    incarnation: int
    number: int


ToWorker = (
    Registered
    | SeatsGranted
    | SeatsRecalled
    | SeatsDenied
    | KeySeatAnswer
    | KeySeatsCalled
    | Keys
    | Replay
    | Image
    | Question
)

encode = msgpack.Encoder().encode
decode_published = msgpack.Decoder(Published).decode
decode_commit = msgpack.Decoder(Commit).decode
decode_to_broker = msgpack.Decoder(ToBroker).decode
decode_to_worker = msgpack.Decoder(ToWorker).decode
