"""Recorded observations: read from files, merged by their time, and played at a pace.

Files hold one observation a line, plain or gzip, in the order of their `ts`. Only `ts` is looked at: what
a line means is the broker's matter.
"""

import gzip
import heapq
import math
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import DecodeError, Struct, json

from broker.games import UnixMs

BATCH_LINES = 250
"""Lines sent as one batch: the broker's transaction is paid once for all, still takes a few ms only, and lines of any
length stay within what a batch may be."""
GZIP_MAGIC = b"\x1f\x8b"


class RecordingError(Exception):
    """A file can't be read; the message is one sentence that names it, and the line."""


class Line(Struct, frozen=True):
    """One line of a file, without its newline, and where it stands, as `FILE:NUMBER`."""

    text: bytes
    place: str


class Recorded(Struct, frozen=True):
    """One recorded observation; `ts` in Unix ms."""

    ts: int
    line: Line


class Span(Struct, frozen=True):
    """What there is to play: the first and last `ts` in Unix ms, and how many observations."""

    first_ts: int
    last_ts: int
    count: int


class _Stamped(Struct):
    ts: UnixMs


_decoder = json.Decoder(_Stamped)


def lines(path: Path) -> Iterator[Line]:
    """Read the lines of a file that aren't blank, one after the other.

    Raises:
        RecordingError: if it can't be read to its end.
    """
    number = 0
    try:
        with path.open("rb") as file:
            # By content, not by name: a pipe has no ending.
            packed = file.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC)
            for number, text in enumerate(gzip.GzipFile(fileobj=file) if packed else file, 1):
                if stripped := text.strip():
                    yield Line(stripped, f"{path}:{number}")
    except (OSError, EOFError, zlib.error) as error:
        where = f" after line {number}" if number else ""
        raise RecordingError(f"can't read {path}{where}: {error}") from error


def merged(paths: Sequence[Path]) -> Iterator[Recorded]:
    """Read several recordings as one, by `ts`; of equal ones the earlier file's come first.

    Raises:
        RecordingError: if a file can't be read or a line has no `ts`.
    """
    return heapq.merge(*(_recorded(path) for path in paths), key=lambda recorded: recorded.ts)


def survey(recorded: Iterable[Recorded]) -> Span | None:
    """Read recordings through once, so that a bad line is known before the first one is sent.

    Returns:
        None if there are no observations.
    """
    span = None
    for one in recorded:
        span = Span(span.first_ts if span else one.ts, one.ts, span.count + 1 if span else 1)
    return span


class Schedule:
    """Says which recorded observations are due. Pure: the time is handed in.

    Args:
        recorded: in the order of `ts`.
        speed: how many times their own pace; `math.inf` makes all due at once.
    """

    def __init__(self, recorded: Iterator[Recorded], speed: float) -> None:
        self._recorded = recorded
        self._speed = speed
        self._next = next(recorded, None)
        self._first_ts = self._next.ts if self._next else 0
        self._started: float | None = None

    def due(self, now: float) -> list[Recorded]:
        """Take what is due, at most a batch; what was late is due at once.

        Args:
            now: monotonic time in seconds; the first call's is the start.
        """
        batch: list[Recorded] = []
        while self._next and len(batch) < BATCH_LINES and self._wait(self._next, now) <= 0:
            batch.append(self._next)
            self._next = next(self._recorded, None)
        return batch

    def wait_seconds(self, now: float) -> float | None:
        """Tell how long until something is due: 0 for now, None for never again."""
        return None if self._next is None else max(0.0, self._wait(self._next, now))

    def _wait(self, recorded: Recorded, now: float) -> float:
        if self._started is None:
            self._started = now
        return self._started + (recorded.ts - self._first_ts) / 1000 / self._speed - now


def pace(speed: float | str) -> float:
    """Make the factor of a `--speed`, where `max` is without any pause."""
    return math.inf if isinstance(speed, str) else speed


def _recorded(path: Path) -> Iterator[Recorded]:
    for line in lines(path):
        try:
            ts = _decoder.decode(line.text).ts
        except (DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise RecordingError(f"{line.place} is no recorded observation: {error}") from error
        yield Recorded(ts, line)
