"""A game as the contract shows it: the same shape comes in from producers and goes out in snapshots.

Every field is required and null where the source has nothing (README, "Game").
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

GameId = Annotated[str, Meta(min_length=1, max_length=200)]
"""Identity of a game. The bound keeps one observation from filling the state's keys."""

UnixMs = Annotated[int, Meta(ge=0, lt=2**53)]
"""Unix time in milliseconds, exact in a JavaScript number."""

Status = Literal["unplayed", "live", "final", "ended"]

FINISHED: frozenset[Status] = frozenset(("final", "ended"))


class Team(Struct, frozen=True):
    """One side of a game."""

    name: str | None
    city: str | None
    mascot: str | None
    abbreviation_pn: str | None
    logo: str | None


class Scores(Struct, frozen=True):
    """What changes while a game is played. `status` is the source's own label."""

    status: str | None
    score_home: int | None
    score_away: int | None
    period: str | None
    clock: str | None
    is_live: bool
    last_play: str | None
    current_down_and_distance: str | None
    weather: str | None
    weather_temp: float | None
    weather_temp_high: float | None
    home_starter: str | None
    away_starter: str | None


class Game(Struct, frozen=True):
    """The full picture of one game."""

    game_id: GameId
    pn_slug: str | None
    pn_league_code: str | None
    sport_category: str | None
    start_date: str | None
    status: Status
    venue: str | None
    broadcast: str | None
    home_team: Team
    away_team: Team
    scores: Scores
