"""The first part of the way in: what an address may have under way, and what its requests may ask for."""

from websockets.http11 import Request

from broker.settings import Settings
from workers.addresses import Addresses
from workers.clock import Clock
from workers.connection import Connection
from workers.handshake import WRONG_KEY, Accepted, judge
from workers.keyring import Keyring
from workers.proxies import FORWARDED_HEADER, Proxies
from workers.refusals import Refusal, address_handshakes_reached, address_seats_reached, wrong_keys_reached


class Reception:
    """The connections of one worker that haven't made their request yet, and the limits of all addresses.

    Args:
        settings: the service's.
        keyring: the keys that are good.
    """

    def __init__(self, settings: Settings, keyring: Keyring) -> None:
        self._settings = settings
        self._keyring = keyring
        self._origins = settings.allowed_origins
        self._proxies = Proxies(settings.proxy_networks)
        self._addresses = Addresses(
            settings.handshakes_per_address,
            settings.wrong_keys_per_minute,
            # The kernel spreads an address' connections evenly: each worker sees to its part.
            -(-settings.seats_per_address // settings.workers),
        )
        self._reading: dict[Connection, None] = {}
        """The oldest first."""

    def __len__(self) -> int:
        """How many there are."""
        return len(self._reading)

    def opened(self, connection: Connection) -> Refusal | None:
        """A TCP connection was made: why it is turned away at once, if it is."""
        if not self._is_proxy(connection) and not self._addresses.begin(connection.address):
            return address_handshakes_reached(self._settings.handshakes_per_address)
        self._reading[connection] = None
        return None

    def crowded_out(self) -> Connection | None:
        """The one that has to give way if there are too many: whoever takes longest most likely never asks."""
        return next(iter(self._reading)) if len(self._reading) > self._settings.handshakes else None

    def requested(self, connection: Connection, request: Request, clock: Clock) -> Accepted | Refusal:
        """Judge a request that is complete; the client of a good one has a seat of its address' share."""
        self.has_asked(connection)
        connection.address = self._proxies.client(connection.address, request.headers.get_all(FORWARDED_HEADER))
        verdict = judge(connection.protocol, request, self._keyring, self._origins, clock.unix_ms)
        if isinstance(verdict, Refusal):
            is_guessing = verdict.label == WRONG_KEY and self._addresses.guess(connection.address, clock.seconds)
            return wrong_keys_reached(self._settings.wrong_keys_per_minute) if is_guessing else verdict
        connection.seated = self._addresses.sit(connection.address)
        return verdict if connection.seated else address_seats_reached(self._settings.seats_per_address)

    def has_asked(self, connection: Connection) -> None:
        """Its handshake is under way no longer, if it was."""
        if connection in self._reading:
            del self._reading[connection]
            if not self._is_proxy(connection):
                self._addresses.end(connection.address)

    def lost(self, connection: Connection) -> None:
        """The TCP connection is gone."""
        self.has_asked(connection)
        if connection.seated:
            self._addresses.leave(connection.address)

    def _is_proxy(self, connection: Connection) -> bool:
        """Whether it comes from a trusted proxy, which has the handshakes of many: until it says whose they are."""
        return self._proxies.trust(connection.address)
