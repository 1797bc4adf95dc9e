"""What the page shows of games and prices, and what it should show of them."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from playwright.sync_api import Page

from service.derived import Outcome

MINUS = "\N{MINUS SIGN}"
NOT_OFFERED = "\N{EN DASH}"
FINISHED = {"final": "Final", "ended": "Ended"}
GAMES = """() => [...document.querySelectorAll('.card')].map((card) => [
  card.querySelector('.match').textContent,
  card.dataset.status === 'unplayed' ? '' : card.querySelector('.standing').textContent,
  ...[...card.querySelectorAll('.score')].map((score) => score.textContent),
  card.querySelector('.play').textContent
])"""
MARKETS = """() => [...document.querySelectorAll('.market')].map((market) => [
  market.querySelector('h2').textContent,
  [...market.querySelectorAll('thead th')].slice(2).map((head) => head.textContent),
  [...market.querySelectorAll('tbody tr')].map((row) => [
    row.querySelector('th').textContent,
    row.querySelector('strong').textContent,
    [...row.querySelectorAll('td')].slice(1).map((cell) => [cell.textContent, cell.classList.contains('best')])
  ])
])"""


class GameShown(NamedTuple):
    """One game of the scoreboard; the start of one that is to come is the reader's own time, and left out."""

    match: str
    standing: str
    away: str
    home: str
    play: str


class OutcomeShown(NamedTuple):
    """One row of a price table: the best price, all by book, and the books that are marked."""

    best: str
    prices: dict[str, str]
    marked: frozenset[str]


Tables = dict[str, dict[str, OutcomeShown]]
"""Rows by market type and outcome, as both are written."""


def games_shown(page: Page) -> list[GameShown]:
    """The scoreboard, sorted by match."""
    return sorted(GameShown(*row) for row in page.evaluate(GAMES))


def games_expected(games: Iterable[dict[str, Any]]) -> list[GameShown]:
    """What should be there of full games."""
    return sorted(_game(game) for game in games)


def tables_shown(page: Page) -> Tables:
    """The tables of a game's prices."""
    return {
        title: {
            label: OutcomeShown(
                best,
                {book: text for book, (text, _) in zip(books, cells, strict=True) if text != NOT_OFFERED},
                frozenset(book for book, (_, is_best) in zip(books, cells, strict=True) if is_best),
            )
            for label, best, cells in rows
        }
        for title, books, rows in page.evaluate(MARKETS)
    }


def tables_expected(prices: dict[Outcome, float], game_id: str) -> Tables:
    """What should be there of the state's prices."""
    by_row: dict[str, dict[str, dict[str, float]]] = {}
    for (game, market, book, outcome, points), price in prices.items():
        if game == game_id:
            rows = by_row.setdefault(market.capitalize().replace("_", " "), {})
            rows.setdefault(_label(outcome, points), {})[book] = price
    return {title: {label: _outcome(books) for label, books in rows.items()} for title, rows in by_row.items()}


def _game(game: dict[str, Any]) -> GameShown:
    scores, status = game["scores"], game["status"]
    match = f"{game['away_team']['name']} at {game['home_team']['name']}"
    if status == "unplayed":
        return GameShown(match, "", "", "", "")
    away, home = ("" if scores[side] is None else str(scores[side]) for side in ("score_away", "score_home"))
    if status in FINISHED:
        return GameShown(match, FINISHED[status], away, home, "")
    standing = " · ".join(filter(None, (scores["period"], scores["clock"])))
    play = " · ".join(filter(None, (scores["current_down_and_distance"], scores["last_play"])))
    return GameShown(match, standing, away, home, play)


def _outcome(books: dict[str, float]) -> OutcomeShown:
    best = max(books.values())
    marked = frozenset(book for book, price in books.items() if price == best)
    return OutcomeShown(_signed(best), {book: _signed(price) for book, price in books.items()}, marked)


def _label(outcome: str, points: float | None) -> str:
    if points is None:
        return outcome
    return f"{outcome} {points:g}" if outcome in ("Over", "Under") else f"{outcome} {_points(points)}"


def _points(points: float) -> str:
    return _signed(points) if points else "0"


def _signed(number: float) -> str:
    return f"{number:+g}".replace("-", MINUS)
