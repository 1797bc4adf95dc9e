"""What people look at, as a process of its own, on the clients' core: `python -m benchmark.viewers HTTP_PORT QUERY`.

It asks as often as ten open scoreboards, ten open games and two open operator's views of the page do, beside a
Prometheus that is in a hurry and programs that use REST; it ends with code 1 as soon as an answer is none.
"""

import heapq
import sys
import time
from http.client import HTTPConnection
from itertools import cycle

from msgspec import json

BOARDS, GAME_VIEWS, OPERATORS = 10, 10, 2
ALL_GAMES_SECONDS, LIVE_GAMES_SECONDS, MARKETS_SECONDS, STATUS_SECONDS = 30.0, 5.0, 10.0, 2.0
"""The page's own."""
SCRAPE_SECONDS = 1.0
"""Usually it is 15 s or more."""
PROGRAMS_SECONDS = 0.1
TIMEOUT_SECONDS = 10.0


def main(port: int, query: str) -> None:
    """Ask without end.

    Args:
        port: of HTTP.
        query: that has the key.
    """
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    games = json.decode(_ask(connection, f"/v1/games/live?{query}"))["games"]
    markets = cycle([f"/v1/games/{game['game_id']}/markets?{query}" for game in games])
    searching, live = cycle([f"/v1/games/search?q=nfl&{query}"]), cycle([f"/v1/games/live?{query}"])
    asked = (
        (ALL_GAMES_SECONDS / BOARDS, searching),
        (LIVE_GAMES_SECONDS / BOARDS, live),
        (MARKETS_SECONDS / GAME_VIEWS, markets),
        (STATUS_SECONDS / OPERATORS, cycle(["/status"])),
        (SCRAPE_SECONDS, cycle(["/metrics"])),
        (PROGRAMS_SECONDS, markets),
    )
    due = [(time.monotonic(), number) for number in range(len(asked))]
    while True:
        at, number = due[0]
        time.sleep(max(0.0, at - time.monotonic()))
        period, paths = asked[number]
        _ask(connection, next(paths))
        heapq.heapreplace(due, (at + period, number))


def _ask(connection: HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        sys.exit(f"{path.partition('?')[0]} is answered {response.status}: {body.decode()}")
    return body


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
