"""The screen that `status` shows."""

from collections.abc import Iterable, Mapping

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from broker.http.status import BookStatus, Latency, Status, WorkerStatus

OLD_SECONDS = 60.0
"""A book that was not observed for so long stands out."""
FULL_SHARE = 0.9
"""Of the cap: from here on the bar warns."""
LEAST_OF_FOUR_DIGITS = 999.5
"""It is rounded to 1,000."""
PREFIXES = ("", "K", "M", "G", "T")
BITS_PER_BYTE = 8
NOTHING = "-"


def render(status: Status, title: str) -> RenderableType:
    """Draw one picture of the service.

    Args:
        status: the answer to /status.
        title: what stands above.
    """
    return Group(
        Panel(_overview(status), title=Text(title), title_align="left"),
        Panel(_workers(status), title="workers, times in ms", title_align="left"),
        Panel(_counted(status), title="since the start", title_align="left"),
        Panel(_books(status), title="books, by age", title_align="left"),
    )


def duration(seconds: float) -> str:
    """Seconds as people say them, by the two largest units."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    first = next((n for n, (value, _) in enumerate(parts) if value), len(parts) - 1)
    return " ".join(f"{value} {unit}" for value, unit in parts[first : first + 2])


def amount(value: float, unit: str = "") -> str:
    """A number of three digits, with the prefix of its thousands."""
    power = 0
    while value >= LEAST_OF_FOUR_DIGITS and power < len(PREFIXES) - 1:
        value /= 1_000
        power += 1
    shown = f"{value:.3g}" if power else f"{value:.0f}"
    return f"{shown} {PREFIXES[power]}{unit}".rstrip()


def _overview(status: Status) -> Table:
    rates = status.rates
    table = _rows()
    table.add_row("broker", _standing(status))
    table.add_row("subscribers", _subscribers(status))
    table.add_row(
        "a second",
        f"{amount(rates.events)} events   {amount(rates.deliveries)} deliveries   {amount(rates.drops)} drops",
    )
    table.add_row("on the wire", _traffic(rates.plain_bytes, rates.sent_bytes))
    table.add_row("broker to socket", _latency(status.latency) + f"   sweep {_ms(status.sweep_ms)}")
    table.add_row(
        "state",
        f"event {status.seq:,}   {status.games:,} games, {status.live_games:,} live   {status.prices:,} prices",
    )
    journal = status.journal
    table.add_row("journal", f"log of {amount(journal.wal_bytes, 'B')}   p99 of a commit {_ms(journal.write_p99_ms)}")
    return table


def _subscribers(status: Status) -> Table:
    seen = status.subscribers
    figures = f"{seen.total:,} of {status.cap:,}   {seen.live:,} live, {seen.odds:,} odds"
    style = "red" if seen.total >= FULL_SHARE * status.cap else "green"
    line = Table.grid(Column(no_wrap=True), Column(ratio=1), padding=(0, 2), expand=True)
    line.add_row(figures, ProgressBar(status.cap, seen.total, complete_style=style))
    return line


def _standing(status: Status) -> Text:
    up = f"   HTTP up {duration(status.uptime_seconds)}"
    if status.fresh:
        return Text.assemble(("● reports", "bold green"), up)
    if status.age_seconds is None:
        return Text.assemble(("● has not reported yet", "bold yellow"), up)
    return Text.assemble((f"● silent for {duration(status.age_seconds)}", "bold red"), up)


def _workers(status: Status) -> Table:
    numbers = ("live", "odds", "waiting", "stalled", "drops", "events/s", "bit/s", "p50", "p99", "sweep")
    columns = (Column(name, justify="right") for name in numbers)
    table = Table("worker", *columns, box=None, expand=True, pad_edge=False, padding=(0, 1, 0, 0))
    for worker in sorted(status.workers, key=lambda each: (len(each.name), each.name)):
        table.add_row(worker.name, *_cells(worker))
    return table


def _cells(worker: WorkerStatus) -> Iterable[str]:
    for count in (worker.live, worker.odds, worker.waiting, worker.stalled, worker.dropped):
        yield f"{count:,}"
    yield amount(worker.rates.deliveries)
    yield amount(BITS_PER_BYTE * worker.rates.sent_bytes)
    latency = worker.latency
    for ms in (latency.p50_ms if latency else None, latency.p99_ms if latency else None, worker.sweep_ms):
        yield NOTHING if ms is None else f"{ms:.3g}"


def _counted(status: Status) -> Table:
    table = _rows()
    for name, counts in (
        ("events", status.events),
        ("refused", status.refused),
        ("closed", status.closed),
        ("dropped, by on_lag", status.dropped),
        ("waiting now", status.waiting),
    ):
        table.add_row(name, _counts(counts))
    return table


def _rows() -> Table:
    return Table.grid(Column(style="dim", no_wrap=True), Column(ratio=1), padding=(0, 2), expand=True)


def _counts(counts: Mapping[str, int]) -> str:
    largest_first = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return "   ".join(f"{name} {count:,}" for name, count in largest_first if count) or NOTHING


def _books(status: Status) -> RenderableType:
    oldest_first = sorted(status.books, key=lambda book: (-book.age_seconds, book.book))
    if not oldest_first:
        return NOTHING
    return Columns([_book(each) for each in oldest_first], padding=(0, 3))


def _book(book: BookStatus) -> Text:
    style = "yellow" if book.age_seconds > OLD_SECONDS else "dim"
    return Text.assemble(book.book, " ", (duration(book.age_seconds), style))


def _traffic(plain: float, sent: float) -> str:
    wire = amount(BITS_PER_BYTE * sent, "bit/s")
    return f"{wire}, {plain / sent:.1f} times fewer than plain" if plain > sent > 0 else wire


def _latency(latency: Latency | None) -> str:
    return f"p50 {_ms(latency.p50_ms)}   p99 {_ms(latency.p99_ms)}" if latency else NOTHING


def _ms(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3g} ms" if value < LEAST_OF_FOUR_DIGITS else f"{value / 1_000:.3g} s"
