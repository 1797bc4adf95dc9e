"""A small disk of its own for a directory, to be filled and emptied while the service runs."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

BALLAST = "ballast"
LARGEST_PIECE_BYTES = 65_536


class Disk:
    """A tmpfs.

    Args:
        path: where it is mounted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / BALLAST

    def fill(self) -> None:
        """Leave no room for another byte."""
        with self._ballast.open("ab", buffering=0) as ballast:
            piece = LARGEST_PIECE_BYTES
            while piece:
                try:
                    ballast.write(bytes(piece))
                except OSError:
                    piece //= 2

    def empty(self) -> None:
        """Make all that room again."""
        self._ballast.unlink()

    def lock(self) -> None:
        """Allow no writing; nobody may have a file open for it."""
        self._mount("remount,ro")

    def unlock(self) -> None:
        """Allow writing again."""
        self._mount("remount,rw")

    def _mount(self, options: str) -> None:
        subprocess.run(["mount", "-o", options, self.path], check=True)


@contextmanager
def mounted(path: Path, size: str = "16m") -> Iterator[Disk]:
    """A disk for as long as the block runs; the test is skipped where it can't be had."""
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(path)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a disk that can be filled is a tmpfs, which only root may mount")
    try:
        yield Disk(path)
    finally:
        # Not before nobody uses it any more: that the service has ended is the service's own test.
        with suppress(subprocess.CalledProcessError):
            subprocess.run(["umount", "--lazy", path], check=True)
