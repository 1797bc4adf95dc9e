"""What people call leagues and market types that data calls by codes; of others the code makes the name. Pure."""

from typing import NamedTuple


class MarketName(NamedTuple):
    """A market type for people.

    Args:
        display_name: such as `Point Spread`.
        category: one of those of version 1 of the public API, such as `spread`.
        universal: whether it is the same in every sport.
    """

    display_name: str
    category: str
    universal: bool = False


LEAGUES = {
    "atp": "ATP Tour",
    "cbb": "College Basketball",
    "cfb": "College Football",
    "cricket": "Cricket",
    "epl": "Premier League",
    "fifwc": "FIFA World Cup",
    "ipl": "Indian Premier League",
    "kbo": "KBO League",
    "lib": "Copa Libertadores",
    "mlb": "MLB",
    "mls": "MLS",
    "nba": "NBA",
    "nfl": "NFL",
    "nhl": "NHL",
    "soccer": "Soccer",
    "ufc": "UFC",
    "wnba": "WNBA",
    "wta": "WTA Tour",
}

PLAYER_PROP = "player-prop"
PART_OF_A_GAME = "half-period"
UNKNOWN = "unknown"

MARKETS = {
    "moneyline": MarketName("Moneyline", "moneyline", universal=True),
    "spreads": MarketName("Point Spread", "spread"),
    "totals": MarketName("Total (Over/Under)", "total", universal=True),
    "three_way_moneyline": MarketName("Three-Way Moneyline", "three-way"),
    "team_totals": MarketName("Team Total", "team-prop"),
    "both_teams_to_score": MarketName("Both Teams To Score", "prop"),
    "double_chance": MarketName("Double Chance", "three-way"),
    "draw_no_bet": MarketName("Draw No Bet", "moneyline"),
    "correct_score": MarketName("Correct Score", "exact-score"),
    "first_half_moneyline": MarketName("First Half Moneyline", PART_OF_A_GAME),
    "first_half_spreads": MarketName("First Half Spread", PART_OF_A_GAME),
    "first_half_totals": MarketName("First Half Total", PART_OF_A_GAME),
    "first_period_moneyline": MarketName("First Period Moneyline", PART_OF_A_GAME),
    "first_5_innings_moneyline": MarketName("First 5 Innings Moneyline", PART_OF_A_GAME),
    "points": MarketName("Player Points", PLAYER_PROP),
    "rebounds": MarketName("Player Rebounds", PLAYER_PROP),
    "assists": MarketName("Player Assists", PLAYER_PROP),
    "threes": MarketName("Player Made Threes", PLAYER_PROP),
    "double_doubles": MarketName("Player Double Double", PLAYER_PROP),
    "assists_points_rebounds": MarketName("Player Points + Rebounds + Assists", PLAYER_PROP),
}
PLAYER_PREFIX = "player_"


def league_name(code: str) -> str:
    """Name a league."""
    return LEAGUES.get(code, code.upper())


def market_name(code: str) -> MarketName:
    """Name a market type."""
    if code in MARKETS:
        return MARKETS[code]
    category = PLAYER_PROP if code.startswith(PLAYER_PREFIX) else UNKNOWN
    return MarketName(code.replace("_", " ").title(), category)
