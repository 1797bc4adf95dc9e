"""Subscribers that note when what came, as cheaply as they can: fifty of them are to cost a test next to nothing."""

import asyncio
import re
import time

from service.requesting import HANDSHAKE
from service.running import Service
from service.waiting import eventually

SENT_AT = re.compile(rb'"ts":(\d+)}$')
HEAD_END = b"\r\n\r\n"
GREETING_FRAMES = 2
WHOLE_TEXT = 0x81
LONG, LONGER = 126, 127
"""RFC 6455, 5.2: the length follows in 2 or 8 bytes."""


class TimedReader(asyncio.Protocol):
    """One connection to /ws/odds: the bytes as they came, each run of them with its time in Unix ms."""

    def __init__(self) -> None:
        self.runs: list[tuple[float, bytes]] = []

    def data_received(self, data: bytes) -> None:
        """Something came."""
        self.runs.append((time.time() * 1e3, data))

    def was_told_last(self, text: bytes) -> bool:
        """Whether that is in the last that came."""
        return text in self.runs[-1][1]

    def events(self) -> list[tuple[float, bytes]]:
        """Everything after the snapshot, each with the time at which the last of it came."""
        events: list[tuple[float, bytes]] = []
        waits = b""
        for at, data in self.runs:
            waits += data
            if waits.startswith(b"HTTP/"):
                waits = waits.partition(HEAD_END)[2]
            start = 0
            while frame := _frame(waits, start):
                first, text, start = frame
                if first == WHOLE_TEXT:
                    events.append((at, text))
            waits = waits[start:]
        return events[GREETING_FRAMES:]

    def latencies(self) -> list[float]:
        """For each price, the ms from its `ts` until it had come."""
        found = [(at, SENT_AT.search(text)) for at, text in self.events() if b'"price_change"' in text]
        return [at - int(sent[1]) for at, sent in found if sent]


async def join_timed(service: Service) -> TimedReader:
    """Connect a reader, and wait for its welcome."""
    transport, reader = await asyncio.get_running_loop().create_connection(TimedReader, "127.0.0.1", service.port)
    headers = "".join(f"{name}: {value}\r\n" for name, value in HANDSHAKE.items())
    transport.write(f"GET /ws/odds?key={service.key} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n".encode())
    await eventually(lambda: reader.runs, "a reader is welcomed")
    return reader


def _frame(data: bytes, start: int) -> tuple[int, bytes, int] | None:
    """The first byte, the payload and the end of the frame that starts there, if it is whole."""
    if len(data) < start + 2:
        return None
    length, body = data[start + 1], start + 2
    if length >= LONG:
        body += 2 if length == LONG else 8
        length = int.from_bytes(data[start + 2 : body])
    end = body + length
    return (data[start], data[body:end], end) if end <= len(data) else None
