"""A worker that has no broker yet ends as readily as one that serves."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import json

from broker.leash import Orders
from broker.settings import Settings
from service.waiting import until

END_SECONDS = 10


@pytest.fixture
def worker() -> "Iterator[subprocess.Popen[bytes]]":
    # Not tmp_path: a Unix socket's path is short.
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings(data_dir=directory, runtime_dir=directory)
        process = subprocess.Popen([sys.executable, "-m", "workers"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdin
        process.stdin.write(json.encode(Orders(settings, "worker-1")) + b"\n")
        process.stdin.flush()
        yield process
        process.kill()
        process.wait()


def test_a_worker_without_a_broker_ends_when_told_to(worker: "subprocess.Popen[bytes]") -> None:
    until(lambda: catches(worker.pid, signal.SIGTERM), "worker has its handlers")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(END_SECONDS) == 0


def test_a_worker_without_a_broker_ends_with_its_supervisor(worker: "subprocess.Popen[bytes]") -> None:
    assert worker.stdin
    worker.stdin.close()
    assert worker.wait(END_SECONDS) == 0


def catches(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a handler for a signal (proc(5), SigCgt)."""
    status = Path(f"/proc/{pid}/status").read_text()
    mask = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(mask, 16) & 1 << (number - 1))
