"""What producers send: absolute, idempotent observations, and how a payload is split into them.

One bad observation never costs another one: each is decoded by itself (README, "Producers").
"""

from collections.abc import Iterable, Iterator

from msgspec import DecodeError, Raw, Struct, json

from broker.games import Game, GameId, UnixMs

OBSERVATION_LIMIT_BYTES = 65_536
"""A full Game is about 1.5 KB. The bound keeps a runaway line out of state, journal and sockets."""


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


_decoder: json.Decoder[Observation] = json.Decoder(Observation)
_array = json.Decoder(list[Raw])


def parse(payload: bytes) -> Iterator[Observation | Rejection]:
    """Decode a payload of newline-delimited JSON, or a JSON array, observation by observation.

    Args:
        payload: what a producer sent as one batch.

    Yields:
        Each observation, or the reason why that one can't be taken, in the payload's order.
    """
    for index, line in enumerate(_split(payload)):
        try:
            yield _decode(line)
        except (DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield Rejection(index, f"unreadable observation: {error}")


def _split(payload: bytes) -> Iterable[bytes | memoryview]:
    stripped = payload.strip()
    if stripped.startswith(b"["):
        try:
            return [memoryview(item) for item in _array.decode(stripped)]
        except (DecodeError, UnicodeDecodeError, RecursionError):
            # Not an array after all: as lines, each bad one is named.
            pass
    return [line for line in payload.split(b"\n") if line.strip()]


def _decode(line: bytes | memoryview) -> Observation:
    if len(line) > OBSERVATION_LIMIT_BYTES:
        raise DecodeError(f"longer than {OBSERVATION_LIMIT_BYTES} bytes")
    return _decoder.decode(line)
