"""The one table of closings."""

import pytest
from websockets.frames import Close

import broker.closing
from broker.closing import ALL, Closing, Reconnect


def test_every_closing_is_in_the_table_once() -> None:
    defined = [value for value in vars(broker.closing).values() if isinstance(value, Closing)]
    assert sorted(ALL, key=lambda closing: closing.label) == sorted(defined, key=lambda closing: closing.label)


def test_labels_and_reasons_tell_them_apart() -> None:
    assert len({closing.label for closing in ALL}) == len({closing.reason for closing in ALL}) == len(ALL)


def test_the_contract_s_codes_are_there() -> None:
    assert {closing.code for closing in ALL} >= {1001, 1003, 1008, 1009, 1011, 1012, 1013}


@pytest.mark.parametrize("closing", ALL, ids=lambda closing: str(closing.label))
def test_a_closing_may_be_sent_in_a_close_frame(closing: Closing) -> None:
    """RFC 6455, 5.5: a control frame has at most 125 bytes; 7.4: 1005, 1006 and 1015 are never sent."""
    close = Close(closing.code, closing.reason)
    close.check()
    assert len(close.serialize()) <= 125
    assert Close.parse(close.serialize()) == close


@pytest.mark.parametrize("closing", ALL, ids=lambda closing: str(closing.label))
def test_a_label_suits_a_metric(closing: Closing) -> None:
    assert closing.label.isidentifier()
    assert closing.label == closing.label.lower()


def test_only_a_key_that_is_gone_ends_it_for_good() -> None:
    assert [closing.label for closing in ALL if closing.reconnect is Reconnect.NO] == ["key_revoked"]
