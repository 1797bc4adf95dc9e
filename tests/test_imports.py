"""Imports go one way: contracts, then the pure core, then I/O, then wiring."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

LAYERS: dict[str, int] = {
    # Contracts: what broker, workers and command line agree on.
    **dict.fromkeys(
        (
            "broker.closing",
            "broker.events",
            "broker.frames",
            "broker.games",
            "broker.inquiries",
            "broker.key_format",
            "broker.messages",
            "broker.notices",
            "broker.observations",
            "broker.reports",
            "broker.settings",
            "broker.timings",
        ),
        0,
    ),
    # Plumbing that every process uses.
    **dict.fromkeys(
        (
            "broker.admin_token",
            "broker.certificate",
            "broker.leash",
            "broker.lock",
            "broker.logs",
            "broker.port",
            "broker.private",
            "broker.process_title",
            "broker.ticker",
        ),
        1,
    ),
    # Pure core.
    **dict.fromkeys(
        (
            "broker.clerk",
            "broker.fleet",
            "broker.game_events",
            "broker.http.asyncapi",
            "broker.http.catalogue",
            "broker.http.example_frames",
            "broker.http.metrics",
            "broker.http.mirror",
            "broker.http.names",
            "broker.http.openapi",
            "broker.http.operations",
            "broker.http.problems",
            "broker.http.shapes",
            "broker.http.standing",
            "broker.http.status",
            "broker.http.totals",
            "broker.key_seats",
            "broker.post",
            "broker.publisher",
            "broker.rounds",
            "broker.seats",
            "broker.staff",
            "broker.state",
            "broker.tally",
            "broker.throttle",
            "broker.view",
            "workers.addresses",
            "workers.admission",
            "workers.clock",
            "workers.conversation",
            "workers.counting",
            "workers.deflated",
            "workers.drain",
            "workers.fanout",
            "workers.handshake",
            "workers.keyring",
            "workers.log",
            "workers.permessage_deflate",
            "workers.proxies",
            "workers.refusals",
            "workers.roster",
            "workers.sequencer",
            "workers.snapshots",
            "workers.stream",
            "workers.subscriber",
            "workers.sweep",
            "workers.wheel",
        ),
        2,
    ),
}
IO_LAYER = 3
WIRING = ("broker.__main__", "broker.process", "broker.supervisor", "workers.__main__", "workers.worker")
WIRING_LAYER = 4
FRONT_LAYER = 5
IMPURE = frozenset(("asyncio", "socket", "time", "zmq", "sqlite3", "uvloop", "random", "subprocess", "threading"))
PURE_LAYER = 2


def modules() -> list[str]:
    files = [path for package in ("broker", "workers") for path in (ROOT / package).rglob("*.py")]
    return sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files if path.name != "__init__.py"
    )


def imported(module: str) -> set[str]:
    """Every module that a module imports, its packages' names completed by what is taken from them."""
    tree = ast.parse((ROOT / Path(*module.split("."))).with_suffix(".py").read_text())
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def layer(module: str) -> int:
    if module in LAYERS:
        return LAYERS[module]
    if module.startswith(("broker.cli.", "broker.demo.", "broker.http.")):
        return FRONT_LAYER
    return WIRING_LAYER if module in WIRING else IO_LAYER


@pytest.mark.parametrize("module", modules())
def test_imports_go_one_way(module: str) -> None:
    ours = imported(module) & set(modules())
    upward = {name for name in ours if layer(name) > layer(module)}
    assert not upward


@pytest.mark.parametrize("module", [name for name in modules() if name.startswith("workers.")])
def test_workers_import_only_contracts_and_plumbing_of_the_broker(module: str) -> None:
    of_broker = {name for name in imported(module) & set(modules()) if name.startswith("broker.")}
    assert all(layer(name) <= 1 for name in of_broker)


@pytest.mark.parametrize("module", [name for name in modules() if LAYERS.get(name) == PURE_LAYER])
def test_the_core_is_pure(module: str) -> None:
    assert not imported(module) & IMPURE


def test_every_named_module_exists() -> None:
    missing = (set(LAYERS) | set(WIRING)) - set(modules())
    assert not missing
