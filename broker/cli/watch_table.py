"""The picture that `watch` shows: games, latest prices, and how much comes in."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from broker.events import PriceChange
from broker.view import GameRow, View

NAMES = ("game", "market", "book", "outcome")
NO_LEAGUE = "other"
PANEL_LINES = 4
"""Two borders, the head of the table and the line under it."""
FLASH_SECONDS = 1.5
"""Long enough to be noticed, short enough to tell which one it was."""
FLASH = "reverse bold"
STATUS_STYLES = {"live": "bold green", "final": "dim", "ended": "dim", "unplayed": "cyan"}


def render(view: View, title: str, height: int, now: float) -> RenderableType:
    """Draw a view.

    Args:
        view: what is known now.
        title: what stands above the games.
        height: lines of the terminal.
        now: seconds of the view's clock: what is new flashes.
    """
    prices_height = height // 2 if view.prices else 0
    chosen, left_out = choose(view.rows, height - prices_height - PANEL_LINES)
    below = f"{left_out} more" if left_out else None
    games = Panel(_games(chosen, view.scored, now), title=Text(title), subtitle=below)
    if not prices_height:
        return games
    return Group(games, Panel(_prices(view, prices_height - PANEL_LINES, now), title="latest prices"))


def choose(rows: Sequence[GameRow], lines: int) -> tuple[dict[str, list[GameRow]], int]:
    """Take the games that fit: live ones first, and of these the one where something happened last.

    Args:
        rows: all games.
        lines: how many there are; a league takes one, and a game.

    Returns:
        Them by league, both in an order that doesn't change with what happens, and how many are left out.
    """
    leagues: dict[str, list[GameRow]] = {}
    taken = 0
    for row in sorted(rows, key=lambda row: (row.status != "live", -(row.changed_at or 0))):
        league = row.league or NO_LEAGUE
        needed = 1 if league in leagues else 2
        if lines < needed:
            break
        lines -= needed
        taken += 1
        leagues.setdefault(league, []).append(row)
    for chosen in leagues.values():
        chosen.sort(key=lambda row: (row.status != "live", row.slug or row.game_id))
    return dict(sorted(leagues.items())), len(rows) - taken


def _games(leagues: Mapping[str, Sequence[GameRow]], scored: Mapping[str, float], now: float) -> Table:
    table = _table("game", "status", "score", "period", "clock", "last change")
    for league, rows in leagues.items():
        table.add_row(Text(league.upper(), "bold blue"))
        for row in rows:
            is_new = now - scored.get(row.game_id, -FLASH_SECONDS) < FLASH_SECONDS
            table.add_row(
                _text(f"  {_teams(row)}"),
                Text(row.status or "?", STATUS_STYLES.get(row.status or "", "")),
                Text(f"{_number(row.score_away)}-{_number(row.score_home)}", FLASH if is_new else ""),
                _text(row.period),
                _text(row.clock),
                _time(row.changed_at),
            )
    return table


def _prices(view: View, lines: int, now: float) -> Table:
    table = _table("time", "game", "market", "book", "outcome", "points", "old", "new")
    shown = list(view.prices)[: -max(lines, 1) - 1 : -1]
    new = [seen for seen in shown if now - seen.at < FLASH_SECONDS]
    for seen in shown:
        change = seen.change
        row = view.games.get(change.game_id)
        price = _new_price(change)
        # Where all is new, it says nothing.
        if seen in new and len(new) < len(shown):
            price.stylize(FLASH)
        table.add_row(
            _time(change.ts),
            _text(_teams(row) if row else change.pn_slug or change.game_id),
            _text(change.pn_market_type),
            _text(change.book),
            _text(change.outcome),
            "" if change.points is None else f"{change.points:+g}",
            "new" if change.old_price is None else f"{change.old_price:+g}",
            price,
        )
    return table


def _new_price(change: PriceChange) -> Text:
    price = f"{change.new_price:+g}"
    if change.old_price is None:
        return Text(price, "cyan")
    if change.new_price > change.old_price:
        return Text(f"▲ {price}", "green")
    return Text(f"▼ {price}", "red")


def _table(*columns: str) -> Table:
    table = Table(box=None, expand=True, header_style="bold")
    for column in columns:
        # Where there is no room, names are cut, and no numbers.
        table.add_column(column, no_wrap=column not in NAMES)
    return table


def _teams(row: GameRow) -> str:
    if row.home and row.away:
        return f"{row.away} at {row.home}"
    return row.slug or row.game_id


def _text(value: str | None) -> Text:
    # Never as markup: it is the source's own text.
    return Text(value or "", no_wrap=True, overflow="ellipsis")


def _number(score: int | None) -> str:
    return "?" if score is None else str(score)


def _time(unix_ms: int | None) -> str:
    if unix_ms is None:
        return ""
    return datetime.fromtimestamp(unix_ms / 1000, UTC).strftime("%H:%M:%S")
