"""Draws the charts of reports as SVG."""

from pathlib import Path

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt  # only once the backend is chosen

from benchmark.report import Chart, Report

SIZE_INCHES = (7.0, 4.0)


def draw(report: Report, folder: Path) -> None:
    """Draw each chart of a report into a file of its own."""
    for chart in report.charts:
        _draw(chart, folder / f"{chart.name}.svg")


def _draw(chart: Chart, path: Path) -> None:
    figure, axes = plt.subplots(figsize=SIZE_INCHES, layout="constrained")
    for line in chart.lines:
        if chart.names:
            bars = axes.barh(chart.names, line.ys, label=line.label)
            axes.bar_label(bars, fmt="{:,.3g}", padding=3)
        else:
            axes.loglog(line.xs, line.ys, marker="o", label=line.label)
    if chart.names:
        axes.invert_yaxis()
        axes.margins(x=0.15)
    else:
        axes.grid(visible=True, which="both", alpha=0.3)
    if len(chart.lines) > 1:
        axes.legend()
    axes.set(title=chart.title, xlabel=chart.x_label, ylabel=chart.y_label)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
