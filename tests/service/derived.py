"""The events that observations must make, derived a second time, straight from the contract and with plain dicts."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

Json = dict[str, Any]
Outcome = tuple[Any, ...]
"""game_id, pn_market_type, book, outcome, points."""
SCORE_FIELDS = ("score_home", "score_away", "period", "clock")


class Derivation:
    """What is known after some batches."""

    def __init__(self) -> None:
        self.games: dict[str, Json] = {}
        self.prices: dict[Outcome, float] = {}

    def take(self, batch: Sequence[bytes]) -> list[str]:
        """The texts of the events that one more batch makes, in order."""
        observations = [json.loads(line) for line in batch]
        events: list[Json] = []
        # "Inside one batch, the game's events before its price changes": a stable sort.
        for observation in sorted(observations, key=lambda one: one["kind"] != "game"):
            if observation["kind"] == "game":
                events += _game_events(self.games, observation["game"], observation["ts"])
            else:
                events += _price_events(self.games, self.prices, observation)
        return [json.dumps(event, separators=(",", ":"), ensure_ascii=False) for event in events]


def derive(batches: Iterable[Sequence[bytes]]) -> list[str]:
    """The texts of all events, in order."""
    derivation = Derivation()
    return [event for batch in batches for event in derivation.take(batch)]


def _game_events(games: dict[str, Json], new: Json, ts: int) -> list[Json]:
    old = games.get(new["game_id"])
    games[new["game_id"]] = new
    head = {name: new[name] for name in ("game_id", "pn_slug", "pn_league_code")}
    scores = {name: new["scores"][name] for name in SCORE_FIELDS}
    events: list[Json] = []
    if old is None:
        events.append({"type": "new_game", **head, "ts": ts})
    elif scores != {name: old["scores"][name] for name in SCORE_FIELDS}:
        events.append({"type": "score_change", **head, **scores, "ts": ts})
    old_status = old["status"] if old else "unplayed"
    if new["status"] != old_status:
        change = {"old_status": old_status, "new_status": new["status"]}
        events.append({"type": "status_change", **head, **change, "ts": ts})
        if new["status"] in ("final", "ended"):
            final = {name: scores[name] for name in ("score_home", "score_away")}
            events.append({"type": "game_final", **head, **final, "ts": ts})
    return events


def _price_events(games: dict[str, Json], prices: dict[Outcome, float], seen: Json) -> list[Json]:
    names = ("game_id", "pn_market_type", "book", "outcome", "points")
    outcome = tuple(seen[name] for name in names)
    old = prices.pop(outcome, None)
    if seen["kind"] == "pull":
        return []
    new = prices[outcome] = seen["price"]
    if new == old:
        return []
    game = games[seen["game_id"]]
    return [
        {
            "type": "price_change",
            **{name: game[name] for name in ("game_id", "pn_slug", "pn_league_code")},
            **{name: seen[name] for name in ("pn_market_type", "book", "outcome")},
            "old_price": old,
            "new_price": new,
            "points": seen["points"],
            "ts": seen["ts"],
        }
    ]
