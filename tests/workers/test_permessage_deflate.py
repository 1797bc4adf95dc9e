"""What is agreed to and what is declined (RFC 7692), and what comes in, inflated within bounds."""

import zlib
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from workers.permessage_deflate import SharedDeflate, SharedDeflateFactory, agreed_window_bits, inflated

LIMIT = 4096


def answered(*offers: str) -> tuple[int, str | None, int | None]:
    """Status, answer and window of a handshake with these Sec-WebSocket-Extensions headers."""
    server = ServerProtocol(extensions=[SharedDeflateFactory()], max_size=LIMIT)
    lines = [
        "GET / HTTP/1.1",
        "Host: localhost",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version: 13",
        *(f"Sec-WebSocket-Extensions: {offer}" for offer in offers),
    ]
    server.receive_data("\r\n".join([*lines, "", ""]).encode())
    [request] = server.events_received()
    assert isinstance(request, Request)
    response = server.accept(request)
    header = response.headers.get("Sec-WebSocket-Extensions")
    return response.status_code, header, agreed_window_bits(server.extensions or [])


NAME = "permessage-deflate"
AGREED = f"{NAME}; client_no_context_takeover"


@pytest.mark.parametrize(
    ("offer", "answer", "window_bits"),
    [
        (NAME, AGREED, 15),
        (f"{NAME}; client_max_window_bits", AGREED, 15),
        (f"{NAME}; client_max_window_bits=9", AGREED, 15),
        (f"{NAME}; client_no_context_takeover", AGREED, 15),
        (f"{NAME}; server_max_window_bits=15", f"{AGREED}; server_max_window_bits=15", 15),
        (f"{NAME}; server_max_window_bits=14", f"{AGREED}; server_max_window_bits=12", 12),
        (f"{NAME}; server_max_window_bits=12; client_max_window_bits=12", f"{AGREED}; server_max_window_bits=12", 12),
        (f'{NAME}; server_max_window_bits="12"', f"{AGREED}; server_max_window_bits=12", 12),
        (f"{NAME}; server_no_context_takeover, {NAME}", AGREED, 15),
        (
            f"{NAME}; server_max_window_bits=9, {NAME}; server_max_window_bits=13",
            f"{AGREED}; server_max_window_bits=12",
            12,
        ),
        (f"{NAME}, {NAME}", AGREED, 15),
        (f"x-webkit-deflate-frame, {NAME}", AGREED, 15),
    ],
)
def test_offers_that_can_be_shared_are_agreed_to(offer: str, answer: str, window_bits: int) -> None:
    assert answered(offer) == (101, answer, window_bits)
    assert answered(*offer.split(", ")) == (101, answer, window_bits)


@pytest.mark.parametrize(
    "offer",
    [
        f"{NAME}; server_no_context_takeover",
        f"{NAME}; server_max_window_bits=11",
        f"{NAME}; server_max_window_bits=8",
        f"{NAME}; server_max_window_bits=16",
        f"{NAME}; server_max_window_bits=7",
        f"{NAME}; server_max_window_bits=015",
        f"{NAME}; server_max_window_bits",
        f"{NAME}; server_max_window_bits=twelve",
        f"{NAME}; client_max_window_bits=16",
        f"{NAME}; client_max_window_bits=-9",
        f"{NAME}; client_no_context_takeover=1",
        f"{NAME}; server_no_context_takeover=true",
        f"{NAME}; client_no_context_takeover; client_no_context_takeover",
        f"{NAME}; server_max_window_bits=12; server_max_window_bits=15",
        f"{NAME}; mux",
        "x-webkit-deflate-frame",
        "permessage-bzip2",
    ],
)
def test_offers_that_can_t_be_are_declined_and_the_connection_goes_on_without(offer: str) -> None:
    assert answered(offer) == (101, None, None)


@pytest.mark.parametrize("offer", ["permessage deflate", f"{NAME}; =12", f"{NAME};;", "; client"])
def test_a_header_that_is_none_is_a_bad_request(offer: str) -> None:
    assert answered(offer)[0] == 400


