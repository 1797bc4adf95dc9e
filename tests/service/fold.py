"""What a client knows that folds the deltas into its snapshot, with no more than the contract to go by."""

import json
from collections.abc import Iterable
from typing import Any

KNOWN = ("status", "score_home", "score_away", "period", "clock")
"""What the events tell of a game."""


def fold(snapshot: str, events: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The known fields of each known game; of a game that was not in the snapshot, those that events told."""
    games = {game["game_id"]: known_fields(game) for game in json.loads(snapshot)["games"]}
    for text in events:
        event = json.loads(text)
        if event["type"] == "price_change":
            continue
        game = games.setdefault(event["game_id"], {})
        match event["type"]:
            case "new_game":
                game["status"] = "unplayed"
            case "status_change":
                assert game.get("status", event["old_status"]) == event["old_status"]
                game["status"] = event["new_status"]
            case "score_change" | "game_final":
                game |= {name: event[name] for name in KNOWN if name in event}
    return games


def known_fields(game: dict[str, Any]) -> dict[str, Any]:
    """Those fields of a full game."""
    return {"status": game["status"], **{name: game["scores"][name] for name in KNOWN[1:]}}
