"""What /proc tells about the service's processes and their connections (proc(5))."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")


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
    socket_name = f"socket:[{_inode(server_port, client_port)}]"
    for pid in pids:
        for descriptor in (PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                if str(descriptor.readlink()) == socket_name:
                    return pid
    raise AssertionError(f"nobody holds the connection from port {client_port}")


def _environment(entry: Path) -> bytes:
    try:
        return (entry / "environ").read_bytes()
    except OSError:
        # Gone in the meantime, or somebody else's.
        return b""


def _inode(local_port: int, remote_port: int) -> str:
    for line in (PROC / "net" / "tcp").read_text().splitlines()[1:]:
        fields = line.split()
        ports = [int(address.rpartition(":")[2], 16) for address in fields[1:3]]
        if ports == [local_port, remote_port]:
            return fields[9]
    raise AssertionError(f"there is no connection from port {remote_port}")
