"""Follows the games of books-relayer, and connects again by itself.

pip install websockets
BOOKS_RELAYER_KEY=pn_live_… python subscriber.py ws://127.0.0.1:8080/ws/odds
"""

import json
import os
import random
import sys
import time
from contextlib import suppress
from typing import Any, NamedTuple

from websockets.exceptions import ConnectionClosedError, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.sync.client import connect

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
SPREAD_SECONDS = 10.0
"""A restart closes everybody at once: coming back is spread over this time."""
SILENCE_SECONDS = 75.0
"""A connection over which nothing came for so long, not even an answer to a ping, is dead."""
CLOSE_TIMEOUT_SECONDS = 1.0
"""Who is dead doesn't answer a close either."""
SNAPSHOT_LIMIT_BYTES = 64 * 1024 * 1024
"""The library's own limit, 1 MiB, is about 1,500 games."""
FINAL_STATUSES = {400, 401, 403, 404}
FINAL_CODES = {1002, 1003, 1007, 1008, 1009}
"""Like those statuses: the next connection would end the same way."""
RESTART_CODES = {1001, 1011, 1012}
CHANGING = ("score_home", "score_away", "period", "clock")

Json = dict[str, Any]


class Ending(NamedTuple):
    """Why there is no connection, whether that is for good, and how many seconds to stay away at least."""

    problem: str
    is_final: bool = False
    seconds: float = 0.0


class Games:
    """The picture of now, by game_id: a snapshot replaces it, events change it."""

    def __init__(self) -> None:
        self._games: dict[str, Json] = {}

    def apply(self, message: Json) -> None:
        """Take the next message; of a type that isn't known, nothing."""
        match message["type"]:
            case "snapshot":
                print(f"snapshot: {message['count']} games", flush=True)
                self._games.clear()
                for game in message["games"]:
                    self._change(game, game["scores"], game["status"])
            case "new_game":
                self._change(message, message, "unplayed")
            case "score_change" | "game_final":
                self._change(message, message)
            case "status_change":
                self._change(message, message, message["new_status"])
            case "price_change":
                what = [message[name] for name in ("book", "pn_market_type", "outcome", "points", "old_price")]
                _show(_name(message), *what, "→", message["new_price"])
            case "lagged":
                print(f"{message['dropped']} events dropped: a new snapshot follows", file=sys.stderr)

    def _change(self, head: Json, changes: Json, status: str | None = None) -> None:
        game = self._games.setdefault(head["game_id"], dict.fromkeys((*CHANGING, "status")))
        game |= {name: changes[name] for name in CHANGING if name in changes}
        game["status"] = status or game["status"]
        _show(_name(head), game["score_away"], "-", game["score_home"], game["period"], game["clock"], game["status"])


def _name(head: Json) -> str:
    return str(head["pn_slug"] or head["game_id"])


def _show(*words: object) -> None:
    print(*(word for word in words if word is not None), flush=True)


def listen(url: str, key: str, games: Games) -> Ending:
    """Subscribe, until the connection ends."""
    try:
        with (
            connect(
                f"{url}?on_lag=resync",
                additional_headers={"Authorization": f"Bearer {key}"},
                max_size=SNAPSHOT_LIMIT_BYTES,
                ping_interval=SILENCE_SECONDS / 2,
                ping_timeout=SILENCE_SECONDS / 2,
                close_timeout=CLOSE_TIMEOUT_SECONDS,
            ) as connection,
            suppress(ConnectionClosedError),
        ):
            for frame in connection:
                games.apply(json.loads(frame))
    except InvalidStatus as error:
        status, headers = error.response.status_code, error.response.headers
        retry_after = headers.get("Retry-After", "")
        seconds = float(retry_after) if retry_after.isdigit() else 0.0
        return Ending(f"refused: {status} {error.response.body.decode()}", status in FINAL_STATUSES, seconds)
    except InvalidURI as error:
        return Ending(str(error), is_final=True)
    except (OSError, InvalidHandshake) as error:
        return Ending(f"can't connect: {error}")
    code = connection.close_code
    seconds = random.uniform(0, SPREAD_SECONDS) if code in RESTART_CODES else 0.0
    return Ending(f"closed: {code} {connection.close_reason}", code in FINAL_CODES, seconds)


def follow(url: str, key: str) -> None:
    """Subscribe, again and again, until that makes no sense any more."""
    games, failures = Games(), 0
    while True:
        began = time.monotonic()
        ending = listen(url, key, games)
        if ending.is_final:
            sys.exit(ending.problem)
        failures = 1 if time.monotonic() - began > LONGEST_PAUSE_SECONDS else failures + 1
        longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(failures - 1, 10))
        seconds = max(ending.seconds, random.uniform(longest / 2, longest))
        print(f"{ending.problem}; connecting again in {seconds:.1f} s", file=sys.stderr)
        time.sleep(seconds)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with suppress(KeyboardInterrupt):
        follow(sys.argv[1], os.environ.get("BOOKS_RELAYER_KEY", ""))
