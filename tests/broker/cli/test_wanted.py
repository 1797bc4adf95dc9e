"""Which games `watch` shows."""

import pytest

from broker.cli.tables import WatchOptions
from broker.cli.wanted import Wanted
from broker.view import GameRow

ROW = GameRow("97724-68456", "nfl", "nfl-sea-jax-2025-10-12", "Jacksonville Jaguars", "Seattle Seahawks")


@pytest.mark.parametrize(
    ("league", "game", "expected"),
    [
        ("", "", True),
        ("NFL", "", True),
        ("mlb, nfl,", "", True),
        ("mlb", "", False),
        ("mlb", "seahawks", False),
        ("", "Seahawks", True),
        ("", "jacksonville", True),
        ("", "sea-jax", True),
        ("", "97724", True),
        ("nfl", "Broncos", False),
    ],
)
def test_games_are_chosen_by_league_and_name(league: str, game: str, expected: bool) -> None:
    assert Wanted.by(WatchOptions(league=league, game=game))(ROW) == expected


def test_a_game_without_a_league_or_names_is_known_by_its_id() -> None:
    row = GameRow("g1", None, None)
    assert Wanted.by(WatchOptions(game="G1"))(row)
    assert not Wanted.by(WatchOptions(league="nfl"))(row)


def test_it_is_told_whether_anything_is_left_out() -> None:
    assert Wanted.by(WatchOptions(league=" , ", game=" ")).is_everything
    assert not Wanted.by(WatchOptions(game="a")).is_everything
