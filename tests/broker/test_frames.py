"""Frames made here are read by websockets' own parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Opcode
from wire import frames, texts

from broker.frames import PING_FRAME, text_frame


@pytest.mark.parametrize(
    ("length", "header_bytes"), [(0, 2), (1, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10), (1_000_000, 10)]
)
def test_a_text_is_read_back_at_every_width_of_its_length(length: int, header_bytes: int) -> None:
    payload = b"x" * length
    framed = text_frame(payload)
    assert texts(framed) == [payload]
    assert len(framed) == header_bytes + length


@given(st.lists(st.text(max_size=200).map(str.encode)))
def test_frames_can_be_joined(payloads: list[bytes]) -> None:
    assert texts(b"".join(map(text_frame, payloads))) == payloads


def test_a_ping_is_an_empty_control_frame() -> None:
    (ping,) = frames(PING_FRAME)
    assert (ping.opcode, ping.fin, ping.data) == (Opcode.PING, True, b"")