def test_who_offers_nothing_gets_nothing() -> None:
    assert answered() == (101, None, None)


def deflated(text: bytes, wbits: int = -15) -> bytes:
    compressor = zlib.compressobj(wbits=wbits)
    return (compressor.compress(text) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def fragments(data: bytes, *cuts: int) -> list[Frame]:
    """A compressed message in frames, cut there."""
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    parts = [data[start:stop] for start, stop in pairwise(edges)]
    return [
        Frame(Opcode.CONT if number else Opcode.TEXT, part, fin=number == len(parts) - 1, rsv1=not number)
        for number, part in enumerate(parts)
    ]


def decoded(extension: SharedDeflate, frames: list[Frame]) -> bytes:
    out = [extension.decode(frame, max_size=LIMIT) for frame in frames]
    assert [(frame.opcode, frame.fin) for frame in out] == [(frame.opcode, frame.fin) for frame in frames]
    assert not any(frame.rsv1 for frame in out)
    return b"".join(frame.data for frame in out)


@given(st.lists(st.tuples(st.binary(max_size=300), st.lists(st.integers(0, 400), max_size=4), st.integers(9, 15))))
def test_messages_are_inflated_however_they_are_cut(messages: list[tuple[bytes, list[int], int]]) -> None:
    extension = SharedDeflate(15)
    for text, cuts, bits in messages:
        assert decoded(extension, fragments(deflated(text, -bits), *cuts)) == text
        assert decoded(extension, [Frame(Opcode.TEXT, text, fin=True)]) == text
        plain = [Frame(Opcode.TEXT, text, fin=False), Frame(Opcode.CONT, text, fin=True)]
        assert decoded(extension, plain) == text + text


def test_a_control_frame_between_fragments_is_left_alone() -> None:
    extension = SharedDeflate(15)
    first, second = fragments(deflated(b"hello"), 3)
    ping = Frame(Opcode.PING, b"?")
    assert extension.decode(first, max_size=LIMIT).data == b""
    assert extension.decode(ping, max_size=LIMIT) is ping
    assert extension.decode(second, max_size=LIMIT).data == b"hello"


def test_a_message_ended_as_a_block_is_inflated_too() -> None:
    """RFC 7692, 7.2.3.4: the sender may have set BFINAL; it then adds an empty block of its own."""
    compressor = zlib.compressobj(wbits=-15)
    data = compressor.compress(b"hello") + compressor.flush() + b"\x00"
    assert inflated(data, LIMIT) == b"hello"


def test_what_isn_t_deflate_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError):
        SharedDeflate(15).decode(Frame(Opcode.TEXT, b"\xff\xff\xff", rsv1=True), max_size=LIMIT)


@pytest.mark.parametrize("size", [LIMIT, LIMIT + 1, 10 * LIMIT, 4_000_000])
def test_a_message_is_bounded_after_inflation(size: int) -> None:
    data = deflated(b" " * size)
    if size <= LIMIT:
        assert len(inflated(data, LIMIT)) == size
        return
    with pytest.raises(PayloadTooBig):
        inflated(data, LIMIT)


def test_and_before_it_in_fragments_too() -> None:
    extension = SharedDeflate(15)
    noise = Random(1).randbytes(LIMIT)
    frames = fragments(noise + noise, LIMIT - 1)
    assert extension.decode(frames[0], max_size=LIMIT).data == b""
    with pytest.raises(PayloadTooBig):
        extension.decode(frames[1], max_size=LIMIT)


def test_no_zlib_object_is_kept() -> None:
    extension = SharedDeflate(12)
    decoded(extension, fragments(deflated(b"hello"), 2, 4))
    assert vars(extension) == {"window_bits": 12, "_fragments": None}


def test_our_own_frames_are_sent_as_they_are() -> None:
    close = Frame(Opcode.CLOSE, b"\x03\xe8")
    assert SharedDeflate(15).encode(close) is close
