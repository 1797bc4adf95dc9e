"""What /proc tells about the service's processes and their connections (proc(5))."""

import contextlib
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
ENDED = "ZX"
"""States of a process that is no more, but whose end its parent hasn't heard of."""
ESTABLISHED = 1
"""State of a connection (tcp_states.h)."""
NOT_ACCEPTED = 0
"""The inode of a connection that still waits in its listener's queue."""


def marked(marker: str) -> set[int]:
    """The living processes that inherited a marker in their environment, however they are related."""
    return {
        int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit() and marker.encode() in _environment(entry)
    }


def holder(pids: Iterable[int], server_port: int, client_port: int) -> int:
    """The process that holds the server's end of a loopback connection.

    Args:
        pids: who comes into question.
        server_port: the port connected to.
        client_port: the client's own port.
    """
    inode = next((each.inode for each in _connections(server_port) if each.peer_port == client_port), None)
    assert inode is not None, f"there is no connection from port {client_port}"
    found = next((pid for pid in pids if inode in _inodes(pid)), None)
    assert found is not None, f"nobody holds the connection from port {client_port}"
    return found


def peers(pid: int, server_port: int) -> set[str]:
    """The addresses that the connections to a port come from which a process holds."""
    held = _inodes(pid)
    return {each.peer for each in _connections(server_port) if each.inode in held}


def clients_of(pid: int, server_port: int) -> set[int]:
    """The clients' ports of all connections to a port that a process holds."""
    held = _inodes(pid)
    return {each.peer_port for each in _connections(server_port) if each.peer_port and each.inode in held}


def clients_accepted(server_port: int) -> set[int]:
    """The clients' ports of all connections to a port that stand and that some process has accepted."""
    return {
        each.peer_port for each in _connections(server_port) if each.state == ESTABLISHED and each.inode != NOT_ACCEPTED
    }


def descriptors(pid: int) -> int:
    """How many files and sockets a process has open."""
    return len(list((PROC / str(pid) / "fd").iterdir()))


def resident_bytes(pid: int) -> int:
    """What a process has in memory."""
    return 1024 * int(_status(pid, "VmRSS").split()[0])


def is_alive(pid: int) -> bool:
    """Whether there is a process of that id that has not ended."""
    try:
        return _status(pid, "State").split()[0] not in ENDED
    except FileNotFoundError:
        return False


def is_stopped(pid: int) -> bool:
    """Whether every thread of a process is stopped by a signal."""
    tasks = (PROC / str(pid) / "task").iterdir()
    return all((task / "stat").read_text().rpartition(")")[2].split()[0] == "T" for task in tasks)


def _status(pid: int, name: str) -> str:
    lines = (PROC / str(pid) / "status").read_text().splitlines()
    return next(line.partition(":")[2] for line in lines if line.startswith(f"{name}:"))


def _environment(entry: Path) -> bytes:
    try:
        return (entry / "environ").read_bytes()
    except OSError:
        # Gone in the meantime, or somebody else's.
        return b""


def _inodes(pid: int) -> set[int]:
    """The sockets that a process has open."""
    names: list[str] = []
    for descriptor in (PROC / str(pid) / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            names.append(str(descriptor.readlink()))
    return {int(name[len("socket:[") : -1]) for name in names if name.startswith("socket:[")}


class _Connection(NamedTuple):
    peer: str
    peer_port: int
    state: int
    inode: int


def _connections(local_port: int) -> list[_Connection]:
    """The connections to a port, as far as their local end is concerned."""
    found = []
    for line in (PROC / "net" / "tcp").read_text().splitlines()[1:]:
        _, local, remote, *rest = line.split()
        if int(local.rpartition(":")[2], 16) == local_port:
            address, _, port = remote.partition(":")
            # The kernel prints the address as a number in the machine's own order.
            peer = socket.inet_ntoa(int(address, 16).to_bytes(4, sys.byteorder))
            found.append(_Connection(peer, int(port, 16), int(rest[0], 16), int(rest[6])))
    return found
