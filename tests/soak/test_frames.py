"""A byte stream falls into its frames, however it is cut; what the server may not send is found."""

import zlib

import pytest

from broker.frames import PING_FRAME, text_frame
from service.raw import FLUSH_TAIL
from soak.frames import Frames
from soak.violation import ViolationError

LENGTHS = (0, 1, 125, 126, 65_535, 65_536)
CLOSE_FRAME = b"\x88\x02\x03\xf4"


def deflated_frame(compressor: "zlib._Compress", text: bytes) -> bytes:
    payload = compressor.compress(text) + compressor.flush(zlib.Z_SYNC_FLUSH)
    frame = bytearray(text_frame(payload.removesuffix(FLUSH_TAIL)))
    frame[0] |= 0x40
    return bytes(frame)


@pytest.mark.parametrize("size", [1, 2, 3, 100, 1_000_000])
def test_frames_of_all_lengths_come_out_however_they_are_cut(size: int) -> None:
    texts = [b"x" * length for length in LENGTHS[:4]] if size < 100 else [b"x" * length for length in LENGTHS]
    stream = b"".join(map(text_frame, texts))
    frames = Frames(None)
    arrived = [frames.split(stream[start : start + size]) for start in range(0, len(stream), size)]
    assert [text for each in arrived for text in each.texts] == texts
    assert not any(each.pings or each.close for each in arrived)


def test_pings_and_the_close_frame_are_told_apart() -> None:
    arrived = Frames(None).split(text_frame(b"a") + PING_FRAME + text_frame(b"b") + CLOSE_FRAME)
    assert arrived.texts == [b"a", b"b"]
    assert arrived.pings == [b""]
    assert arrived.close == b"\x03\xf4"


def test_compressed_frames_are_inflated_with_those_before_as_their_context() -> None:
    compressor = zlib.compressobj(wbits=-12)
    texts = [b'{"type":"price_change"}'] * 3
    stream = text_frame(b"plain") + b"".join(deflated_frame(compressor, text) for text in texts)
    assert Frames(12).split(stream).texts == [b"plain", *texts]


def test_what_goes_further_back_than_was_agreed_is_found() -> None:
    compressor = zlib.compressobj(wbits=-15)
    past = zlib.compress(bytes(range(256)) * 64, 0)[:8000]
    stream = b"".join(deflated_frame(compressor, text) for text in (past, past))
    assert len(Frames(15).split(stream).texts) == 2
    with pytest.raises(ViolationError, match="could not be inflated"):
        Frames(12).split(stream)


@pytest.mark.parametrize(
    ("stream", "problem"),
    [
        (b"\x82\x01x", "a frame began with 0x82"),
        (b"\x01\x01x", "a frame began with 0x01"),
        (b"\xc1\x01x", "compressed though that was not agreed to"),
        (CLOSE_FRAME + text_frame(b"x"), "after the close frame"),
    ],
)
def test_what_may_not_be_sent_is_found(stream: bytes, problem: str) -> None:
    with pytest.raises(ViolationError, match=problem):
        Frames(None).split(stream)
