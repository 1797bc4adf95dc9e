"""Who may send observations over the network: producers who prove one of the keys that are admitted.

CURVE does the proving (ZeroMQ RFC 26); libzmq asks by ZAP (RFC 27) whether a key is good, and `zmq.auth` answers with
our word. Each message carries its sender's key, so that one who is no longer admitted is not heard any more, however
long it has been connected.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import zmq
from structlog.typing import FilteringBoundLogger
from zmq.auth.asyncio import AsyncioAuthenticator
from zmq.utils.monitor import parse_monitor_message

from broker import curve
from broker.curve import CurveKeysError
from broker.port import Port
from broker.throttle import Throttle

REPORT_SECONDS = 10.0
"""A producer with a wrong key tries again several times a second: one line in so many seconds tells of them all."""
UNKNOWN_KEY = "its key is not admitted"
NO_KEY = "it has no key, or not this service's public one"
REASONS = {
    int(zmq.EVENT_HANDSHAKE_FAILED_AUTH): UNKNOWN_KEY,
    int(zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL): NO_KEY,
    # The other side found out first.
    int(zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL): NO_KEY,
}


class Gate:
    """Guards the producers' socket; what `zmq.auth` calls a credentials provider.

    Args:
        loop: the broker's, which runs.
        context: of the socket.
        directory: of the keys.
        log: the process' log.
        clock: monotonic time in seconds.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        context: "zmq.Context[zmq.Socket[bytes]]",
        directory: Path,
        log: FilteringBoundLogger,
        clock: Callable[[], float],
    ) -> None:
        self._loop = loop
        self._directory = directory
        self._log = log
        self._refusals = {why: Throttle(REPORT_SECONDS, clock) for why in (UNKNOWN_KEY, NO_KEY)}
        self._faults = Throttle(REPORT_SECONDS, clock)
        self._version: object = None
        self._admitted: frozenset[str] = frozenset()
        self._monitor: Port | None = None
        self._authenticator = AsyncioAuthenticator(context)

    def guard(self, socket: "zmq.Socket[bytes]") -> None:
        """Have a socket, before it is bound, speak only to those who are admitted.

        Raises:
            CurveKeysError, OpenToOthersError: if the service's keys can't be used.
        """
        curve.guard(socket, self._directory)
        self.refresh()
        self._authenticator.configure_curve_callback(credentials_provider=self)
        self._authenticator.start()
        self._monitor = Port(self._loop, socket.get_monitor_socket(sum(REASONS)), self._failed)

    def refresh(self) -> None:
        """See who is admitted by now; if that can't be read, those stay who were."""
        try:
            version = curve.version(self._directory)
            if version != self._version:
                self._admitted = curve.admitted(self._directory)
                self._version = version
        except (CurveKeysError, OSError) as error:
            if times := self._faults.happened():
                self._log.error(
                    "producers' keys can't be read, the last known ones stay", error=str(error), times=times
                )

    def callback(self, _domain: str, key: bytes) -> bool:
        """Tell `zmq.auth` whether a key, in Z85, is good."""
        return key.decode() in self._admitted

    def trusts(self, sender: str) -> bool:
        """Whether a message is to be heard.

        Args:
            sender: its key in Z85, good when the connection was made.
        """
        if sender in self._admitted:
            return True
        self._turned_away(UNKNOWN_KEY)
        return False

    def close(self) -> None:
        """Ask and answer no more; the socket is closed by then."""
        self._authenticator.stop()
        if self._monitor:
            self._monitor.close()

    def _failed(self, parts: list[bytes]) -> None:
        self._turned_away(REASONS[int(parse_monitor_message(parts)["event"])])

    def _turned_away(self, why: str) -> None:
        if times := self._refusals[why].happened():
            self._log.warning("producer turned away", reason=why, times=times)
