"""What a subscriber says, and what it is answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recording import texts

from workers.conversation import (
    BURST_FRAMES,
    FLOOD_SECONDS,
    FRAMES_PER_SECOND,
    MESSAGES_PER_SECOND,
    UNKNOWN_ACTION,
    FloodGauge,
    answer,
)


@pytest.mark.parametrize("ping", [b'{"action":"ping"}', b' { "action" : "ping", "id": 7 } '])
def test_a_ping_is_answered_with_a_pong_and_the_time(ping: bytes) -> None:
    assert texts(answer(ping, 1776210900000)) == [b'{"type":"pong","ts":1776210900000}']


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"ping",
        b"{}",
        b"null",
        b"[]",
        b'{"action":"subscribe"}',
        b'{"action":7}',
        b'{"action":"ping"',
        b'{"action":"PING"}',
        b"[" * 4096,
        b'{"a":' * 800,
    ],
)
def test_any_other_text_is_an_unknown_action(text: bytes) -> None:
    assert answer(text, 0) is UNKNOWN_ACTION
    (told,) = texts(UNKNOWN_ACTION)
    assert told.startswith(b'{"type":"error","code":"unknown_action","message":"')


@given(st.text(max_size=100))
def test_no_text_is_too_strange(text: str) -> None:
    assert answer(text.encode(), 0) in (UNKNOWN_ACTION, answer(b'{"action":"ping"}', 0))


def floods(gauge: FloodGauge, second: int, count: int, *, messages: bool = True) -> list[bool]:
    return [gauge.is_flood(second + number / (count + 1), message=messages) for number in range(count)]


def test_ten_a_second_are_never_a_flood() -> None:
    gauge = FloodGauge()
    for second in range(100):
        assert not any(floods(gauge, second, MESSAGES_PER_SECOND))


def test_more_than_ten_a_second_for_ten_seconds_are_a_flood() -> None:
    gauge = FloodGauge()
    for second in range(FLOOD_SECONDS):
        assert not any(floods(gauge, 500 + second, MESSAGES_PER_SECOND + 1))
    assert gauge.is_flood(500 + FLOOD_SECONDS, message=True)


def test_a_burst_is_no_flood() -> None:
    gauge = FloodGauge()
    assert not any(floods(gauge, 5, BURST_FRAMES))
    assert not gauge.is_flood(6, message=True)


def test_a_burst_without_measure_is_one() -> None:
    gauge = FloodGauge()
    assert floods(gauge, 5, BURST_FRAMES + 1) == [*[False] * BURST_FRAMES, True]


def test_pings_and_fragments_are_counted_by_a_larger_measure() -> None:
    gauge = FloodGauge()
    for second in range(3 * FLOOD_SECONDS):
        assert not any(floods(gauge, second, FRAMES_PER_SECOND, messages=False))
    for second in range(3 * FLOOD_SECONDS, 4 * FLOOD_SECONDS):
        assert not any(floods(gauge, second, FRAMES_PER_SECOND + 1, messages=False))
    assert all(floods(gauge, 4 * FLOOD_SECONDS, 1, messages=False))


@pytest.mark.parametrize("pause", [0, MESSAGES_PER_SECOND])
def test_one_quiet_second_starts_the_count_anew(pause: int) -> None:
    gauge = FloodGauge()
    for second in range(2 * FLOOD_SECONDS):
        messages = pause if second == FLOOD_SECONDS - 1 else MESSAGES_PER_SECOND + 1
        assert not any(floods(gauge, second, messages))
    assert any(floods(gauge, 2 * FLOOD_SECONDS, 1))


@given(st.lists(st.integers(0, 13), max_size=40))
def test_a_flood_is_what_the_contract_says(messages_of_seconds: list[int]) -> None:
    gauge = FloodGauge()
    for second, messages in enumerate(messages_of_seconds):
        before = messages_of_seconds[max(0, second - FLOOD_SECONDS) : second]
        is_flood = len(before) == FLOOD_SECONDS and all(m > MESSAGES_PER_SECOND for m in before)
        assert floods(gauge, 1_000 + second, messages) == [is_flood] * messages
