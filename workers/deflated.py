"""A stream compressed once for all who share a window size (RFC 7692), with the context that makes it worth it. Pure.

Each event is compressed with all that went before as its context, so it can be read only by those who have read that,
too. A *reset* begins without a past: from there anybody can go on.

    events     e e e e e e e R e e e e e e e e e R e e e
    joined here  ^ . plain . ^ compressed from here on
    lost some               ^ x x ^ .. plain ... ^ compressed again

A subscriber's *context* is the position up to which it has read the compressed stream without a hole. Whatever else
moves its position (drops, plain frames) leaves the two different, and that alone makes it wait for the next reset.
"""

import zlib
from bisect import bisect_left
from collections.abc import Sequence
from typing import Literal

from broker.frames import compressed_text_frame, payload_of
from workers.log import Log, Run, Runs

WindowBits = Literal[12, 15]
"""Windows that are shared, as the base-2 logarithm of bytes: 15 is the default of RFC 7692, 12 what clients ask for
that have to save memory."""
RESET_EVENTS = 256
RESET_SECONDS = 2.0
"""A reset costs everybody a tenth of the ratio, so there is one only when somebody waits for it, and then not before so
many events or seconds since the last one."""
LEVEL = 9
"""zlib's best: 3 to 7 % fewer bytes than its default for 1 to 2 µs more an event, once for all subscribers."""
SYNC_TAIL_BYTES = 4
"""What a sync flush ends with, 00 00 ff ff, is left out (RFC 7692, 7.2.1)."""


class Deflated:
    """The compressed frames of one stream, for one window size, from now on.

    Args:
        window_bits: no reference goes further back than that.
        plain: the stream's plain frames; positions are the same.
    """

    def __init__(self, window_bits: WindowBits, plain: Log) -> None:
        self._window_bits = window_bits
        self._plain = plain
        self._log = Log(plain.head)
        self._runs = Runs()
        self._bridges = Runs()
        """Plain frames for those who wait for a reset."""
        self._compressor = zlib.compressobj(LEVEL, wbits=-window_bits)
        self._resets = [plain.head]
        """Positions from which anybody can go on, as far back as there are frames."""
        self._reset_position = plain.head
        self._reset_seconds: float | None = None
        self._is_awaited = False

    def append(self, frames: Sequence[bytes], seconds: float) -> None:
        """Compress what was just added to the plain log.

        Args:
            frames: plain text frames.
            seconds: of a steady clock.
        """
        if self._reset_seconds is None:
            self._reset_seconds = seconds
        ready: list[bytes] = []
        for frame in frames:
            position = self._log.head + len(ready)
            if self._is_awaited and (
                position - self._reset_position >= RESET_EVENTS or seconds - self._reset_seconds >= RESET_SECONDS
            ):
                self._reset(position, seconds)
            data = self._compressor.compress(payload_of(frame)) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
            ready.append(compressed_text_frame(data[:-SYNC_TAIL_BYTES]))
        self._log.append(ready)
        self._runs.clear()
        self._bridges.clear()

    def since(self, position: int, limit: int, context: int) -> Run:
        """What a subscriber gets next, compressed if it can read that.

        Args:
            position: of the subscriber.
            limit: how many frames at most.
            context: up to where it has read the compressed stream.
        """
        if position == context:
            return self._compressed(position, limit)
        index = bisect_left(self._resets, position)
        if index == len(self._resets):
            self._is_awaited = True
            return self._bridge(position, limit)
        until_reset = self._resets[index] - position
        return self._bridge(position, min(limit, until_reset)) if until_reset else self._compressed(position, limit)

    def trim(self, position: int) -> None:
        """Forget frames before a position, some time."""
        self._log.trim(position)
        del self._resets[: bisect_left(self._resets, self._log.tail)]

    def _compressed(self, position: int, limit: int) -> Run:
        return self._runs.find(position) or self._runs.keep(position, self._run(self._log, position, limit))

    def _bridge(self, position: int, limit: int) -> Run:
        return self._bridges.find(position) or self._bridges.keep(position, self._run(self._plain, position, limit))

    def _run(self, log: Log, position: int, limit: int) -> Run:
        plain = self._plain.frames(position, position + limit)
        compressed = log is self._log
        frames = log.frames(position, position + limit) if compressed else plain
        return Run(b"".join(frames), len(plain), sum(map(len, plain)), compressed)

    def _reset(self, position: int, seconds: float) -> None:
        self._compressor = zlib.compressobj(LEVEL, wbits=-self._window_bits)
        self._resets.append(position)
        self._reset_position = position
        self._reset_seconds = seconds
        self._is_awaited = False
