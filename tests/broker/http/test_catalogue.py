"""What REST answers."""

import pytest
from builders import game
from mirrored import live, mirrored, named, price
from msgspec import json
from msgspec.structs import replace

from broker.games import Game
from broker.http import catalogue
from broker.http.shapes import Hit, League, MarketType, Outcome, Sport

SOCCER = replace(game("s1"), pn_league_code="epl", sport_category="soccer", start_date="2025-10-11T12:00:00Z")


def ids(games: tuple[Game, ...]) -> list[str]:
    return [each.game_id for each in games]


def test_live_games_are_those_being_played_by_their_beginning() -> None:
    early = replace(live("g9"), start_date="2025-10-12T13:00:00Z")
    answer = catalogue.live_games(mirrored([live("g2"), game("g1"), live("g1x"), early]))
    assert (answer.count, ids(answer.games)) == (3, ["g9", "g1x", "g2"])


def test_a_game_comes_with_its_prices_by_market_in_order() -> None:
    rows = [
        price(-110.0, market="spreads", points=2.5),
        price(-105.0, market="spreads", points=-2.5),
        price(120.0, book="FanDuel"),
        price(-130.0, book="BetMGM", outcome="Jets", player_id="p1"),
        price(-125.0, book="BetMGM"),
    ]
    answer = catalogue.game_markets(mirrored([game()], rows), game(), (), ())
    assert (answer.game, answer.market_count, answer.outcome_count) == (game(), 2, 5)
    assert list(answer.markets) == ["moneyline", "spreads"]
    assert answer.markets["moneyline"] == (
        Outcome("BetMGM", "Broncos", -125.0, None, None),
        Outcome("BetMGM", "Jets", -130.0, None, "p1"),
        Outcome("FanDuel", "Broncos", 120.0, None, None),
    )
    assert [outcome.points for outcome in answer.markets["spreads"]] == [-2.5, 2.5]


@pytest.mark.parametrize(
    ("markets", "books", "counts"),
    [
        ((), (), (2, 3)),
        (("spreads",), (), (1, 1)),
        ((), ("FanDuel",), (1, 1)),
        (("moneyline", "spreads"), ("BetMGM", "nobody"), (2, 2)),
        (("spreads",), ("FanDuel",), (0, 0)),
        (("nothing",), (), (0, 0)),
    ],
)
def test_filters_leave_empty_markets_out(
    markets: tuple[str, ...], books: tuple[str, ...], counts: tuple[int, int]
) -> None:
    rows = [price(-110.0, market="spreads"), price(-120.0), price(120.0, book="FanDuel")]
    answer = catalogue.game_markets(mirrored([game()], rows), game(), markets, books)
    assert (answer.market_count, answer.outcome_count) == counts
    assert all(answer.markets.values())


def test_scores_name_the_teams() -> None:
    answer = catalogue.game_scores(named(live("g1"), "Denver Broncos", "New York Jets"))
    assert list(json.decode(json.encode(answer))) == [
        *("game_id", "pn_slug", "pn_league_code", "home_team", "away_team", "status", "scores")
    ]
    assert (answer.home_team, answer.away_team) == ("Denver Broncos", "New York Jets")


def test_a_team_without_a_name_is_called_by_city_and_mascot() -> None:
    team = replace(game().home_team, name=None, city="Denver", mascot="Broncos")
    nobody = replace(team, city=None, mascot=None)
    answer = catalogue.game_scores(replace(game(), home_team=team, away_team=nobody))
    assert (answer.home_team, answer.away_team) == ("Denver Broncos", None)


@pytest.mark.parametrize("query", ["miami", "MIAMI H", "hornets", "mia-cha", "slug-g2", "nba"])
def test_games_are_found_by_any_part_of_teams_slug_and_league(query: str) -> None:
    heat = replace(named(game("g1"), "Charlotte Hornets", "Miami Heat"), pn_slug="nba-mia-cha", pn_league_code="nba")
    other = named(game("g2"), "Denver Broncos", "New York Jets")
    answer = catalogue.search(mirrored([heat, other]), query, only_live=False)
    assert (answer.query, answer.count) == (query, 1)
    assert answer.games[0].game_id == ("g2" if query == "slug-g2" else "g1")


