"""When a subscriber comes back."""

import random

import pytest

from broker import closing
from broker.cli.reconnecting import (
    JITTER_SECONDS,
    LONGEST_PAUSE_SECONDS,
    after_close,
    after_refusal,
    pause_seconds,
)
from broker.closing import Closing, Reconnect


@pytest.mark.parametrize("row", closing.ALL)
def test_each_row_of_the_table_is_followed(row: Closing) -> None:
    assert after_close(row.code, row.reason) is row.reconnect


def test_reasons_may_go_on_and_codes_may_be_unknown() -> None:
    assert after_close(1013, "lagged: 12 events dropped") is Reconnect.BACK_OFF
    assert after_close(4000, "") is Reconnect.BACK_OFF


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_wrong_request_is_not_repeated(status: int) -> None:
    assert not after_refusal(status)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_full_or_failing_server_is_tried_again(status: int) -> None:
    assert after_refusal(status)


def test_pauses_grow_up_to_a_bound() -> None:
    pauses = [pause_seconds(Reconnect.BACK_OFF, n, lambda _low, high: high) for n in range(2000)]
    assert pauses == sorted(pauses)
    assert pauses[0] < 1
    assert pauses[-1] == LONGEST_PAUSE_SECONDS


def test_pauses_are_spread() -> None:
    chance = random.Random(1)
    for failures in (0, 9):
        jittered = [pause_seconds(Reconnect.WITH_JITTER, failures, chance.uniform) for _ in range(200)]
        assert 0 <= min(jittered) < 1
        assert JITTER_SECONDS - 1 < max(jittered) <= JITTER_SECONDS
