"""A mirror that was told of made-up games and prices."""

from collections.abc import Iterable

from builders import game
from msgspec import json
from msgspec.structs import replace

from broker.games import Game, Team
from broker.http.mirror import Mirror
from broker.reports import GameRow, PriceRow, StateImage

INCARNATION = 3


def price(
    value: float | None,
    game_id: str = "g1",
    market: str = "moneyline",
    book: str = "BetMGM",
    outcome: str = "Broncos",
    points: float | None = None,
    player_id: str | None = None,
) -> PriceRow:
    """A row of the state."""
    return PriceRow(game_id, market, book, outcome, points, value, player_id)


def named(of: Game, home: str | None, away: str | None) -> Game:
    """A game of these teams."""
    teams = [Team(name=name, city=None, mascot=None, abbreviation_pn=None, logo=None) for name in (home, away)]
    return replace(of, home_team=teams[0], away_team=teams[1])


def game_row(of: Game) -> GameRow:
    """A row of the state."""
    return GameRow(of.game_id, json.encode(of))


def image(games: Iterable[Game], prices: Iterable[PriceRow] = (), number: int = 1, seq: int = 1) -> StateImage:
    """The whole state."""
    return StateImage(INCARNATION, number, seq, tuple(game_row(each) for each in games), tuple(prices))


def mirrored(games: Iterable[Game], prices: Iterable[PriceRow] = ()) -> Mirror:
    """A mirror of these."""
    mirror = Mirror()
    mirror.imaged(image(games, prices))
    return mirror


def live(game_id: str) -> Game:
    """A game that is being played."""
    return game(game_id, "live")
