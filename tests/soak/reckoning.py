"""At the end: the state is what producers said last, and what subscribers were told."""

import asyncio
from pathlib import Path

from service.fold import fold, known_fields
from service.truth import final_games, final_prices
from soak.scene import Scene
from soak.violation import ViolationError


async def reckon(scene: Scene, data_dir: Path) -> None:
    """Compare, once all is acknowledged and all are up to date.

    Raises:
        ViolationError: if somebody has another view.
    """
    games = final_games(data_dir)
    prices = final_prices(data_dir)
    for ledger in scene.production.ledgers:
        ledger.compare(games, prices)
    due = {game_id: known_fields(game) for game_id, game in games.items()}
    live = {game_id for game_id, game in games.items() if game["scores"]["is_live"]}
    told = [event.decode() for event in scene.emitted.events["live"]]
    for connection in scene.inside():
        continuity = connection.continuity
        known = fold(continuity.snapshot.decode(), told[continuity.joined["live"] :])
        wrong = [game_id for game_id, fields in known.items() if not fields.items() <= due[game_id].items()]
        if wrong or live - known.keys():
            raise ViolationError(f"{connection} has a wrong view of {[*wrong, *live - known.keys()]}")
        # Others want to read meanwhile.
        await asyncio.sleep(0)
