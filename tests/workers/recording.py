"""A socket of tests: it records what it is given, and is as full as the test wants it."""

from collections.abc import Callable

from msgspec import json


class RecordingOutlet:
    """What a subscriber writes to.

    Args:
        on_write: called with each write after it is recorded; may stall the subscriber, as a transport does.
    """

    def __init__(self, on_write: Callable[[bytes], None] = lambda _data: None) -> None:
        self.writes: list[bytes] = []
        self.unsent = 0
        self._on_write = on_write

    def write(self, data: bytes) -> None:
        self.writes.append(data)
        self._on_write(data)

    def get_write_buffer_size(self) -> int:
        return self.unsent

    @property
    def written(self) -> bytes:
        return b"".join(self.writes)


def texts(data: bytes) -> list[bytes]:
    """The payloads of joined server frames, unmasked (RFC 6455, 5.2)."""
    payloads: list[bytes] = []
    while data:
        assert data[0] == 0x81
        length, header = data[1], 2
        if length > 125:
            header = 4 if length == 126 else 10
            length = int.from_bytes(data[2:header])
        payloads.append(data[header : header + length])
        data = data[header + length :]
    return payloads


def types(data: bytes) -> list[str]:
    """The `type` of each of the joined server frames."""
    return [json.decode(text)["type"] for text in texts(data)]
