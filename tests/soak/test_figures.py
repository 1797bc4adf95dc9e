"""The figures tell the worst of each kind."""

from msgspec import json

from soak.faults import Fault, Kind
from soak.figures import Figures, Recovery
from soak.footprint import Footprint


def test_the_longest_recovery_of_each_kind_is_told() -> None:
    figures = Figures(1, 2, 300)
    figures.count(Fault(Kind.KILL, "worker-1", 0.0), 1.5, 2.0, alone=True)
    figures.count(Fault(Kind.KILL, "worker-2", 0.0), 1.0, 2.5, alone=True)
    figures.count(Fault(Kind.KILL, "worker-2", 0.0), 4.0, 9.0, alone=False)
    figures.count(Fault(Kind.CRASH, "supervisor", 0.0), 3.0, 4.0, alone=False)
    assert figures.recoveries == {"kill worker": Recovery(3, 4.0, 2.5), "crash supervisor": Recovery(1, 3.0)}
    lines = list(figures.lines())
    assert lines[1].split() == ["crash", "supervisor", "1", "3.00", "s", "-"]
    assert lines[2].split() == ["kill", "worker", "3", "4.00", "s", "2.50", "s"]


def test_what_processes_held_is_told() -> None:
    figures = Figures(1, 2, 300)
    figures.before = {"broker": Footprint(20, 30 << 20)}
    figures.after = {"broker": Footprint(21, 31 << 20)}
    assert list(figures.lines())[-1].split() == ["broker", "20", "→", "21", "30.0", "→", "31.0", "MB"]
    assert json.decode(json.encode(figures), type=Figures) == figures
