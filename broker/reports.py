"""What the broker tells whoever watches it, the HTTP process: its state as it changes, and figures each second.

Changes are numbered without a hole, apart from the events' sequence, since not each of them makes an event. Who has
missed one, or is new, asks for the whole state (`StateWanted`) and goes on from its number.
"""

from collections import Counter

from msgspec import Struct, msgpack

from broker.inquiries import Answer
from broker.messages import Counts
from broker.timings import Timings


class GameRow(Struct, frozen=True, array_like=True):
    """A game as it is now, in JSON, for that takes integers of any size; None for one that is forgotten."""

    game_id: str
    game: bytes | None


class PriceRow(Struct, frozen=True, array_like=True):
    """What a book offers now; a price of None for what it doesn't offer any more."""

    game_id: str
    pn_market_type: str
    book: str
    outcome: str
    points: float | None
    price: float | None
    player_id: str | None


class StateChange(Struct, frozen=True, array_like=True, tag=1):
    """What one transaction, or some in a row, changed in the state.

    Args:
        incarnation: of the broker.
        number: one more than that of the change before.
        seq: the last sequence number of an event that is in it.
        games: the rows that are not as they were.
        prices: likewise.
    """

    incarnation: int
    number: int
    seq: int
    games: tuple[GameRow, ...]
    prices: tuple[PriceRow, ...]


class StateImage(Struct, frozen=True, array_like=True, tag=2):
    """The whole state after the change of that number; its fields likewise."""

    incarnation: int
    number: int
    seq: int
    games: tuple[GameRow, ...]
    prices: tuple[PriceRow, ...]


class WorkerReport(Struct, frozen=True, array_like=True):
    """A worker that is registered; `counts` is None until it has told them to this broker."""

    name: str
    pid: int
    counts: Counts | None


class TallyReport(Struct, frozen=True, array_like=True):
    """What the broker has counted since it started.

    Args:
        batches: taken from producers.
        accepted: observations of them.
        rejected: likewise.
        events: emitted, by type.
        writes: how long its transactions took.
    """

    batches: int = 0
    accepted: int = 0
    rejected: int = 0
    events: dict[str, int] = {}
    writes: Timings = Timings()

    def __add__(self, other: "TallyReport") -> "TallyReport":
        """Those of two brokers, one after the other, together."""
        return TallyReport(
            self.batches + other.batches,
            self.accepted + other.accepted,
            self.rejected + other.rejected,
            dict(Counter(self.events) + Counter(other.events)),
            self.writes + other.writes,
        )


class Report(Struct, frozen=True, array_like=True, tag=3):
    """How everything stands.

    Args:
        incarnation: of the broker.
        number: of the last change.
        seq: the last sequence number.
        games: in the state.
        prices: in the state.
        seats_held: by workers, taken and spare ones.
        workers: those that live.
        gone: the counts of those that have ended, together.
        tally: the broker's own counts.
        book_ages: seconds since the last observation of each book.
        wal_bytes: of the journal that its database file doesn't have yet.
    """

    incarnation: int
    number: int
    seq: int
    games: int
    prices: int
    seats_held: int
    workers: tuple[WorkerReport, ...]
    gone: Counts
    tally: TallyReport
    book_ages: dict[str, float]
    wal_bytes: int


Posted = StateChange | Report
"""To all who watch, over PUB."""
Answered = StateImage | Answer
"""To who asked, over the control socket."""

decode_posted = msgpack.Decoder(Posted).decode
decode_answered = msgpack.Decoder(Answered).decode
