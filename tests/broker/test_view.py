"""The fold of a subscriber's frames."""

from typing import Any

import pytest
from msgspec import json
from msgspec.structs import replace

from broker.events import GameFinal, NewGame, PriceChange, ScoreChange, StatusChange
from broker.games import Game, Scores, Team
from broker.view import (
    KEPT_PRICE_CHANGES,
    FrameError,
    GameRow,
    Lagged,
    Snapshot,
    View,
    Welcome,
    decode,
)

SCORES = Scores(
    status="Live",
    score_home=1,
    score_away=2,
    period="3",
    clock="04:05",
    is_live=True,
    last_play=None,
    current_down_and_distance=None,
    weather=None,
    weather_temp=None,
    weather_temp_high=None,
    home_starter=None,
    away_starter=None,
)
GAME = Game(
    game_id="g1",
    pn_slug="xfl-owls-bats",
    pn_league_code="xfl",
    sport_category="football",
    start_date="2030-01-01T00:00:00Z",
    status="live",
    venue=None,
    broadcast=None,
    home_team=Team(name="Bats", city=None, mascot=None, abbreviation_pn=None, logo=None),
    away_team=Team(name=None, city=None, mascot="Owls", abbreviation_pn=None, logo=None),
    scores=SCORES,
)
NOW = 50.0
ROW = GameRow("g1", "xfl", "xfl-owls-bats", "Bats", "Owls", "live", 1, 2, "3", "04:05", None)


def _price(number: int) -> PriceChange:
    return PriceChange("g1", None, "xfl", "moneyline", "Book", "Owls", None, 100.0, None, number)


def _view(*games: Game) -> View:
    view = View(lambda _: True)
    view.apply(Welcome("live", 1, "hello"), NOW)
    view.apply(Snapshot("live", 5, len(games), games), NOW)
    return view


def test_a_snapshot_gives_rows() -> None:
    assert _view(GAME).games == {"g1": ROW}


def test_a_later_snapshot_replaces_all_games() -> None:
    view = _view(GAME)
    view.apply(Snapshot("live", 6, 0, ()), NOW)
    assert view.games == {}


def test_events_change_their_game_only() -> None:
    view = _view(GAME)
    view.apply(ScoreChange("g1", "xfl-owls-bats", "xfl", 8, 2, "4", None, 10), NOW)
    row = view.games["g1"]
    assert (row.score_home, row.score_away, row.period, row.clock) == (8, 2, "4", None)
    assert (row.status, row.home, row.changed_at) == ("live", "Bats", 10)
    view.apply(StatusChange("g1", "xfl-owls-bats", "xfl", "live", "final", 11), NOW)
    view.apply(GameFinal("g1", "xfl-owls-bats", "xfl", 9, 2, 12), NOW)
    row = view.games["g1"]
    assert (row.status, row.score_home, row.clock, row.changed_at) == ("final", 9, None, 12)
    assert view.events == 3


def test_a_game_that_was_not_in_the_snapshot_is_known_by_its_events() -> None:
    view = _view()
    view.apply(NewGame("g2", "xfl-new", "xfl", 7), NOW)
    view.apply(StatusChange("g3", None, None, "unplayed", "live", 8), NOW)
    assert view.games == {
        "g2": GameRow("g2", "xfl", "xfl-new", status="unplayed", changed_at=7),
        "g3": GameRow("g3", None, None, status="live", changed_at=8),
    }


def test_the_latest_prices_are_kept_and_all_are_counted() -> None:
    view = _view()
    for number in range(KEPT_PRICE_CHANGES + 3):
        view.apply(_price(number), NOW)
    assert [seen.change.ts for seen in view.prices] == list(range(3, KEPT_PRICE_CHANGES + 3))
    assert view.events == view.price_events == KEPT_PRICE_CHANGES + 3


def test_a_score_is_known_to_be_new_and_a_clock_is_not() -> None:
    view = _view(GAME)
    view.apply(ScoreChange("g1", "xfl-owls-bats", "xfl", 1, 2, "3", "03:59", 10), 51.0)
    assert view.scored == {}
    view.apply(ScoreChange("g1", "xfl-owls-bats", "xfl", 8, 2, "3", "03:58", 11), 52.0)
    assert view.scored == {"g1": 52.0}
    view.apply(Snapshot("live", 5, 0, ()), 53.0)
    assert view.scored == {}


def test_events_of_games_that_are_not_wanted_are_not_counted() -> None:
    view = View(lambda row: row.home == "Bats")
    assert view.apply(Snapshot("odds", 5, 2, (GAME, replace(GAME, game_id="g2", home_team=GAME.away_team))), NOW)
    assert [row.game_id for row in view.rows] == ["g1"]
    assert view.apply(_price(1), NOW)
    assert not view.apply(replace(_price(2), game_id="g2"), NOW)
    assert not view.apply(replace(_price(3), game_id="unheard-of"), NOW)
    assert not view.apply(ScoreChange("g2", None, "xfl", 8, 2, "4", None, 10), NOW)
    assert view.apply(Lagged(1, 11), NOW)
    assert (view.events, view.price_events, view.dropped) == (1, 1, 1)
    assert view.games["g2"].score_home == 1


def test_what_the_server_dropped_is_added_up() -> None:
    view = _view()
    view.apply(Lagged(3, 1), NOW)
    view.apply(Lagged(4, 2), NOW)
    assert view.dropped == 7


@pytest.mark.parametrize(
    "message",
    [
        Welcome("odds", 1, "hello"),
        Snapshot("odds", 5, 1, (GAME,)),
        Lagged(2, 9),
        NewGame("g", None, None, 1),
        ScoreChange("g", None, None, None, None, None, None, 1),
        StatusChange("g", None, None, "unplayed", "live", 1),
        GameFinal("g", None, None, 1, 2, 1),
        _price(1),
    ],
)
def test_each_known_frame_is_decoded(message: Any) -> None:
    assert decode(json.encode(message)) == message


@pytest.mark.parametrize("frame", [b'{"type":"pong","ts":1}', b'{"type":"halftime_show"}'])
def test_an_unknown_type_is_left_out(frame: bytes) -> None:
    assert decode(frame) is None


@pytest.mark.parametrize("frame", [b"", b"hello", b"[]", b'{"ts":1}', b'{"type":"new_game","game_id":5}', b'"\xff"'])
def test_a_frame_that_breaks_the_contract_is_an_error(frame: bytes) -> None:
    with pytest.raises(FrameError, match="can't read"):
        decode(frame)
