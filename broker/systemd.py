"""What systemd is told of the service: state, status and the watchdog's beat (sd_notify(3))."""

import os
import socket
from collections.abc import Mapping
from time import monotonic_ns

from structlog.typing import FilteringBoundLogger

MICROSECONDS = 1_000_000
BEATS_PER_WATCHDOG = 3
"""sd_watchdog_enabled(3) asks for two at least."""
TELL_SECONDS = 1.0
"""Patience with a systemd that is busy."""


class Notifier:
    """The way to systemd; without one that listens, nothing is said.

    Args:
        environment: of this process; systemd says in it where it listens.
        log: for what it couldn't be told.
    """

    def __init__(self, environment: Mapping[str, str], log: FilteringBoundLogger) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        # A name that begins with @ is an abstract one (unix(7)).
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._log = log
        self.beat_seconds = _beat_seconds(environment)
        """Pause between two beats of the watchdog, None if there is none."""

    def ready(self) -> None:
        """The service does its work."""
        self._tell("READY=1")

    def reloading(self) -> None:
        """It brings itself up to date, and says `ready` once that is done."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={monotonic_ns() // 1000}")

    def stopping(self, seconds: float) -> None:
        """It ends, within so many seconds, however short systemd's own patience."""
        self._tell("STOPPING=1", f"EXTEND_TIMEOUT_USEC={int(seconds * MICROSECONDS)}")

    def status(self, line: str) -> None:
        """How it is, for people."""
        self._tell(f"STATUS={line}")

    def beat(self) -> None:
        """It is well."""
        self._tell("WATCHDOG=1")

    def _tell(self, *assignments: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.settimeout(TELL_SECONDS)
                sender.sendto("\n".join(assignments).encode(), self._address)
        except OSError as error:
            self._log.warning("systemd could not be told", what=assignments[0], error=str(error))


def _beat_seconds(environment: Mapping[str, str]) -> float | None:
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        # Meant for another process.
        return None
    microseconds = environment.get("WATCHDOG_USEC", "")
    return int(microseconds) / MICROSECONDS / BEATS_PER_WATCHDOG if microseconds.isdigit() else None
