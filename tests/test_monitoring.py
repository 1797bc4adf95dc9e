"""Alert rules and dashboard speak of metrics that there are, and Prometheus' own tools find nothing wrong."""

import json
import re
import shutil
import subprocess
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from broker.http.metrics import COUNTERS, GAUGES, HISTOGRAMS, PREFIX

ROOT = Path(__file__).parent.parent
MONITORING = ROOT / "scripts" / "monitoring"
PROMTOOL = shutil.which("promtool") or ROOT / "tests" / "service" / "prometheus" / "usr" / "bin" / "promtool"
ABSENT = "promtool is not there: scripts/test unpacks it on Debian"

LABELS = {PREFIX + each.name: set(each.labels) for each in GAUGES}
LABELS |= {f"{PREFIX}{each.name}_total": set(each.labels) for each in COUNTERS}
LABELS |= {f"{PREFIX}{each.name}_{part}": {"le"} for each in HISTOGRAMS for part in ("bucket", "sum", "count")}
"""Of each series that is exposed."""
OF_PROMETHEUS = {"instance", "job"}


def expressions() -> list[str]:
    """All of the dashboard."""
    dashboard: dict[str, Any] = json.loads((MONITORING / "dashboard.json").read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def all_series() -> list[str]:
    """One or more of each metric as Prometheus has them: with each value of a label that the dashboard asks for."""
    wanted = {"le": {"1", "+Inf"}, "instance": {"a"}, "job": {"books-relayer"}}
    for label, value in re.findall(r'(\w+)="(\w+)"', "".join(expressions())):
        wanted.setdefault(label, set()).add(value)
    found = []
    for name, labels in LABELS.items():
        have = sorted(labels | OF_PROMETHEUS)
        for values in product(*(sorted(wanted.get(label, {"some"})) for label in have)):
            matchers = ", ".join(f'{label}="{value}"' for label, value in zip(have, values, strict=True))
            found.append(f"{name}{{{matchers}}}")
    return found


def test_rules_and_dashboard_name_only_metrics_that_there_are() -> None:
    text = (MONITORING / "alerts.yml").read_text() + "".join(expressions())
    named = set(re.findall(rf"{PREFIX}\w+", text))
    assert named <= set(LABELS)


def test_the_dashboard_shows_every_metric() -> None:
    text = "".join(expressions())
    families = [each.name for each in (*GAUGES, *COUNTERS, *HISTOGRAMS)]
    missing = {name for name in families if PREFIX + name not in text}
    # Where the stream is says nothing on a plot.
    assert missing == {"stream_seq"}


def test_the_dashboard_names_only_labels_that_the_metric_has() -> None:
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            have = set().union(*(LABELS[name] for name in re.findall(rf"{PREFIX}\w+", target["expr"])))
            shown = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            assert shown <= have, target


def test_the_dashboards_panels_are_told_apart_and_lie_side_by_side() -> None:
    panels = json.loads((MONITORING / "dashboard.json").read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for panel in panels
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


@pytest.mark.skipif(not Path(PROMTOOL).exists(), reason=ABSENT)
@pytest.mark.parametrize(
    "arguments", ["check rules alerts.yml", "test rules alerts_test.yml", "check config prometheus.yml"]
)
def test_promtool_finds_nothing_wrong(arguments: str) -> None:
    _run(arguments, MONITORING)


@pytest.mark.skipif(not Path(PROMTOOL).exists(), reason=ABSENT)
def test_each_of_the_dashboards_expressions_shows_something(tmp_path: Path) -> None:
    filled = [each.replace("$instance", "a").replace("$__rate_interval", "5m") for each in expressions()]
    checks = [
        {"expr": f"count({each}) >= bool 1", "eval_time": "10m", "exp_samples": [{"labels": "{}", "value": 1}]}
        for each in filled
    ]
    series = [{"series": each, "values": "0+10x60"} for each in all_series()]
    tests = {"tests": [{"interval": "15s", "input_series": series, "promql_expr_test": checks}]}
    # JSON is YAML.
    (tmp_path / "tests.yml").write_text(json.dumps(tests))
    _run("test rules tests.yml", tmp_path)


def test_every_alert_is_tested_both_ways() -> None:
    alerts = re.findall(r"alert: (\w+)", (MONITORING / "alerts.yml").read_text())
    quiet, loud = (MONITORING / "alerts_test.yml").read_text().split("nothing is well")
    for alert in alerts:
        assert f"alertname: {alert}, exp_alerts: []" in quiet
        assert re.search(rf"alertname: {alert}\n\s+exp_alerts:\n", loud)


def _run(arguments: str, directory: Path) -> None:
    done = subprocess.run([PROMTOOL, *arguments.split()], cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
