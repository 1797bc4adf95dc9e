"""SQLite behind one door: the journal of commits, the state they led to, and the batches they answered.

One transaction per commit holds all three, so after a crash they agree. WAL keeps readers and the writer apart
(sqlite.org/wal.html); with `synchronous=NORMAL` a transaction survives the death of the process at once and a power
cut from the next checkpoint on, with `FULL` both at once.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from msgspec import json

from broker.games import Game
from broker.lock import LockedError, acquire
from broker.state import Changes, OutcomeId, Price, Seen, State

KEPT_EVENTS = 100_000
"""Events kept for replay: 200 s at 500 a second, about 40 MB; well above the promised 10,000."""
TRIM_EVERY_EVENTS = 5_000
"""How far the journal may outgrow that before rows are deleted: a delete with every commit costs more."""
KEPT_BATCHES = 10_000
"""Batch ids remembered, so that a batch sent again is answered again and not applied again."""
CONN_IDS_PER_START = 1_000_000_000
"""conn_ids set aside for each start of a broker: unique over its restarts, and 2^53 lasts nine million starts."""
LOCK_PATIENCE_SECONDS = 3.0
"""A broker whose supervisor was killed needs a moment to end."""
DATABASE_NAME = "relay.sqlite3"

SCHEMA = """
CREATE TABLE IF NOT EXISTS games (
    game_id TEXT PRIMARY KEY, game BLOB NOT NULL, observed_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS prices (
    outcome TEXT PRIMARY KEY, price REAL NOT NULL, player_id TEXT, ts INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS commits (
    last_seq INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS batches (
    number INTEGER PRIMARY KEY, batch_id BLOB NOT NULL, reply BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""


class JournalError(Exception):
    """The database can't be opened, read or written; the message is one sentence."""


class Journal:
    """The broker's database; this process is its only writer.

    Args:
        data_dir: directory of the database, made if absent.
        durability: see `Settings.durability`.

    Raises:
        JournalError: if the directory or the database can't be used.
    """

    def __init__(self, data_dir: Path, durability: Literal["checkpoint", "fsync"]) -> None:
        path = data_dir / DATABASE_NAME
        try:
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = acquire(data_dir / "relay.lock", LOCK_PATIENCE_SECONDS)
            # Before SQLite makes it with the process' umask; its -wal and -shm take over the mode.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute(f"PRAGMA synchronous={'FULL' if durability == 'fsync' else 'NORMAL'}")
            self._db.executescript(SCHEMA)
        except LockedError as error:
            raise JournalError(str(error)) from error
        except (OSError, sqlite3.Error) as error:
            raise JournalError(
                f"can't use {path} ({error}): check that the data directory is writable and the file is ours"
            ) from error
        self._trimmed_at = self.head_seq()

    def head_seq(self) -> int:
        """The last sequence number that is durable, 0 for none."""
        return int(self._value("SELECT coalesce(max(last_seq), 0) FROM commits"))

    def tail_seq(self) -> int:
        """The oldest sequence number that can be replayed, 0 for none."""
        return int(self._value("SELECT coalesce((SELECT first_seq FROM commits ORDER BY last_seq LIMIT 1), 0)"))

    def load_state(self) -> State:
        """Read the state as the last commit left it."""
        try:
            games = {
                game_id: Seen(json.decode(game, type=Game), observed_at)
                for game_id, game, observed_at in self._db.execute("SELECT game_id, game, observed_at FROM games")
            }
            prices = {
                json.decode(outcome, type=OutcomeId): Price(price, player_id, ts)
                for outcome, price, player_id, ts in self._db.execute(
                    "SELECT outcome, price, player_id, ts FROM prices"
                )
            }
            return State(games, prices)
        except (sqlite3.Error, ValueError, KeyError) as error:
            raise JournalError(f"the database is corrupt ({error}): restore a copy or remove it") from error

    def load_batches(self) -> list[tuple[bytes, bytes]]:
        """Read the remembered batch ids and their replies, oldest first."""
        try:
            return self._db.execute("SELECT batch_id, reply FROM batches ORDER BY number").fetchall()
        except sqlite3.Error as error:
            raise JournalError(f"can't read the database: {error}") from error

    def write(
        self,
        changes: Changes,
        commit: tuple[int, int, bytes] | None,
        batches: Sequence[tuple[bytes, bytes]],
    ) -> None:
        """Make one commit durable.

        Args:
            changes: rows of the state.
            commit: first and last sequence number and the encoded commit, None if no entry came of it.
            batches: ids and replies of the batches that went into it.

        Raises:
            JournalError: if it isn't; nothing of it is then in the database.
        """
        try:
            with self._transaction():
                self._write_state(changes)
                if commit:
                    first_seq, last_seq, body = commit
                    self._db.execute("INSERT INTO commits VALUES (?, ?, ?)", (last_seq, first_seq, body))
                    self._trim(last_seq)
                self._write_batches(batches)
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"can't write to the database: {error}") from error

    def since(self, seq: int, limit_bytes: int) -> tuple[bytes, ...]:
        """Read encoded commits from the one that holds seq + 1 on.

        Args:
            seq: the last sequence number that is known.
            limit_bytes: stop after the commit that reaches this size; at least one is returned if there is one.

        Raises:
            JournalError: if the database can't be read.
        """
        commits: list[bytes] = []
        size = 0
        try:
            for (body,) in self._db.execute("SELECT body FROM commits WHERE last_seq > ? ORDER BY last_seq", (seq,)):
                commits.append(body)
                size += len(body)
                if size >= limit_bytes:
                    break
        except sqlite3.Error as error:
            raise JournalError(f"can't read the database: {error}") from error
        return tuple(commits)

    def reserve_conn_ids(self) -> int:
        """Set aside CONN_IDS_PER_START conn_ids that nobody was ever given.

        Returns:
            The first of them.
        """
        try:
            with self._transaction():
                row = self._db.execute(
                    "INSERT INTO counters VALUES ('conn_id', 1 + ?1) "
                    "ON CONFLICT(name) DO UPDATE SET value = value + ?1 RETURNING value - ?1",
                    (CONN_IDS_PER_START,),
                ).fetchone()
        except sqlite3.Error as error:
            raise JournalError(f"can't write to the database: {error}") from error
        return int(row[0])

    def close(self) -> None:
        """Close the database; SQLite makes a last checkpoint."""
        self._db.close()
        os.close(self._lock)

    def _value(self, query: str) -> int:
        try:
            value: int = self._db.execute(query).fetchone()[0]
        except sqlite3.Error as error:
            raise JournalError(f"can't read the database: {error}") from error
        return value

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # SQLite may have rolled back by itself, on a full disk for one (sqlite.org/lang_transaction.html).
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _write_state(self, changes: Changes) -> None:
        games = changes.games.items()
        self._db.executemany(
            "INSERT OR REPLACE INTO games VALUES (?, ?, ?)",
            [(i, json.encode(seen.game), seen.observed_at) for i, seen in games if seen],
        )
        self._db.executemany("DELETE FROM games WHERE game_id = ?", [(i,) for i, seen in games if not seen])
        prices = [(json.encode(i).decode(), price) for i, price in changes.prices.items()]
        self._db.executemany(
            "INSERT OR REPLACE INTO prices VALUES (?, ?, ?, ?)",
            [(i, price.price, price.player_id, price.ts) for i, price in prices if price],
        )
        self._db.executemany("DELETE FROM prices WHERE outcome = ?", [(i,) for i, price in prices if not price])

    def _write_batches(self, batches: Sequence[tuple[bytes, bytes]]) -> None:
        if not batches:
            return
        self._db.executemany("INSERT INTO batches (batch_id, reply) VALUES (?, ?)", batches)
        self._db.execute(
            "DELETE FROM batches WHERE number <= (SELECT max(number) FROM batches) - ?",
            (KEPT_BATCHES,),
        )

    def _trim(self, last_seq: int) -> None:
        if last_seq - self._trimmed_at >= TRIM_EVERY_EVENTS:
            self._db.execute("DELETE FROM commits WHERE last_seq <= ?", (last_seq - KEPT_EVENTS,))
            self._trimmed_at = last_seq
