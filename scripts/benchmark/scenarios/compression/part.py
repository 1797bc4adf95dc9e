"""What one part of the comparison found."""

from collections.abc import Mapping

from msgspec import Struct

from benchmark.report import Chart, Detail, Line, Row


class Part(Struct):
    """Rows, measurements and charts, as a report has them."""

    rows: list[Row] = []
    details: list[Detail] = []
    charts: list[Chart] = []


def bars(name: str, title: str, x_label: str, values: Mapping[str, float]) -> Chart:
    """Make a chart with a bar for each name."""
    places = tuple(float(place) for place in range(len(values)))
    return Chart(name, title, x_label, "", (Line("", places, tuple(values.values())),), tuple(values))
