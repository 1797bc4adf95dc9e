"""A data directory that can't be used at the start: told in a sentence, with exit code 1, and nothing is touched."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from broker.journal import DATABASE_NAME
from broker.keys import DATABASE_NAME as KEYS_DATABASE_NAME
from service.disk import mounted
from service.observed import encode, game
from service.running import Service, running, start_in_vain

PAGE_BYTES = 4096
FULL = "the disk is full, free some space"
READ_ONLY = "check that its directory is writable and the file is ours"


@pytest.fixture
def root() -> Iterator[Path]:
    """A directory with a short path."""
    with TemporaryDirectory(prefix="relay-") as root:
        yield Path(root)


def directories(root: Path) -> dict[str, object]:
    """Those of a service."""
    return {"data_dir": root / "data", "runtime_dir": root / "run"}


def contents(directory: Path) -> dict[str, bytes]:
    """All files with what is in them."""
    return {file.name: file.read_bytes() for file in directory.iterdir()}


def test_a_disk_that_becomes_full_is_told_at_the_next_start_and_with_room_all_is_there(root: Path) -> None:
    with mounted(root / "data") as disk, Service(root, workers=1) as service:
        service.send([encode(game("kept"))])
        disk.fill()
        # With no room for the last checkpoint it stops all the same.
        service.stop()
        assert f"can't write to {disk.path / DATABASE_NAME}: {FULL}" in start_in_vain(**directories(root))
        disk.empty()
        service.start()
        assert service.send([encode(game("kept"))]).events == 0


def test_a_disk_that_is_full_from_the_first_leaves_nothing_in_the_way_of_the_next_start(root: Path) -> None:
    with mounted(root / "data") as disk:
        disk.fill()
        assert f"can't write to {disk.path / DATABASE_NAME}: {FULL}" in start_in_vain(**directories(root))
        disk.empty()
        with Service(root, workers=1) as service:
            assert service.send([encode(game("new"))]).accepted == 1


def test_a_disk_that_is_read_only_is_told_and_once_it_is_not_all_is_there(root: Path) -> None:
    with mounted(root / "data") as disk, Service(root, workers=1) as service:
        service.send([encode(game("kept"))])
        service.stop()
        service.keys.close()
        disk.lock()
        told = start_in_vain(**directories(root))
        assert "Read-only file system" in told
        assert READ_ONLY in told
        disk.unlock()
        service.start()
        assert service.send([encode(game("kept"))]).events == 0


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def with_its_middle_lost(content: bytes) -> bytes:
    start = len(content) // 2 // PAGE_BYTES * PAGE_BYTES
    return content[:start] + bytes(PAGE_BYTES) + content[start + PAGE_BYTES :]


@pytest.mark.parametrize("damage", [cut, with_its_middle_lost])
@pytest.mark.parametrize("name", [DATABASE_NAME, KEYS_DATABASE_NAME])
def test_a_damaged_database_is_told_and_not_touched(name: str, damage: Callable[[bytes], bytes]) -> None:
    with running(workers=1) as service:
        service.send([encode(game(f"game-{number}")) for number in range(50)])
        service.stop()
        file = service.data_dir / name
        file.write_bytes(damage(file.read_bytes()))
        before = contents(service.data_dir)
        assert f"{file} is damaged (" in start_in_vain(**directories(service.data_dir.parent))
        assert contents(service.data_dir) == before
