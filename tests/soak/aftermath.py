"""What a service that has ended may leave behind: nothing but its data, and a log without surprises."""

import socket
from pathlib import Path

from soak.violation import ViolationError

SURPRISES = ("traceback", "exception", "unexpected")


def check_port(port: int) -> None:
    """Nobody listens there any more.

    Raises:
        ViolationError: if somebody does.
    """
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise ViolationError(f"somebody still listens on port {port}")


def check_log(log_file: Path) -> None:
    """Each line is one of the service's own, and none tells of what nobody thought of.

    Raises:
        ViolationError: if one does.
    """
    for line in log_file.read_text().splitlines():
        if not line.startswith("{") or any(surprise in line.lower() for surprise in SURPRISES):
            raise ViolationError(f"the log says: {line}")
