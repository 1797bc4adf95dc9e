"""The picture that `watch` shows: games, latest prices, and how much comes in."""

from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from broker.events import PriceChange
from broker.view import GameRow, View

PANEL_LINES = 4
"""Two borders, the head of the table and the line under it."""
STATUS_STYLES = {"live": "bold green", "final": "dim", "ended": "dim", "unplayed": "cyan"}


def render(view: View, title: str, height: int) -> RenderableType:
    """Draw a view.

    Args:
        view: what is known now.
        title: what stands above the games.
        height: lines of the terminal.
    """
    prices_height = height // 2 if view.prices else 0
    games = Panel(_games(view, height - prices_height - PANEL_LINES), title=Text(title))
    if not prices_height:
        return games
    return Group(games, Panel(_prices(view, prices_height - PANEL_LINES), title="latest prices"))


def _games(view: View, lines: int) -> Table:
    table = _table("league", "game", "status", "score", "period", "clock", "last change")
    # Live games first, and of these the one where something happened last.
    rows = sorted(view.games.values(), key=lambda row: (row.status != "live", -(row.changed_at or 0)))
    for row in rows[: max(lines, 1)]:
        table.add_row(
            _text(row.league),
            _text(_teams(row)),
            Text(row.status or "?", STATUS_STYLES.get(row.status or "", "")),
            f"{_number(row.score_away)}-{_number(row.score_home)}",
            _text(row.period),
            _text(row.clock),
            _time(row.changed_at),
        )
    return table


def _prices(view: View, lines: int) -> Table:
    table = _table("time", "game", "market", "book", "outcome", "points", "old", "new")
    for change in list(view.prices)[: -max(lines, 1) - 1 : -1]:
        row = view.games.get(change.game_id)
        table.add_row(
            _time(change.ts),
            _text(_teams(row) if row else change.pn_slug or change.game_id),
            _text(change.pn_market_type),
            _text(change.book),
            _text(change.outcome),
            "" if change.points is None else f"{change.points:+g}",
            "new" if change.old_price is None else f"{change.old_price:+g}",
            _new_price(change),
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
        table.add_column(column, no_wrap=True, overflow="ellipsis")
    return table


def _teams(row: GameRow) -> str:
    if row.home and row.away:
        return f"{row.away} at {row.home}"
    return row.slug or row.game_id


def _text(value: str | None) -> Text:
    # Never as markup: it is the source's own text.
    return Text(value or "")


def _number(score: int | None) -> str:
    return "?" if score is None else str(score)


def _time(unix_ms: int | None) -> str:
    if unix_ms is None:
        return ""
    return datetime.fromtimestamp(unix_ms / 1000, UTC).strftime("%H:%M:%S")
