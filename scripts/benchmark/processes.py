"""What processes and cores use, out of /proc, and which core a process runs on."""

import os
from collections.abc import Iterable
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
IDLE_COLUMNS = (4, 5)
"""idle and iowait, in a line of /proc/stat."""


def children(pid: int) -> list[int]:
    """List the processes that a process has started itself."""
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


def command(pid: int) -> list[str]:
    """Read a process' command line."""
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]


def pin(pid: int, core: int) -> None:
    """Have all threads of a process run on one core, and those that they start."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {core})


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
