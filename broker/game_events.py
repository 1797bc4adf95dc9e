"""The events that one observation of a game makes (README, "Events"). Pure.

In this order: new_game, score_change, status_change, game_final. A game first seen gives no score_change, and a
status_change only if it isn't `unplayed`.
"""

from broker.events import Event, GameFinal, NewGame, ScoreChange, StatusChange
from broker.games import FINISHED, Game


def game_events(old: Game | None, new: Game, ts: int) -> tuple[Event, ...]:
    """Compare a game with what was known of it.

    Args:
        old: what was known, None if nothing.
        new: what was observed.
        ts: of the observation, in Unix ms.
    """
    if old is None:
        return (NewGame(new.game_id, new.pn_slug, new.pn_league_code, ts), *_status_events("unplayed", new, ts))
    return (*_score_events(old, new, ts), *_status_events(old.status, new, ts))


def _score_events(old: Game, new: Game, ts: int) -> tuple[Event, ...]:
    if _score(old) == _score(new):
        return ()
    return (ScoreChange(new.game_id, new.pn_slug, new.pn_league_code, *_score(new), ts),)


def _score(game: Game) -> tuple[int | None, int | None, str | None, str | None]:
    scores = game.scores
    return (scores.score_home, scores.score_away, scores.period, scores.clock)


def _status_events(old_status: str, game: Game, ts: int) -> tuple[Event, ...]:
    if game.status == old_status:
        return ()
    who = (game.game_id, game.pn_slug, game.pn_league_code)
    change = StatusChange(*who, old_status, game.status, ts)
    if game.status not in FINISHED:
        return (change,)
    return (change, GameFinal(*who, game.scores.score_home, game.scores.score_away, ts))
