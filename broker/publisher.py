"""Gives every change its sequence number and its bytes: each event encoded once and framed once. Pure."""

from collections.abc import Iterable, Sequence

from msgspec import json

from broker.events import PriceChange
from broker.frames import text_frame
from broker.games import Game
from broker.messages import Commit, Entry
from broker.state import Effect

_encode = json.Encoder().encode


class Publisher:
    """Numbers what goes out, without a hole, over restarts.

    Args:
        head_seq: the last number that is durable, 0 for none.
    """

    def __init__(self, head_seq: int) -> None:
        self.head_seq = head_seq

    def commit(self, effects: Sequence[Effect], taken_at: float = 0.0) -> Commit:
        """Encode effects as the commit that follows; it counts only once `advance` says it is durable.

        Args:
            effects: all that the transaction changes.
            taken_at: see `Commit`.
        """
        entries = tuple(_entry(effect) for effect in effects)
        length = sum(entry.length for entry in entries)
        return Commit(self.head_seq + 1, self.head_seq + length, entries, taken_at)

    def advance(self, commit: Commit) -> None:
        """The commit is durable: the next one follows it."""
        self.head_seq = commit.last_seq


def fragments(games: Iterable[Game]) -> tuple[tuple[str, bytes], ...]:
    """Encode games for a snapshot."""
    return tuple((game.game_id, _encode(game)) for game in games)


def _entry(effect: Effect) -> Entry:
    frames = tuple(text_frame(_encode(event)) for event in effect.events)
    for_live = not any(isinstance(event, PriceChange) for event in effect.events)
    fragment = _encode(effect.game) if effect.game else None
    return Entry(frames, for_live, effect.game_id, fragment)
