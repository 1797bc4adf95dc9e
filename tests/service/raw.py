"""A subscriber without a library: a socket, frames as they come, and an inflater of its own (RFC 6455, RFC 7692)."""

import os
import socket
import zlib
from collections.abc import Callable, Mapping
from typing import NamedTuple, Self

from broker.messages import Channel
from service.requesting import HANDSHAKE
from service.subscriber import Reachable, is_new_game
from service.waiting import DEADLINE_SECONDS

RECEIVE_BYTES = 65_536
FIN, RSV1 = 0x80, 0x40
TEXT, CONTINUATION, BINARY, CLOSE, PING, PONG = 0x1, 0x0, 0x2, 0x8, 0x9, 0xA
MASKED = 0x80
FLUSH_TAIL = b"\x00\x00\xff\xff"
DEFLATE = "permessage-deflate"


class RawFrame(NamedTuple):
    """One frame as it came: its first byte, its payload, and all of it."""

    first: int
    payload: bytes
    data: bytes

    @property
    def compressed(self) -> bool:
        """Whether RSV1 is set."""
        return bool(self.first & RSV1)

    @property
    def close_code(self) -> int:
        """The code of a close frame."""
        assert self.first == FIN | CLOSE
        return int.from_bytes(self.payload[:2])


class RawSubscriber:
    """One connection, as far as the 101, and what came after it.

    Args:
        client: connected.
    """

    def __init__(self, client: socket.socket) -> None:
        client.settimeout(DEADLINE_SECONDS)
        self._client = client
        self._stream = client.makefile("rb", RECEIVE_BYTES)
        self.response = ""
        """The answer to its handshake, as it came."""
        self.frames: list[RawFrame] = []
        """All but pings."""
        self.texts: list[str] = []
        """What the text frames say, inflated where they are compressed."""
        self._inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)

    @classmethod
    def join(
        cls,
        service: Reachable,
        channel: Channel,
        offer: str | None = None,
        *,
        receive_buffer: int = 0,
        **parameters: str,
    ) -> Self:
        """Connect, and read welcome and snapshot if it is let in.

        Args:
            service: that is ready.
            channel: what to subscribe to.
            offer: the value of Sec-WebSocket-Extensions, None for no such header.
            receive_buffer: bytes that the kernel takes while nobody reads; 0 for its default.
            parameters: of the query.
        """
        client = socket.socket()
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.connect(("127.0.0.1", service.port))
        if service.trust:
            client = service.trust.wrap_socket(client, server_hostname="127.0.0.1")
        subscriber = cls(client)
        headers = dict(HANDSHAKE) if offer is None else {**HANDSHAKE, "Sec-WebSocket-Extensions": offer}
        subscriber._shake_hands(service.url(channel, **parameters), headers)
        if subscriber.status == 101:
            subscriber.read_until(lambda: len(subscriber.frames) == 2)
            window_bits = int(subscriber.parameters.get("server_max_window_bits", zlib.MAX_WBITS))
            # No larger than agreed: a reference that goes further back is then an error.
            subscriber._inflater = zlib.decompressobj(wbits=-window_bits)
        return subscriber

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stream.close()
        self._client.close()

    @property
    def status(self) -> int:
        """Of the answer."""
        return int(self.response.split()[1])

    @property
    def extension(self) -> str | None:
        """What was agreed to, as the server put it."""
        lines = dict(line.split(": ", 1) for line in self.response.splitlines()[1:])
        return lines.get("Sec-WebSocket-Extensions")

    @property
    def parameters(self) -> dict[str, str]:
        """Those of what was agreed to; empty where there is no value."""
        pairs = (each.strip().partition("=") for each in (self.extension or "").split(";")[1:])
        return {name: value for name, _, value in pairs}

    @property
    def events(self) -> list[RawFrame]:
        """Everything after the snapshot, as it came."""
        return self.frames[2:]

    @property
    def event_texts(self) -> list[str]:
        """Everything after the snapshot, as it is to be understood."""
        return self.texts[2:]

    def next_frame(self) -> RawFrame:
        """The next one that isn't a ping."""
        count = len(self.frames)
        self.read_until(lambda: len(self.frames) > count)
        return self.frames[count]

    def read_until(self, condition: Callable[[], object]) -> None:
        """Read frame by frame until a condition holds."""
        while not condition():
            first, length = self._take(2)
            header = bytes((first, length))
            if length > 125:
                header += self._take(2 if length == 126 else 8)
                length = int.from_bytes(header[2:])
            payload = self._take(length)
            if first != FIN | PING:
                self._keep(RawFrame(first, payload, header + payload))

    def read_until_last(self, game_id: str) -> None:
        """Read up to the new_game of a game that the test sends as its last word."""
        self.read_until(lambda: is_new_game(self.texts[-1], game_id))

    def send(self, first: int, payload: bytes) -> None:
        """Send one frame, masked.

        Args:
            first: its first byte.
            payload: not masked yet.
        """
        size = len(payload)
        length = bytes([MASKED | size]) if size <= 125 else bytes([MASKED | 126]) + size.to_bytes(2)
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        self._client.sendall(bytes([first]) + length + mask + masked)

    def _keep(self, frame: RawFrame) -> None:
        self.frames.append(frame)
        if frame.first & 0xF == TEXT:
            text = frame.payload
            if frame.compressed:
                text = self._inflater.decompress(text + FLUSH_TAIL)
            self.texts.append(text.decode())

    def _shake_hands(self, url: str, headers: Mapping[str, str]) -> None:
        target = url.partition("://")[2].partition("/")[2]
        lines = [f"GET /{target} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
        self._client.sendall("\r\n".join([*lines, "", ""]).encode())
        self.response = b"".join(iter(self._stream.readline, b"\r\n")).decode()

    def _take(self, count: int) -> bytes:
        data = self._stream.read(count)
        assert len(data) == count, "the server has ended the connection"
        body: bytes = data
        return body


def deflated(message: bytes) -> bytes:
    """A message as a client compresses it by itself, without the tail of its flush."""
    compressor = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return (compressor.compress(message) + compressor.flush(zlib.Z_SYNC_FLUSH)).removesuffix(FLUSH_TAIL)
