"""What happens in a game, moment by moment: the words that every sport's play is told in."""

from collections.abc import Iterator
from random import Random
from typing import Literal, Protocol

from msgspec import Struct

from broker.demo.sports import Sport
from broker.games import Team

Side = Literal[0, 1]
HOME: Side = 0
AWAY: Side = 1


class Match(Struct, frozen=True):
    """Who plays whom.

    Args:
        edge: points that the home team is expected to win by.
        stars: the player of each side that is bet on.
    """

    sport: Sport
    home: Team
    away: Team
    edge: float
    stars: tuple[str, str]

    def tilt(self, side: Side) -> float:
        """By which factor a side scores more, or less, than the average team; around 1."""
        share = self.edge / (2 * self.sport.mean_points)
        return 1 + share if side == HOME else 1 - share

    def abbreviation(self, side: Side) -> str:
        """A side's name for the field position."""
        return ((self.home, self.away)[side].abbreviation_pn or "").upper()


class Play(Struct, frozen=True):
    """What happens next in a sport with a clock.

    Args:
        seconds: how long it takes, in game time.
        side: whose points.
        star: whether they are its star's.
        situation: what the football calls down and distance.
    """

    seconds: int
    text: str
    side: Side = HOME
    points: int = 0
    star: bool = False
    situation: str | None = None


class Plays(Protocol):
    """A sport's way to go on."""

    def next(self, rng: Random) -> Play:
        """Make up the next play."""

    def restart(self, rng: Random) -> None:
        """A period begins."""


class Moment(Struct, frozen=True):
    """The state of a game from one instant on.

    Args:
        at_ms: since the game's start.
        left: share of the game still to be played; 0 when it is over.
        score: home, away.
        stars: what each side's star has collected.
    """

    at_ms: int
    period: str
    clock: str | None
    left: float
    score: tuple[int, int]
    stars: tuple[int, int]
    text: str
    situation: str | None = None


class Tally:
    """The score so far."""

    def __init__(self) -> None:
        self._points = [0, 0]
        self._stars = [0, 0]

    @property
    def score(self) -> tuple[int, int]:
        """Home, away."""
        return self._points[HOME], self._points[AWAY]

    @property
    def stars(self) -> tuple[int, int]:
        """Home's star, away's."""
        return self._stars[HOME], self._stars[AWAY]

    @property
    def level(self) -> bool:
        """Whether nobody leads."""
        return self._points[HOME] == self._points[AWAY]

    def add(self, side: Side, points: int, star_points: int) -> None:
        """Count points, and what the star has of them."""
        self._points[side] += points
        self._stars[side] += star_points


Script = Iterator[Moment]
