"""One process per directory, and the kernel frees the lock with it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from broker.lock import LockedError, acquire

OPEN_FILES = Path("/proc/self/fd")
HOLDS = """
import sys
from pathlib import Path
from broker.lock import acquire
acquire(Path(sys.argv[1]), 0.0)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lock_is_taken_once(tmp_path: Path) -> None:
    path = tmp_path / "relay.lock"
    descriptor = acquire(path, 0.0)
    with pytest.raises(LockedError, match=f"another books-relayer uses {tmp_path}: stop it, or choose"):
        acquire(path, 0.0)
    os.close(descriptor)
    os.close(acquire(path, 0.0))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_lock_that_stays_taken_leaves_no_descriptor_open(tmp_path: Path) -> None:
    descriptor = acquire(tmp_path / "lock", 0.0)
    before = len(list(OPEN_FILES.iterdir()))
    with pytest.raises(LockedError):
        acquire(tmp_path / "lock", 0.0)
    assert len(list(OPEN_FILES.iterdir())) == before
    os.close(descriptor)


def test_a_killed_holder_frees_it_for_one_who_waits(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LockedError):
            acquire(path, 0.0)
        holder.kill()
        os.close(acquire(path, 10.0))


def test_a_directory_that_is_not_there_is_the_caller_s_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        acquire(tmp_path / "absent" / "lock", 0.0)
