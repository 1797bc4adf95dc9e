"""Whose word on a client's address counts: that of the trusted proxies in front, and of nobody else. Pure."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

FORWARDED_HEADER = "X-Forwarded-For"
"""Each proxy appends the address that it was connected from; what stands before that, a client may have made up."""

Network = IPv4Network | IPv6Network


class Proxies:
    """The proxies in front.

    Args:
        networks: where they are.
    """

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks

    def trust(self, address: str) -> bool:
        """Whether a proxy of ours has this address."""
        parsed = _parsed(address)
        return parsed is not None and any(parsed in network for network in self._networks)

    def client(self, peer: str, forwarded: Sequence[str]) -> str:
        """The client's address.

        Args:
            peer: who has connected.
            forwarded: the values of X-Forwarded-For in its request.

        Returns:
            The last address there that is none of our proxies'. The peer's own, if that is none of ours or what it
            forwards is no address.
        """
        if not self._networks or not self.trust(peer):
            return peer
        address = peer
        for value in reversed(",".join(forwarded).split(",")):
            parsed = _parsed(value.strip())
            if parsed is None:
                return peer
            address = str(parsed)
            if not self.trust(address):
                break
        return address


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    # A socket for both families calls 192.0.2.1 ::ffff:192.0.2.1.
    return (parsed.version == 6 and parsed.ipv4_mapped) or parsed
