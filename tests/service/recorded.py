"""The recorded games beside the repository; tests that need one are skipped where it is absent."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from broker.recordings import merged

RECORDINGS = Path(__file__).parents[3] / "shared" / "data"


def recording(name: str) -> Path:
    """The file of a recording."""
    path = RECORDINGS / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"the recording {name} is not there: it is kept beside the repository, in shared/data")
    return path


def is_there(name: str) -> bool:
    """Whether there is a recording."""
    return (RECORDINGS / f"{name}.jsonl.gz").exists()


def with_pulls(name: str) -> list[bytes]:
    """The observations of a recording merged with its withdrawn prices."""
    return [one.line.text for one in merged([recording(name), recording(f"pulls/{name}.pulls")])]


def in_batches(lines: Sequence[bytes], size: int) -> list[list[bytes]]:
    """Cut into batches."""
    return [list(lines[start : start + size]) for start in range(0, len(lines), size)]
