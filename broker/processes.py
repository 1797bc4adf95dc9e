"""What is known of other processes: when they end, though they are not our children (pidfd_open(2)), and their work."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path


class ProcessWatch:
    """Calls back when a watched process ends; a process is watched once, however often it is asked for.

    Args:
        loop: the loop that calls back.
        gone: called with the process id.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, gone: Callable[[int], None]) -> None:
        self._loop = loop
        self._gone = gone
        self._descriptors: dict[int, int] = {}

    def add(self, pid: int) -> None:
        """Watch a process; one that has ended already is reported at the loop's next turn."""
        if pid in self._descriptors:
            return
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            self._loop.call_soon(self._gone, pid)
            return
        self._descriptors[pid] = descriptor
        # Readable once the process has ended, its sockets closed.
        self._loop.add_reader(descriptor, self._ended, pid)

    def close(self) -> None:
        """Watch nothing any more."""
        for descriptor in self._descriptors.values():
            self._loop.remove_reader(descriptor)
            os.close(descriptor)
        self._descriptors.clear()

    def _ended(self, pid: int) -> None:
        descriptor = self._descriptors.pop(pid)
        self._loop.remove_reader(descriptor)
        os.close(descriptor)
        self._gone(pid)


def cpu_ticks(pid: int) -> int:
    """How long a process has used a processor so far, in clock ticks; 0 once it has ended."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    # The name, in parentheses, may have blanks: proc_pid_stat(5), utime and stime are fields 14 and 15.
    user, system = status.rpartition(")")[2].split()[11:13]
    return int(user) + int(system)
