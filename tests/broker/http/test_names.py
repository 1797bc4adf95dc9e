"""Codes and their names."""

from broker.http.names import LEAGUES, MARKETS, league_name, market_name

CATEGORIES = {
    *("moneyline", "spread", "total", "player-prop", "team-prop", "half-period", "esports-special"),
    *("three-way", "exact-score", "parlay", "prop", "unknown"),
}
"""All that version 1 of the public API knows."""


def test_known_codes_have_names_and_known_categories() -> None:
    assert all(code == code.lower() and name for code, name in LEAGUES.items())
    assert {market.category for market in MARKETS.values()} <= CATEGORIES


def test_unknown_codes_name_themselves() -> None:
    assert league_name("xyz") == "XYZ"
    assert market_name("total_corners")[:2] == ("Total Corners", "unknown")
    assert market_name("player_touchdowns")[:2] == ("Player Touchdowns", "player-prop")
