"""The frames that a server's byte stream consists of, split off as they become complete (RFC 6455, RFC 7692). Pure."""

import zlib
from typing import NamedTuple

from service.raw import CLOSE, FIN, FLUSH_TAIL, PING, RSV1, TEXT
from soak.violation import ViolationError

PLAIN_TEXT = FIN | TEXT
DEFLATED_TEXT = FIN | RSV1 | TEXT


class Arrived(NamedTuple):
    """What became complete.

    Args:
        texts: what the text frames say.
        pings: the payloads of pings.
        close: the payload of the close frame, None if it hasn't come.
    """

    texts: list[bytes]
    pings: list[bytes]
    close: bytes | None


class Frames:
    """The frames of one connection.

    Args:
        window_bits: of the compression that was agreed to, None for none.
    """

    def __init__(self, window_bits: int | None) -> None:
        # No larger than agreed: a reference that goes further back is then an error.
        self._inflater = None if window_bits is None else zlib.decompressobj(wbits=-window_bits)
        self._rest = b""

    def split(self, data: bytes) -> Arrived:
        """Take what came, and give what is complete.

        Raises:
            ViolationError: if it is nothing that the server may send.
        """
        texts: list[bytes] = []
        pings: list[bytes] = []
        close: bytes | None = None
        data = self._rest + data
        start = 0
        while (span := _span(data, start)) is not None:
            first, payload = data[start], data[span[0] : span[1]]
            start = span[1]
            if close is not None:
                raise ViolationError("a frame came after the close frame")
            if first == PLAIN_TEXT:
                texts.append(payload)
            elif first == DEFLATED_TEXT:
                texts.append(self._inflated(payload))
            elif first == FIN | PING:
                pings.append(payload)
            elif first == FIN | CLOSE:
                close = payload
            else:
                raise ViolationError(f"a frame began with 0x{first:02x}")
        self._rest = data[start:]
        return Arrived(texts, pings, close)

    def _inflated(self, payload: bytes) -> bytes:
        if self._inflater is None:
            raise ViolationError("a frame was compressed though that was not agreed to")
        try:
            return self._inflater.decompress(payload + FLUSH_TAIL)
        except zlib.error as error:
            raise ViolationError(f"a frame could not be inflated: {error}") from error


def _span(data: bytes, start: int) -> tuple[int, int] | None:
    """Where the payload of the frame at `start` begins and ends, None unless all of it is there."""
    body = start + 2
    if len(data) < body:
        return None
    length = data[start + 1]
    if length > 125:
        size = 2 if length == 126 else 8
        length = int.from_bytes(data[body : body + size])
        body += size
    return (body, body + length) if len(data) >= body + length else None
