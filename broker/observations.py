"""What producers send: absolute, idempotent observations, and how a payload is split into them.

One bad observation never costs another one: each is decoded by itself (README, "Producers").
"""

from collections.abc import Iterator, Sequence

from msgspec import DecodeError, Raw, Struct, json

from broker.games import Game, GameId, UnixMs

OBSERVATION_LIMIT_BYTES = 65_536
"""A full Game is about 1.5 KB. The bound keeps a runaway line out of state, journal and sockets."""
BATCH_LIMIT_OBSERVATIONS = 10_000
"""A batch is one transaction and one turn of the broker's loop, in which nobody else is served: so many quotes take
some 0.3 s, so many games 0.9 s."""
BATCH_LIMIT_BYTES = 16 * 1024 * 1024
"""So many games of 1.5 KB; also room for a line that is far too long, to be rejected by its index."""


class GameSeen(Struct, frozen=True, tag_field="kind", tag="game"):
    """The full picture of one game as the producer sees it now."""

    game: Game
    ts: UnixMs | None = None


class Quote(Struct, frozen=True, tag_field="kind", tag="quote"):
    """One book's price for one outcome."""

    game_id: GameId
    pn_market_type: str
    book: str
    outcome: str
    price: float
    points: float | None
    player_id: str | None = None
    ts: UnixMs | None = None


class Pull(Struct, frozen=True, tag_field="kind", tag="pull"):
    """An outcome is no longer offered."""

    game_id: GameId
    pn_market_type: str
    book: str
    outcome: str
    points: float | None
    ts: UnixMs | None = None


Observation = GameSeen | Quote | Pull


class Rejection(Struct, frozen=True):
    """Why one observation of a batch was not taken.

    Args:
        index: position of the observation in its batch, from 0; blank lines don't count.
        error: one sentence.
    """

    index: int
    error: str


class BatchError(Exception):
    """A payload that can't be taken as a whole, now or ever; the message is one sentence."""


_decoder: json.Decoder[Observation] = json.Decoder(Observation)
_array = json.Decoder(list[Raw])


def parse(payload: bytes) -> Iterator[Observation | Rejection]:
    """Decode a payload of newline-delimited JSON, or a JSON array, observation by observation.

    Args:
        payload: what a producer sent as one batch.

    Yields:
        Each observation, or the reason why that one can't be taken, in the payload's order.

    Raises:
        BatchError: if there are too many of them, before the first one.
    """
    lines = _split(payload)
    if len(lines) > BATCH_LIMIT_OBSERVATIONS:
        raise BatchError(f"a batch is at most {BATCH_LIMIT_OBSERVATIONS} observations: send this one in parts")
    for index, line in enumerate(lines):
        try:
            yield _decode(line)
        except (DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield Rejection(index, f"unreadable observation: {error}")


def _split(payload: bytes) -> Sequence[bytes | Raw]:
    stripped = payload.strip()
    if stripped.startswith(b"["):
        try:
            return _array.decode(stripped)
        except (DecodeError, UnicodeDecodeError, RecursionError):
            # Not an array after all: as lines, each bad one is named.
            pass
    return [line for line in payload.split(b"\n") if line.strip()]


def _decode(line: bytes | Raw) -> Observation:
    if len(memoryview(line)) > OBSERVATION_LIMIT_BYTES:
        raise DecodeError(f"longer than {OBSERVATION_LIMIT_BYTES} bytes")
    return _decoder.decode(line)
