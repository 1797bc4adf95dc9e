"""Keys as they look, and their digest."""

import hashlib

import pytest

from broker.key_format import digest, is_well_formed


@pytest.mark.parametrize(
    "key",
    [
        "pn_live_" + "a" * 12,
        "pn_live_" + "a" * 92,
        "pn_live_0123456789ABCDEF_-abcdef",
    ],
)
def test_well_formed(key: str) -> None:
    assert is_well_formed(key)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "pn_live_",
        "pn_live_" + "a" * 11,
        "pn_live_" + "a" * 93,
        "pn_test_" + "a" * 32,
        "PN_LIVE_" + "a" * 32,
        " pn_live_" + "a" * 32,
        "pn_live_" + "a" * 32 + "\n",
        "pn_live_" + "a" * 31 + "é",
        "pn_live_" + "a" * 31 + "\u0660",
        "pn_live_" + "a" * 31 + "\udc80",
        "pn_live_aaaa bbbb cccc dddd",
    ],
)
def test_malformed(key: str) -> None:
    assert not is_well_formed(key)


def test_digest_is_sha256_of_the_whole_key() -> None:
    key = "pn_live_" + "k" * 32
    assert digest(key) == hashlib.sha256(key.encode()).digest()
