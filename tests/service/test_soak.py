"""A short soak: the whole service under random faults, every time other ones. `scripts/soak` runs long ones."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parents[2]
SECONDS = 15
DEADLINE_SECONDS = 300


def test_every_promise_is_kept_under_random_faults() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "soak", "--seconds", str(SECONDS)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    # Its seed is in its first line.
    print(ended.stdout)
    assert ended.returncode == 0, ended.stderr
