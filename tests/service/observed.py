"""Observations written by hand, for tests that need no recording."""

import json
from typing import Any

LAST_GAME = "the-last-game"
GAME = ("pn_slug", "pn_league_code", "sport_category", "start_date", "broadcast")
SCORES = (
    "period",
    "clock",
    "last_play",
    "current_down_and_distance",
    "weather",
    "weather_temp",
    "weather_temp_high",
    "home_starter",
    "away_starter",
)
"""What our games leave null."""
TEAM = {"name": "Home", "city": None, "mascot": None, "abbreviation_pn": "hom", "logo": None}


def encode(observation: object) -> bytes:
    """One line."""
    return json.dumps(observation).encode()


def game(game_id: str, status: str = "live", score_home: int = 0, venue: str | None = None) -> dict[str, Any]:
    """An observation of a game, to be encoded."""
    scores: dict[str, Any] = dict.fromkeys(SCORES)
    scores |= {"status": "Live", "score_home": score_home, "score_away": 0, "is_live": status == "live"}
    body: dict[str, Any] = dict.fromkeys(GAME)
    body |= {"game_id": game_id, "status": status, "venue": venue}
    body |= {"home_team": TEAM, "away_team": {**TEAM, "name": "Away"}, "scores": scores}
    return {"kind": "game", "ts": 1_700_000_000_000, "game": body}


def quote(game_id: str, price: float, outcome: str = "Home", book: str = "Book") -> dict[str, Any]:
    """An observation of a price, to be encoded."""
    return {
        "kind": "quote",
        "ts": 1_700_000_000_000,
        "game_id": game_id,
        "pn_market_type": "moneyline",
        "book": book,
        "outcome": outcome,
        "price": price,
        "points": None,
        "player_id": None,
    }


def last_word(game_id: str = LAST_GAME) -> list[bytes]:
    """A batch whose new_game goes to both channels: who has received it has received all that came before."""
    return [encode(game(game_id, "unplayed"))]
