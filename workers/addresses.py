"""What each client's address takes of this worker: handshakes under way, wrong keys, seats. Pure.

A host's address is what it can't choose freely: an IPv4 address, or the /64 network that an IPv6 host has to itself.
Only addresses that take something now are remembered, and of those that guess keys only so many.
"""

from collections import Counter, OrderedDict
from ipaddress import IPv6Address, IPv6Network, ip_address

from msgspec import Struct

IPV6_HOST_BITS = 64
MINUTE_SECONDS = 60.0
REMEMBERED_GUESSERS = 65_536
"""Addresses whose wrong keys are counted, about 10 MB; beyond, the one that was quiet for longest is forgotten."""


class Guesses(Struct):
    """Wrong keys of one address.

    Args:
        count: those that still count; with time they count less and less.
        at: when that was so, in seconds of the worker's clock.
    """

    count: float
    at: float


class Addresses:
    """All addresses of one worker.

    Args:
        handshakes: that one address may have under way, 0 for any number.
        wrong_keys_per_minute: of one address, before it is told to stop.
        seats: that one address may have here, 0 for any number.
    """

    def __init__(self, handshakes: int, wrong_keys_per_minute: int, seats: int) -> None:
        self._most_handshakes = handshakes
        self._most_wrong_keys = wrong_keys_per_minute
        self._most_seats = seats
        self._handshakes: Counter[str] = Counter()
        self._seats: Counter[str] = Counter()
        self._guesses: OrderedDict[str, Guesses] = OrderedDict()

    def begin(self, address: str) -> bool:
        """Count a handshake, unless the address has as many under way as it may."""
        return _take(self._handshakes, host(address), self._most_handshakes)

    def end(self, address: str) -> None:
        """A handshake that was counted is over, in whatever way."""
        _give_back(self._handshakes, host(address))

    def sit(self, address: str) -> bool:
        """Count a seat, unless the address has as many as it may."""
        return _take(self._seats, host(address), self._most_seats)

    def leave(self, address: str) -> None:
        """A seat that was counted is free again."""
        _give_back(self._seats, host(address))

    def guess(self, address: str, now: float) -> bool:
        """Count a wrong key.

        Args:
            address: where it came from.
            now: seconds of the worker's clock.

        Returns:
            Whether these are more than it may send.
        """
        name = host(address)
        guesses = self._guesses.pop(name, None) or Guesses(0.0, now)
        forgiven = (now - guesses.at) * self._most_wrong_keys / MINUTE_SECONDS
        # No more than twice the limit, so that the one who stops is forgiven within two minutes.
        guesses.count = min(max(0.0, guesses.count - forgiven) + 1.0, 2.0 * self._most_wrong_keys)
        guesses.at = now
        self._guesses[name] = guesses
        if len(self._guesses) > REMEMBERED_GUESSERS:
            self._guesses.popitem(last=False)
        return guesses.count > self._most_wrong_keys


def host(address: str) -> str:
    """Name the host behind an address; what is no IP address stands for itself."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(IPv6Network((parsed, IPV6_HOST_BITS), strict=False))
    return str(parsed)


def _take(counter: Counter[str], name: str, most: int) -> bool:
    if most and counter[name] >= most:
        return False
    counter[name] += 1
    return True


def _give_back(counter: Counter[str], name: str) -> None:
    counter[name] -= 1
    if counter[name] <= 0:
        del counter[name]
