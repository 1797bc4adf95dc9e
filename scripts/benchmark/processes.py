"""What processes and cores use, out of /proc, and which core a process runs on."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
IDLE_COLUMNS = (4, 5)
"""idle and iowait, in a line of /proc/stat."""
UNDER_WAY_SECONDS = 1.0
"""Until what runs beside has come up to its pace."""


def children(pid: int) -> list[int]:
    """List the processes that a process has started itself."""
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


def title(pid: int) -> str:
    """Read what a process shows in the place of its command line."""
    return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0")


def pin(pid: int, core: int) -> None:
    """Have all threads of a process run on one core, and those that they start."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {core})


@contextmanager
def beside(module: str, *arguments: str) -> Iterator[None]:
    """Have a program of ours run, on our own core, until the block ends.

    Raises:
        RuntimeError: if it has ended by itself.
    """
    with subprocess.Popen([sys.executable, "-m", module, *arguments]) as program:  # noqa: S603 our own program
        time.sleep(UNDER_WAY_SECONDS)
        try:
            yield
            if program.poll() is not None:
                raise RuntimeError(f"{module} has ended by itself")
        finally:
            program.kill()


def cpu_seconds(pids: Iterable[int]) -> float:
    """Read what processes have used so far, in user and kernel mode."""
    ticks = 0
    for pid in pids:
        # The name, in parentheses, may have blanks: proc_pid_stat(5), utime and stime are fields 14 and 15.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_PER_SECOND


def resident_bytes(pids: Iterable[int]) -> int:
    """Read how much memory processes hold."""
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") for pid in pids)


def busy_seconds(core: int) -> float:
    """Read how long a core has been busy so far, whoever with."""
    for line in Path("/proc/stat").read_text().splitlines():
        fields = line.split()
        if fields[0] == f"cpu{core}":
            ticks = sum(int(field) for column, field in enumerate(fields[1:9], 1) if column not in IDLE_COLUMNS)
            return ticks / TICKS_PER_SECOND
    raise ValueError(f"there is no core {core}")
