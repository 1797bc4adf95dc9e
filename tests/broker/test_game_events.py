"""What one observation of a game makes, alone; in a batch, and with its prices, see test_state.py."""

import pytest
from builders import game
from msgspec.structs import replace

from broker.events import GameFinal, NewGame, ScoreChange, StatusChange
from broker.game_events import game_events
from broker.games import Status

TS = 1_760_000_000_000
WHO = ("g1", "slug-g1", "NFL")


def test_an_unplayed_game_first_seen_is_only_new() -> None:
    assert game_events(None, game(), TS) == (NewGame(*WHO, TS),)


def test_a_live_game_first_seen_was_unplayed_before_and_has_no_score_change() -> None:
    seen = game(status="live", home=3, away=0)
    assert game_events(None, seen, TS) == (NewGame(*WHO, TS), StatusChange(*WHO, "unplayed", "live", TS))


@pytest.mark.parametrize("status", ["final", "ended"])
def test_a_finished_game_first_seen_is_final_at_once(status: Status) -> None:
    seen = game(status=status, home=3, away=1)
    assert game_events(None, seen, TS) == (
        NewGame(*WHO, TS),
        StatusChange(*WHO, "unplayed", status, TS),
        GameFinal(*WHO, 3, 1, TS),
    )


@pytest.mark.parametrize(
    "change", [{"score_home": 7}, {"score_away": 1}, {"period": "Q2"}, {"clock": "0:01"}, {"score_home": None}]
)
def test_score_period_and_clock_each_make_a_score_change(change: dict[str, str | int | None]) -> None:
    old = game(status="live", home=6, away=0, period="Q1", clock="0:02")
    scores = replace(old.scores, **change)
    expected = ScoreChange(*WHO, scores.score_home, scores.score_away, scores.period, scores.clock, TS)
    assert game_events(old, replace(old, scores=scores), TS) == (expected,)


def test_the_score_comes_before_the_status_and_the_final_last() -> None:
    old, new = game(status="live", home=0, away=0), game(status="final", home=1, away=0)
    kinds = [type(event) for event in game_events(old, new, TS)]
    assert kinds == [ScoreChange, StatusChange, GameFinal]


def test_anything_else_makes_no_event() -> None:
    assert game_events(game(status="live"), game(status="live", last_play="a kick"), TS) == ()
