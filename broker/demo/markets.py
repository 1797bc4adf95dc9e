"""What can be bet on in a game, and how likely each result is, from score, time left and strength."""

import math
from typing import Literal

from msgspec import Struct

from broker.demo.script import AWAY, HOME, Match, Moment, Side

LEAST_LEFT = 0.003
"""A rest of doubt until a game is over: a share of 0 would have no spread to divide by."""
TEAM_SD_SHARE = 0.75
"""How far one team's points spread, of what both teams' do: about the square root of a half."""

Style = Literal["winner", "spread", "total"]


class TwoWay(Struct, frozen=True):
    """A bet with two sides.

    Args:
        market: pn_market_type.
        sides: outcome names; the first one wins when the result is above the line.
        style: whether there is a line, and if so how it reads.
        mean: of the result: a margin or a sum.
        sd: of the result.
        open: whether it can still be bet on.
        player_id: for a player's market.
    """

    market: str
    sides: tuple[str, str]
    style: Style
    mean: float
    sd: float
    open: bool
    player_id: str | None = None


MARKETS_PER_GAME = 8
MAIN_MARKETS = 3
"""The first ones of a game's markets: moneyline, spread, total."""


def markets(match: Match, moment: Moment, finished: bool) -> tuple[TwoWay, ...]:
    """The bets of a game as they stand at a moment, always in the same order.

    Args:
        moment: where play is.
        finished: whether the game is final, and all bets are closed.
    """
    return _Outlook(match, moment, not finished).markets()


class _Outlook:
    """What a moment lets expect of a game's end."""

    def __init__(self, match: Match, moment: Moment, is_open: bool) -> None:
        self._match = match
        self._sport = match.sport
        self._moment = moment
        self._open = is_open
        self._left = max(moment.left, LEAST_LEFT)
        self._names = (match.home.name or "", match.away.name or "")

    def markets(self) -> tuple[TwoWay, ...]:
        early_left = self._moment.left - (1 - self._sport.early_share)
        return (
            self._margin("moneyline", "winner", self._left, self._open),
            self._margin("spreads", "spread", self._left, self._open),
            self._total(),
            self._team_total(HOME),
            self._team_total(AWAY),
            self._margin(
                self._sport.early_market, "winner", max(early_left, LEAST_LEFT), self._open and early_left > 0
            ),
            self._player(HOME),
            self._player(AWAY),
        )

    def _margin(self, market: str, style: Style, left: float, is_open: bool) -> TwoWay:
        home, away = self._moment.score
        mean = home - away + self._match.edge * left
        return TwoWay(market, self._names, style, mean, self._sport.margin_sd * math.sqrt(left), is_open)

    def _total(self) -> TwoWay:
        mean = sum(self._moment.score) + 2 * self._sport.mean_points * self._left
        return self._sum("totals", ("Over", "Under"), mean, self._sport.total_sd * math.sqrt(self._left))

    def _team_total(self, side: Side) -> TwoWay:
        mean = self._moment.score[side] + self._sport.mean_points * self._match.tilt(side) * self._left
        sd = TEAM_SD_SHARE * self._sport.total_sd * math.sqrt(self._left)
        return self._sum("team_totals", _over_under(self._names[side]), mean, sd)

    def _player(self, side: Side) -> TwoWay:
        name = self._match.stars[side]
        expected = self._sport.star_mean * self._match.tilt(side) * self._left
        # What comes in units spreads like counts do; a basket is two of them.
        sd = math.sqrt(expected * (2 if self._sport.rapid else 1))
        mean = self._moment.stars[side] + expected
        return self._sum(self._sport.player_market, _over_under(name), mean, sd, name.lower().replace(" ", "-"))

    def _sum(self, market: str, sides: tuple[str, str], mean: float, sd: float, player_id: str | None = None) -> TwoWay:
        return TwoWay(market, sides, "total", mean, sd, self._open, player_id)


def _over_under(name: str) -> tuple[str, str]:
    return f"{name} Over", f"{name} Under"
