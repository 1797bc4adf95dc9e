"""A client that sends what it likes and goes, and what must then be true."""

from collections.abc import Iterator
from itertools import pairwise

from entrance import REQUEST, Transport, arrive, door

from workers.connection import Phase
from workers.conversation import MESSAGE_LIMIT_BYTES
from workers.refusals import REQUEST_LIMIT_BYTES

OFFER = REQUEST.replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
MASK = b"\0\0\0\0"
KEPT_BYTES = 4 * MESSAGE_LIMIT_BYTES
"""What may be held of a message that isn't complete: itself, and a frame of it under way."""


def frame(first: int, payload: bytes, declared: int | None = None) -> bytes:
    """A masked frame.

    Args:
        first: its first byte.
        payload: with a mask of zeros it stays as it is.
        declared: the length that it claims to have.
    """
    size = len(payload) if declared is None else declared
    if size <= 125:
        length = bytes([0x80 | size])
    elif size < 1 << 16:
        length = b"\xfe" + size.to_bytes(2)
    else:
        length = b"\xff" + size.to_bytes(8)
    return bytes([first]) + length + MASK + payload


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    """What arrives at once."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    yield from (data[start:stop] for start, stop in pairwise(places))


def play(data: bytes, cuts: list[int]) -> Transport:
    """A client that sends this and goes."""
    one, transport = door(seats=3, compression="on"), Transport()
    connection = arrive(one, transport)
    for piece in pieces(data, cuts):
        if transport.is_closing():
            break
        connection.data_received(piece)
        held = len(connection._fragments) + len(connection._early)
        held += len(connection.protocol.reader.buffer)
        assert held <= (REQUEST_LIMIT_BYTES if connection.phase is Phase.READING else KEPT_BYTES)
        if connection.phase is Phase.WAITING:
            raise AssertionError("there is a seat for it")
        one.tick()
    connection.connection_lost(None)
    assert one.is_empty
    assert one.subscribers == 0
    assert not len(one._reception)
    return transport