def test_a_hit_tells_the_score_where_there_is_one() -> None:
    scored = named(game("g1", "live", home=7, away=3, period="2", clock="10:00"), "Broncos", "Jets")
    answer = catalogue.search(mirrored([scored, named(game("g2"), "Broncos", None)]), "bronc", only_live=False)
    assert [hit.score for hit in answer.games] == ["7-3", None]
    assert answer.games[0] == Hit(
        game_id="g1",
        pn_slug="slug-g1",
        pn_league_code="NFL",
        sport_category="football",
        home_team="Broncos",
        away_team="Jets",
        start_date="2025-10-12T17:00:00Z",
        status="live",
        is_live=True,
        score="7-3",
        period="2",
        clock="10:00",
    )


def test_a_search_can_be_for_live_games_only() -> None:
    mirror = mirrored([game("g1"), live("g2")])
    assert [hit.game_id for hit in catalogue.search(mirror, "slug", only_live=True).games] == ["g2"]


def test_a_search_finds_at_most_fifty() -> None:
    mirror = mirrored([game(f"g{number}") for number in range(60)])
    assert catalogue.search(mirror, "slug", only_live=False).count == 50


def test_leagues_come_with_what_is_offered_on_them() -> None:
    mirror = mirrored(
        [game("g1"), live("g2"), SOCCER, replace(game("g3"), pn_league_code=None)],
        [price(-110.0), price(-110.0, "g2", market="totals"), price(-110.0, "g2")],
    )
    answer = catalogue.leagues(mirror)
    assert answer.leagues == (
        League("NFL", "NFL", "football", 2, 1, ("moneyline", "totals")),
        League("epl", "Premier League", "soccer", 1, 0, ()),
    )


def test_a_leagues_games_can_be_live_ones_only() -> None:
    mirror = mirrored([game("g1"), live("g2"), SOCCER])
    assert ids(catalogue.league_games(mirror, "NFL", only_live=False).games) == ["g1", "g2"]
    assert ids(catalogue.league_games(mirror, "NFL", only_live=True).games) == ["g2"]
    scores = catalogue.league_scores(mirror, "NFL")
    assert (scores.league, scores.count, [each.game_id for each in scores.live]) == ("NFL", 1, ["g2"])


def test_an_unknown_league_has_no_games() -> None:
    answer = catalogue.league_games(mirrored([game()]), "xyz", only_live=False)
    assert (answer.league, answer.count, answer.games) == ("xyz", 0, ())


def test_sports_have_leagues() -> None:
    mirror = mirrored([game("g1"), live("g2"), SOCCER, replace(SOCCER, game_id="s2", pn_league_code="mls")])
    assert catalogue.sports(mirror).sports == (
        Sport("football", 1, ("NFL",), 2, 1),
        Sport("soccer", 2, ("epl", "mls"), 2, 0),
    )


def test_market_types_are_those_offered_with_where() -> None:
    mirror = mirrored(
        [game("g1"), SOCCER],
        [
            price(-110.0),
            price(-110.0, "s1"),
            price(-110.0, market="spreads"),
            price(-110.0, "s1", market="spreads"),
            price(-110.0, market="player_touchdowns"),
            price(-110.0, "s1", market="corners"),
        ],
    )
    answer = catalogue.market_types(mirror, None)
    assert answer.market_types == (
        MarketType("corners", "Corners", "unknown", ("epl",), "soccer"),
        MarketType("moneyline", "Moneyline", "moneyline", ("*",), "*"),
        MarketType("player_touchdowns", "Player Touchdowns", "player-prop", ("NFL",), "football"),
        MarketType("spreads", "Point Spread", "spread", ("NFL", "epl"), "*"),
    )
    of_soccer = catalogue.market_types(mirror, "soccer").market_types
    assert [each.pn_code for each in of_soccer] == ["corners", "moneyline", "spreads"]


def test_of_nothing_everything_is_empty() -> None:
    mirror = mirrored([])
    assert json.encode(catalogue.live_games(mirror)) == b'{"count":0,"games":[]}'
    assert json.encode(catalogue.leagues(mirror)) == b'{"count":0,"leagues":[]}'
    assert json.encode(catalogue.sports(mirror)) == b'{"count":0,"sports":[]}'
    assert json.encode(catalogue.market_types(mirror, None)) == b'{"count":0,"market_types":[]}'
    assert json.encode(catalogue.search(mirror, "x", only_live=False)) == b'{"query":"x","count":0,"games":[]}'
