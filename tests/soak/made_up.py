"""Observations of games that never were: the same for the same seed. Pure."""

from random import Random
from typing import Any

from msgspec import Struct

from service.observed import BOOKS, OUTCOMES, encode, game, quote

GAMES = 6
MOVES = ("quote", "score", "pull", "whistle")
WEIGHTS = (85, 10, 4, 1)
PRICES = 300
FIRST_TS = 1_700_000_000_000


class Playing(Struct):
    """A game that isn't over."""

    game_id: str
    status: str = "live"
    score: int = 0


class Feed:
    """One producer's view of the world.

    Every batch also changes the `last_play` of a game that is always live. That makes no event, but no two commits
    leave the same snapshot: a subscriber's snapshot tells when it was taken.

    Args:
        name: that the ids of its games begin with.
        random: decides on everything.
    """

    def __init__(self, name: str, random: Random) -> None:
        self._name = name
        self._random = random
        self._games: list[Playing] = []
        self._begun = 0
        self._batches = 0
        self._ts = FIRST_TS

    def opening(self) -> list[bytes]:
        """The batch to begin with."""
        return [encode(self._seen(self._begin("live"))) for _ in range(GAMES)]

    def batch(self, moves: int) -> list[bytes]:
        """One batch: the change that makes no event, and so many others."""
        self._batches += 1
        marker = self._seen(self._games[0])
        marker["game"]["scores"]["last_play"] = f"batch {self._batches}"
        return [encode(each) for each in (marker, *(each for _ in range(moves) for each in self._move()))]

    def _move(self) -> list[dict[str, Any]]:
        playing = self._random.choice(self._games)
        match self._random.choices(MOVES, WEIGHTS)[0]:
            case "score":
                playing.score += 1
                return [self._seen(playing)]
            case "whistle" if playing is not self._games[0]:
                return self._whistle(playing)
            case "pull":
                pulled = self._quoted(playing)
                del pulled["price"], pulled["player_id"]
                return [pulled | {"kind": "pull", "reason": "line_moved"}]
            case _:
                return [self._quoted(playing)]

    def _whistle(self, playing: Playing) -> list[dict[str, Any]]:
        """A game begins; or it ends, and another one is announced."""
        if playing.status == "unplayed":
            playing.status = "live"
            return [self._seen(playing)]
        playing.status = "final"
        self._games.remove(playing)
        return [self._seen(playing), self._seen(self._begin("unplayed"))]

    def _begin(self, status: str) -> Playing:
        self._begun += 1
        playing = Playing(f"{self._name}-{self._begun}", status)
        self._games.append(playing)
        return playing

    def _seen(self, playing: Playing) -> dict[str, Any]:
        return self._stamped(game(playing.game_id, playing.status, playing.score))

    def _quoted(self, playing: Playing) -> dict[str, Any]:
        price = -100.0 - self._random.randrange(PRICES)
        return self._stamped(
            quote(playing.game_id, price, self._random.choice(OUTCOMES), self._random.choice(BOOKS)),
        )

    def _stamped(self, observation: dict[str, Any]) -> dict[str, Any]:
        """With a ts of its own: no two events are alike."""
        self._ts += 1
        return observation | {"ts": self._ts}
