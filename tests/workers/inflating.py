"""An independent reader of server frames, compressed or not: what a client with permessage-deflate makes of them."""

import zlib


class Inflater:
    """One client's side of permessage-deflate, with context takeover (RFC 7692, 7.2.2).

    Args:
        window_bits: no reference may go further back than that.
    """

    def __init__(self, window_bits: int) -> None:
        self._inflate = zlib.decompressobj(wbits=-window_bits)
        self.compressed = 0
        """Messages that came compressed."""

    def read(self, data: bytes) -> list[bytes]:
        """The messages in joined unmasked frames (RFC 6455, 5.2)."""
        messages: list[bytes] = []
        while data:
            length, header = data[1], 2
            if length > 125:
                header = 4 if length == 126 else 10
                length = int.from_bytes(data[2:header])
            payload, data_after = data[header : header + length], data[header + length :]
            assert len(payload) == length
            assert data[0] in (0x81, 0xC1)
            if data[0] == 0xC1:
                payload = self._inflate.decompress(payload + b"\x00\x00\xff\xff")
                self.compressed += 1
            messages.append(payload)
            data = data_after
        return messages
