"""Keys are found by their digest, for as long as they are good."""

import pytest

from broker.key_format import digest
from broker.messages import KeyRecord
from workers.keyring import Keyring

NOW_MS = 1_760_000_000_000
KEY = "pn_live_" + "a" * 32
OTHER = "pn_live_" + "b" * 32


def record(key: str = KEY, key_id: str = "k", expires_at: int | None = None) -> KeyRecord:
    return KeyRecord(key_id, digest(key), ("live",), expires_at, None)


@pytest.fixture
def keyring() -> Keyring:
    keyring = Keyring()
    keyring.replace([record(), record(OTHER, "other", NOW_MS)])
    return keyring


def test_a_key_that_is_there_is_found(keyring: Keyring) -> None:
    assert keyring.find(KEY, NOW_MS) == record()
    assert keyring.is_good("k", NOW_MS)


@pytest.mark.parametrize("key", ["", "a" * 40, KEY + "c", KEY[:-1], "pn_live_", KEY + "\n", KEY.replace("a", "ä")])
def test_any_other_is_not(keyring: Keyring, key: str) -> None:
    assert keyring.find(key, NOW_MS) is None


def test_a_key_is_good_until_the_moment_it_expires(keyring: Keyring) -> None:
    assert keyring.find(OTHER, NOW_MS - 1) is not None
    assert keyring.is_good("other", NOW_MS - 1)
    assert keyring.find(OTHER, NOW_MS) is None
    assert not keyring.is_good("other", NOW_MS)


def test_a_revoked_key_is_good_no_more(keyring: Keyring) -> None:
    keyring.replace([record(OTHER, "other")])
    assert keyring.find(KEY, NOW_MS) is None
    assert not keyring.is_good("k", NOW_MS)
    assert keyring.is_good("other", NOW_MS)


def test_keys_are_looked_at_only_when_one_expires() -> None:
    keyring = Keyring()
    assert not keyring.expire(NOW_MS)
    keyring.replace([record(), record(OTHER, "other", NOW_MS + 5), record("pn_live_" + "c" * 32, "last", NOW_MS + 9)])
    assert keyring.expire(NOW_MS)
    asked = [keyring.expire(NOW_MS + later) for later in range(1, 12)]
    assert [later for later, expired in enumerate(asked, 1) if expired] == [5, 9]
