"""What one client's address may take, and that nothing of it is remembered for longer than it has to be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.addresses import REMEMBERED_GUESSERS, Addresses, host

ONE, OTHER = "192.0.2.1", "192.0.2.2"


def addresses(handshakes: int = 2, wrong_keys: int = 3, seats: int = 2) -> Addresses:
    return Addresses(handshakes, wrong_keys, seats)


def test_handshakes_are_bounded_for_each_address() -> None:
    one = addresses()
    assert [one.begin(ONE) for _ in range(3)] == [True, True, False]
    assert one.begin(OTHER)
    one.end(ONE)
    assert one.begin(ONE)
    assert not one.begin(ONE)


def test_seats_are_bounded_for_each_address() -> None:
    one = addresses()
    assert [one.sit(ONE) for _ in range(3)] == [True, True, False]
    assert one.sit(OTHER)
    one.leave(ONE)
    assert one.sit(ONE)


def test_nought_is_no_bound() -> None:
    one = addresses(handshakes=0, seats=0)
    assert all(one.begin(ONE) and one.sit(ONE) for _ in range(1000))


def test_wrong_keys_beyond_the_limit_are_told() -> None:
    one = addresses(wrong_keys=3)
    assert [one.guess(ONE, 0.0) for _ in range(5)] == [False, False, False, True, True]
    assert not one.guess(OTHER, 0.0)


def test_wrong_keys_are_forgiven_with_time() -> None:
    one = addresses(wrong_keys=3)
    for _ in range(1000):
        one.guess(ONE, 0.0)
    assert one.guess(ONE, 20.0)
    assert not one.guess(ONE, 140.0)


def test_who_sends_a_wrong_key_now_and_then_is_never_told_to_stop() -> None:
    one = addresses(wrong_keys=3)
    assert not any(one.guess(ONE, 20.0 * number) for number in range(1000))


def test_only_so_many_guessers_are_remembered() -> None:
    one = addresses(wrong_keys=1)
    assert not one.guess(ONE, 0.0)
    for number in range(REMEMBERED_GUESSERS):
        one.guess(f"guesser {number}", 0.0)
    assert len(one._guesses) == REMEMBERED_GUESSERS
    assert not one.guess(ONE, 0.0)


@given(st.lists(st.tuples(st.sampled_from([ONE, OTHER, "2001:db8::1"]), st.booleans()), max_size=60))
def test_what_ends_leaves_nothing_behind(schedule: list[tuple[str, bool]]) -> None:
    one = addresses(handshakes=3)
    under_way: list[str] = []
    for address, begins in schedule:
        if begins:
            taken = one.begin(address)
            assert taken is (under_way.count(address) < 3)
            under_way += [address] * taken
        elif address in under_way:
            under_way.remove(address)
            one.end(address)
    for address in under_way:
        one.end(address)
    assert not one._handshakes


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_a_host_is_what_it_cannot_choose(address: str, expected: str) -> None:
    assert host(address) == expected
