"""Observations written by hand, for tests that need no recording."""

import base64
import json
from random import Random
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
GAMES = 6
BOOKS = ("BetMGM", "DraftKings", "FanDuel")
OUTCOMES = ("Home", "Away", "Over", "Under")
SCORES_PER_OBSERVATION = 0.1
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


def made_up_day(random: Random, count: int) -> list[bytes]:
    """So many observations of a few games and books: prices that move, and now and then a score."""
    games = [f"game-{number}" for number in range(GAMES)]
    scores = dict.fromkeys(games, 0)
    lines = [encode(game(game_id)) for game_id in games]
    while len(lines) < count:
        game_id = random.choice(games)
        if random.random() < SCORES_PER_OBSERVATION:
            scores[game_id] += 1
            lines.append(encode(game(game_id, score_home=scores[game_id])))
        else:
            outcome, book = random.choice(OUTCOMES), random.choice(BOOKS)
            lines.append(encode(quote(game_id, -100.0 - random.randrange(200), outcome, book)))
    return lines


def incompressible(random: Random, game_id: str, size: int) -> bytes:
    """A quote whose outcome is that long and random, of six bits in each byte."""
    return encode(quote(game_id, 100.0, base64.urlsafe_b64encode(random.randbytes(size * 3 // 4)).decode()))
