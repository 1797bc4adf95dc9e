"""Every module has its test file, at the same place and under the same name."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

WITHOUT = {
    "broker/events.py": "structs only: test_publisher.py shows each on the wire",
    "broker/games.py": "structs only: test_observations.py reads them, test_publisher.py writes them",
    "workers/clock.py": "a struct only",
    "broker/inquiries.py": "structs only: test_messages.py writes and reads them",
    # Shells around sockets and processes: tests/service runs them for real.
    "broker/board.py": "test_rest.py",
    "broker/bus.py": "test_overflow.py",
    "broker/child.py": "test_supervisor.py",
    "broker/gate.py": "test_ingest_keys.py",
    "broker/ingest.py": "test_malformed.py",
    "broker/process.py": "test_supervisor.py",
    "broker/processes.py": "test_supervisor.py",
    "broker/supervisor.py": "test_supervisor.py",
    "workers/feed.py": "test_overflow.py",
    "workers/worker.py": "test_replay.py",
}


def modules() -> list[str]:
    files = [path for package in ("broker", "workers") for path in (ROOT / package).glob("*.py")]
    return sorted(str(path.relative_to(ROOT)) for path in files if path.stem not in ("__init__", "__main__"))


@pytest.mark.parametrize("module", modules())
def test_every_module_is_tested(module: str) -> None:
    path = Path(module)
    own = ROOT / "tests" / path.parent / f"test_{path.name}"
    assert own.exists() != (module in WITHOUT)


def test_what_is_said_to_be_tested_elsewhere_is() -> None:
    assert set(WITHOUT) <= set(modules())
    elsewhere = [why for why in WITHOUT.values() if why.endswith(".py")]
    assert all((ROOT / "tests" / "service" / name).exists() for name in elsewhere)
