"""What one subscriber is told, byte for byte."""

import pytest
from msgspec import json
from wire import texts

from broker.messages import CHANNELS, Channel
from broker.notices import ErrorNotice, Lagged, Pong, Welcome, frame, snapshot_frame, welcome_frame


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_welcome_is_the_contract_s(channel: Channel) -> None:
    assert texts(welcome_frame(channel, 1)) == [
        b'{"type":"welcome","channel":"%b","conn_id":1,"message":"connected to books-relayer %b channel"}'
        % (channel.encode(), channel.encode())
    ]


@pytest.mark.parametrize(
    ("notice", "text"),
    [
        (Pong(1776210900000), b'{"type":"pong","ts":1776210900000}'),
        (ErrorNotice("unknown_action", 'a "b"'), b'{"type":"error","code":"unknown_action","message":"a \\"b\\""}'),
        (Lagged(12, 5), b'{"type":"lagged","dropped":12,"ts":5}'),
    ],
)
def test_a_notice_is_compact_json_in_one_frame(notice: Welcome | Pong | ErrorNotice | Lagged, text: bytes) -> None:
    assert texts(frame(notice)) == [text]


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("fragments", [[], [b'{"game_id":"g1"}'], [b'{"game_id":"g1"}', '{"a":"ü%b"}'.encode()]])
def test_a_snapshot_is_its_fragments_in_order(channel: Channel, fragments: list[bytes]) -> None:
    (text,) = texts(snapshot_frame(channel, 1776210900000, fragments))
    expected = {
        "type": "snapshot",
        "channel": channel,
        "ts": 1776210900000,
        "count": len(fragments),
        "games": [json.decode(fragment) for fragment in fragments],
    }
    assert text == json.encode(expected)
