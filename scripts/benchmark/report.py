"""What a benchmark found: rows beside their targets, the measurements behind them, and charts; as table and as JSON."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct, field, json
from rich.console import Console
from rich.table import Table

from benchmark.machine import Machine, this_machine
from benchmark.trial import Measured

WIDTH = 160
"""Characters: a row each, also in a log."""
MET = {True: "met", False: "NOT MET", None: "-"}


class Row(Struct, frozen=True):
    """One figure beside its target; met is None if there is no target."""

    work: str
    figure: str
    measured: str
    target: str = ""
    met: bool | None = None


class Detail(Struct, frozen=True):
    """All that was measured in one kind of run."""

    server: str
    work: str
    measured: Measured


class Line(Struct, frozen=True):
    """Values of one server, or of one kind."""

    label: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]


class Chart(Struct, frozen=True):
    """Lines over numbers, or bars over names if there are names."""

    name: str
    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    names: tuple[str, ...] = ()


class Report(Struct, frozen=True):
    """One benchmark's result."""

    name: str
    command: str
    rows: tuple[Row, ...]
    details: tuple[Detail, ...] = ()
    charts: tuple[Chart, ...] = ()
    machine: Machine = field(default_factory=this_machine)


def at_most(work: str, figure: str, value: float, limit: float, unit: str) -> Row:
    """Make the row of a value with an upper bound."""
    return Row(work, figure, f"{_digits(value)} {unit}", f"≤ {_digits(limit)} {unit}", value <= limit)


def refused(work: str, reason: Exception) -> Row:
    """Make the row of work for which there is no figure."""
    return Row(work, "no figure", str(reason), "all delivered, none dropped", met=False)


def write(report: Report, folder: Path) -> None:
    """Write a report as JSON, and its rows as Markdown."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{report.name}.json").write_bytes(json.format(json.encode(report)))
    (folder / f"{report.name}.md").write_text(_markdown(report))


def read(folder: Path) -> Sequence[Report]:
    """Read all reports of a folder."""
    return [json.decode(path.read_bytes(), type=Report) for path in sorted(folder.glob("*.json"))]


def show(report: Report) -> None:
    """Print a report."""
    console = Console(width=WIDTH)
    machine = report.machine
    versions = ", ".join(f"{name} {number}" for name, number in machine.versions.items())
    console.print(f"\n{report.command}\n{machine.cpu}, {machine.cores} cores, {machine.memory_gb} GB, {machine.kernel}")
    console.print(versions)
    rows = Table("work", "figure", "measured", "target", "met", title=report.name)
    for row in report.rows:
        rows.add_row(row.work, row.figure, row.measured, row.target, MET[row.met])
    console.print(rows)
    if report.details:
        console.print(_details(report.details))


def _markdown(report: Report) -> str:
    rows = ["| work | figure | measured | target | |", "|---|---|---|---|---|"]
    for row in report.rows:
        rows.append(f"| {row.work} | {row.figure} | {row.measured} | {row.target} | {MET[row.met].strip('-')} |")
    return "\n".join([*rows, ""])


def _digits(value: float) -> str:
    """Three digits that count, and no exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _details(details: Sequence[Detail]) -> Table:
    table = Table(
        "server",
        "work",
        *("deliveries/s", "µs each", "p50 ms", "p99 ms", "server", "broker", "clients", "clients late ms"),
        title="CPU in cores: the server's is alone on its core; broker and clients share the other one",
    )
    for detail in details:
        measured = detail.measured
        table.add_row(
            detail.server,
            detail.work,
            f"{measured.deliveries_per_second:,.0f}",
            f"{measured.us_per_delivery:.3f}",
            f"{measured.p50_ms:.2f}",
            f"{measured.p99_ms:.1f}",
            f"{measured.server_cpu:.2f}",
            f"{measured.broker_cpu:.2f}",
            f"{measured.clients_cpu:.2f}",
            f"{measured.clients_late_ms:.0f}",
        )
    return table
