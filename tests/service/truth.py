"""What the broker emitted, out of its journal, read while the service runs: the measure of what subscribers got."""

import json
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Self

from broker.journal import DATABASE_NAME
from broker.messages import Channel, Commit, decode_commit
from service.derived import Outcome

SEVEN_BITS = 125
LOG_HEADER_BYTES = 32
Image = dict[str, str]
"""The games of the snapshot by game_id, encoded."""


class JoinPoint(NamedTuple):
    """The end of a commit: how many events each channel has had by then, and the image there."""

    counts: dict[Channel, int]
    image: Image


class Truth:
    """The emitted sequence.

    Args:
        commits: all of them, in order.
    """

    def __init__(self, commits: list[Commit]) -> None:
        self.commits = commits

    @classmethod
    def read(cls, data_dir: Path) -> Self:
        """Read the journal, which must still hold everything from the first commit on."""
        return cls(commits_after(data_dir, 0))

    @property
    def has_no_hole(self) -> bool:
        """Whether each sequence number from 1 on is there once."""
        ends = [0, *(commit.last_seq for commit in self.commits)]
        starts = [commit.first_seq for commit in self.commits]
        lengths = [sum(entry.length for entry in commit.entries) for commit in self.commits]
        return starts == [end + 1 for end in ends[:-1]] and ends[1:] == [
            start + length - 1 for start, length in zip(starts, lengths, strict=True)
        ]

    def events(self, channel: Channel) -> list[str]:
        """All that went out on a channel."""
        entries = (entry for commit in self.commits for entry in commit.entries)
        return [unframed(frame) for e in entries if channel == "odds" or e.for_live for frame in e.frames]

    def join_points(self) -> list[JoinPoint]:
        """Where a subscriber may join: before the first commit, and after each."""
        counts: dict[Channel, int] = {"live": 0, "odds": 0}
        image: Image = {}
        points = [JoinPoint(counts, image)]
        for commit in self.commits:
            counts, image = dict(counts), dict(image)
            for entry in commit.entries:
                counts["odds"] += len(entry.frames)
                counts["live"] += len(entry.frames) if entry.for_live else 0
                if entry.game_id is not None:
                    image.pop(entry.game_id, None)
                    if entry.fragment is not None:
                        image[entry.game_id] = entry.fragment.decode()
            points.append(JoinPoint(counts, image))
        return points


def commits_after(data_dir: Path, seq: int) -> list[Commit]:
    """What the journal holds of the commits after a sequence number, in order."""
    rows = _query(data_dir, "SELECT body FROM commits WHERE last_seq > ? ORDER BY last_seq", seq)
    return [decode_commit(body) for (body,) in rows]


def final_games(data_dir: Path) -> dict[str, dict[str, Any]]:
    """The games as the broker knows them, by game_id."""
    return {game_id: json.loads(game) for game_id, game in _query(data_dir, "SELECT game_id, game FROM games")}


def final_prices(data_dir: Path) -> dict[Outcome, float]:
    """The prices as the broker knows them, by outcome."""
    rows = _query(data_dir, "SELECT outcome, price FROM prices")
    return {tuple(json.loads(outcome)): price for outcome, price in rows}


def snapshot_text(channel: Channel, ts: int, image: Image) -> str:
    """The snapshot of an image, as the contract writes it; games in the order of their ids."""
    games = ",".join(image[game_id] for game_id in sorted(image))
    return f'{{"type":"snapshot","channel":"{channel}","ts":{ts},"count":{len(image)},"games":[{games}]}}'


def unframed(frame: bytes) -> str:
    """The text of one unmasked, unfragmented WebSocket frame (RFC 6455, 5.2)."""
    assert frame[0] == 0x81
    length, start = frame[1], 2
    if length > SEVEN_BITS:
        start += 2 if length == 126 else 8
        length = int.from_bytes(frame[2:start])
    assert len(frame) == start + length
    return frame[start:].decode()


def _query(data_dir: Path, query: str, *values: int) -> list[Any]:
    with TemporaryDirectory() as copies, closing(sqlite3.connect(_copied(data_dir, Path(copies)))) as database:
        return database.execute(query, values).fetchall()


def _copied(data_dir: Path, copies: Path) -> Path:
    """Copy the database, which the broker lets nobody else open, as it is at one moment."""
    log = data_dir / f"{DATABASE_NAME}-wal"
    while True:
        # The database first: as long as the log isn't begun anew, all that changes there meanwhile is in the log too.
        head = _head(log)
        for file in (data_dir / DATABASE_NAME, log):
            copy = copies / file.name
            copy.unlink(missing_ok=True)
            # A broker that stops in order takes its log along.
            with suppress(FileNotFoundError):
                shutil.copy(file, copy)
        if _head(log) == head:
            return copies / DATABASE_NAME


def _head(log: Path) -> bytes:
    """What differs each time that a log is begun (sqlite.org/fileformat2.html, 4.1); nothing where there is none."""
    try:
        with log.open("rb") as file:
            return file.read(LOG_HEADER_BYTES)
    except FileNotFoundError:
        return b""
