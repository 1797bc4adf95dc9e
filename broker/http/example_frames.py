"""Frames to show in the AsyncAPI document: a short game, played through what makes the real ones. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import json
from msgspec.structs import replace

from broker.frames import payload_of
from broker.games import Game, Scores, Team
from broker.notices import lagged_frame, snapshot_frame, welcome_frame
from broker.observations import GameSeen, Observation, Quote
from broker.publisher import Publisher, fragments
from broker.state import State
from workers.conversation import UNKNOWN_ACTION, answer

KICKOFF_MS = 1_760_257_753_000
PING = b'{"action":"ping"}'
GAME_ID = "31853-24302-2025-10-12"
LIVE = Game(
    game_id=GAME_ID,
    pn_slug="nfl-den-nyj-2025-10-12",
    pn_league_code="NFL",
    sport_category="football",
    start_date="2025-10-12T13:30:00Z",
    status="live",
    venue="Tottenham Hotspur Stadium",
    broadcast=None,
    home_team=Team("New York Jets", "New York", "Jets", "NYJ", None),
    away_team=Team("Denver Broncos", "Denver", "Broncos", "DEN", None),
    scores=Scores(
        status="Live",
        score_home=0,
        score_away=0,
        period="Q1",
        clock="15:00",
        is_live=True,
        last_play=None,
        current_down_and_distance=None,
        weather=None,
        weather_temp=None,
        weather_temp_high=None,
        home_starter=None,
        away_starter=None,
    ),
)
SCORED = replace(LIVE, scores=replace(LIVE.scores, score_away=7, clock="09:41"))
OVER = replace(SCORED, status="final", scores=replace(SCORED.scores, status="Completed", is_live=False))


def example_frames() -> Mapping[str, Sequence[Any]]:
    """Decoded frames, by type and in the order of the game."""
    by_type: dict[str, list[Any]] = {}
    for frame in _frames():
        payload = json.decode(payload_of(frame))
        by_type.setdefault(payload["type"], []).append(payload)
    return by_type


def _frames() -> Iterator[bytes]:
    yield welcome_frame("odds", 1)
    yield snapshot_frame("odds", KICKOFF_MS, [fragment for _, fragment in fragments([LIVE])])
    state, publisher = State(), Publisher(0)
    observations: Sequence[Observation] = (
        GameSeen(LIVE),
        _quote(-118.0),
        GameSeen(SCORED),
        _quote(-150.0),
        GameSeen(OVER),
    )
    for number, observation in enumerate(observations):
        taken = state.take([observation], KICKOFF_MS + 1_000 * number)
        for entry in publisher.commit(taken.effects).entries:
            yield from entry.frames
    yield lagged_frame(37, KICKOFF_MS)
    yield answer(PING, KICKOFF_MS)
    yield UNKNOWN_ACTION


def _quote(price: float) -> Quote:
    return Quote(GAME_ID, "spreads", "BetMGM", "Denver Broncos", price, -2.5)
