"""Whose word on a client's address counts."""

import pytest

from broker.settings import checked
from workers.proxies import Proxies

CLIENT = "192.0.2.7"
PROXY, OUTER_PROXY = "127.0.0.1", "10.1.2.3"
PROXIES = Proxies(checked({"trusted_proxies": "127.0.0.1, 10.0.0.0/8, 2001:db8::/32"}).proxy_networks)


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ([CLIENT], CLIENT),
        (["2001:DB9::0007"], "2001:db9::7"),
        ([f"{CLIENT},  {OUTER_PROXY} "], CLIENT),
        ([CLIENT, OUTER_PROXY], CLIENT),
        # What it may have made up stands before what our proxies have seen.
        ([f"198.51.100.1, {CLIENT}"], CLIENT),
        ([f"127.0.0.1, {CLIENT}, 2001:db8::1"], CLIENT),
        (["junk", CLIENT], CLIENT),
        # A proxy of ours is a client too, to another one.
        ([OUTER_PROXY], OUTER_PROXY),
        ([f"::ffff:{CLIENT}"], CLIENT),
    ],
)
def test_the_last_address_that_is_none_of_our_proxies_is_the_client_s(forwarded: list[str], client: str) -> None:
    assert PROXIES.client(PROXY, forwarded) == client


@pytest.mark.parametrize(
    "forwarded", [[], [""], ["unknown"], [f"{CLIENT}:50000"], ["[::1]"], [f"{CLIENT}, junk"], [f"{CLIENT},,"]]
)
def test_what_is_no_address_leaves_the_peer_s_own(forwarded: list[str]) -> None:
    assert PROXIES.client(PROXY, forwarded) == PROXY


@pytest.mark.parametrize("peer", ["192.0.2.1", "11.0.0.1", "::1", ""])
def test_nobody_else_is_believed(peer: str) -> None:
    assert PROXIES.client(peer, [CLIENT]) == peer


def test_without_proxies_nobody_is_believed() -> None:
    assert Proxies(()).client(PROXY, [CLIENT]) == PROXY


def test_a_socket_for_both_families_makes_no_difference() -> None:
    assert PROXIES.trust(f"::ffff:{PROXY}")
    assert not PROXIES.trust(f"::ffff:{CLIENT}")
