"""How many subscribers there are at one moment, by the server's side: all its processes are stopped to count them.

A subscriber is a connection that a worker has answered with 101, welcome and snapshot and hasn't closed. The kernel
tells what was sent over each: less than a greeting with a game in it is a refusal, or nothing yet.
"""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from service.processes import is_stopped
from service.running import Service
from service.waiting import until

GREETING_BYTES = 600
"""Less than 101, welcome and a snapshot with one game; more than any refusal."""
PAUSE = 3
"""The service goes on for so many times as long as a count took before the next one."""
OPEN = ("ESTAB", "CLOSE-WAIT")
"""The states of a connection that the server has not closed (ss(8))."""


def why_impossible() -> str | None:
    """What is missing here, if something is."""
    return None if shutil.which("ss") else "needs ss, of Debian's iproute2"


def subscribers(service: Service) -> int:
    """Count them, with everything stopped for it."""
    pids = [*service.workers, service.pid("broker")]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        until(lambda: all(map(is_stopped, pids)), "broker and workers stand still")
        return established(service.port)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def established(port: int) -> int:
    """How many connections of a port have got their greeting and aren't closed by the server."""
    shown = subprocess.run(["ss", "-tniOH", f"sport = :{port}"], check=True, capture_output=True, text=True).stdout
    sent = [re.search(r"bytes_sent:(\d+)", line) for line in shown.splitlines() if line.startswith(OPEN)]
    return sum(int(found[1]) >= GREETING_BYTES for found in sent if found)


def send_queues(port: int) -> list[int]:
    """What the kernel holds for each of a port's connections, in bytes, its own overhead included (ss(8), skmem)."""
    shown = subprocess.run(["ss", "-tmnH", f"sport = :{port}"], check=True, capture_output=True, text=True).stdout
    return [int(queued) for queued in re.findall(r",w(\d+),", shown)]


@contextmanager
def counting(service: Service) -> Iterator[list[int]]:
    """Count again and again beside what is done meanwhile; the counts are complete at the end."""
    counts: list[int] = []
    done = threading.Event()

    def count() -> None:
        pause = 0.0
        while not done.wait(pause):
            began = time.monotonic()
            counts.append(subscribers(service))
            pause = PAUSE * (time.monotonic() - began)

    with ThreadPoolExecutor(1) as pool:
        counter = pool.submit(count)
        try:
            yield counts
        finally:
            done.set()
            counter.result()
