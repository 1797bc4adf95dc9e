"""SQLite behind one door: the journal of commits, the state they led to, and the batches they answered.

One transaction per commit holds all three, so after a crash they agree. In WAL mode (sqlite.org/wal.html) with
`synchronous=NORMAL` a transaction survives the death of the process at once and a power cut from the next checkpoint
on, with `FULL` both at once.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Literal

from msgspec import convert, json

from broker.database import FORMAT, UnfitError, damaged, faults_named, open_alone
from broker.games import Game
from broker.lock import LockedError, acquire
from broker.messages import decode_commit
from broker.state import Changes, OutcomeId, Price, Seen, State

KEPT_EVENTS = 100_000
"""Events kept for replay: 200 s at 500 a second, about 40 MB; well above the promised 10,000."""
TRIM_EVERY_EVENTS = 5_000
"""How far the journal may outgrow that before rows are deleted: a delete with every commit costs more."""
KEPT_BATCHES = 10_000
"""Batch ids remembered, so that a batch sent again is answered again and not applied again."""
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
"""


class JournalError(Exception):
    """The database can't be opened, read or written; the message is one sentence."""


class Journal:
    """The broker's database, which no other process can open as long as this one has it.

    Args:
        data_dir: directory of the database, made if absent.
        durability: see `Settings.durability`.

    Raises:
        JournalError: if the directory or the database can't be used.
    """

    def __init__(self, data_dir: Path, durability: Literal["checkpoint", "fsync"]) -> None:
        self._path = data_dir / DATABASE_NAME
        with self._faults_named():
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = _lock(data_dir)
            try:
                self._db = open_alone(self._path, SCHEMA)
                self._db.execute(f"PRAGMA synchronous={'FULL' if durability == 'fsync' else 'NORMAL'}")
                self._trimmed_at = self.head_seq()
            except BaseException:
                os.close(self._lock)
                raise

    def head_seq(self) -> int:
        """The last sequence number that is durable, 0 for none."""
        return self._number("SELECT coalesce(max(last_seq), 0) FROM commits")

    def tail_seq(self) -> int:
        """The oldest sequence number that can be replayed, 0 for none."""
        return self._number("SELECT coalesce((SELECT first_seq FROM commits ORDER BY last_seq LIMIT 1), 0)")

    def load_state(self) -> State:
        """Read the state as the last commit left it."""
        with self._faults_named():
            rows = self._db.execute("SELECT game_id, game, observed_at FROM games")
            games = {
                game_id: Seen(json.decode(game, type=Game), observed_at)
                for game_id, game, observed_at in convert(rows.fetchall(), list[tuple[str, bytes, int]])
            }
            rows = self._db.execute("SELECT outcome, price, player_id, ts FROM prices")
            prices = {
                json.decode(outcome, type=OutcomeId): Price(price, player_id, ts)
                for outcome, price, player_id, ts in convert(rows.fetchall(), list[tuple[str, float, str | None, int]])
            }
            if any(game_id != seen.game.game_id for game_id, seen in games.items()):
                raise UnfitError(damaged(self._path, "a game under the id of another one"))
            if not games.keys() >= {outcome[0] for outcome in prices}:
                raise UnfitError(damaged(self._path, "a price of no game"))
        return State(games, prices)

    def load_batches(self) -> list[tuple[bytes, bytes]]:
        """Read the remembered batch ids and their replies, oldest first."""
        with self._faults_named():
            rows = self._db.execute("SELECT batch_id, reply FROM batches ORDER BY number").fetchall()
            return convert(rows, list[tuple[bytes, bytes]])

    def check_writable(self) -> None:
        """Write something that changes nothing.

        Raises:
            JournalError: if nothing can be written now.
        """
        with self._faults_named():
            self._db.execute(f"PRAGMA user_version={FORMAT}")

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
        with self._faults_named(), self._transaction():
            self._write_state(changes)
            if commit:
                first_seq, last_seq, body = commit
                self._db.execute("INSERT INTO commits VALUES (?, ?, ?)", (last_seq, first_seq, body))
                self._trim(last_seq)
            self._write_batches(batches)

    def since(self, seq: int, limit_bytes: int) -> tuple[bytes, ...]:
        """Read encoded commits from the one that holds seq + 1 on.

        Args:
            seq: the last sequence number that is known.
            limit_bytes: stop after the commit that reaches this size; at least one is returned if there is one.

        Raises:
            JournalError: if they can't be read.
        """
        commits: list[bytes] = []
        size = 0
        with self._faults_named():
            query = "SELECT last_seq, body FROM commits WHERE last_seq > ? ORDER BY last_seq"
            for row in self._db.execute(query, (seq,)):
                last_seq, body = convert(row, tuple[int, bytes])
                # A worker could do nothing about a damaged one.
                if decode_commit(body).last_seq != last_seq:
                    raise UnfitError(damaged(self._path, "a commit under the number of another one"))
                commits.append(body)
                size += len(body)
                if size >= limit_bytes:
                    break
        return tuple(commits)

    def wal_bytes(self) -> int:
        """The size of the write-ahead log: what was committed and may not be in the database's own file yet."""
        try:
            return Path(f"{self._path}-wal").stat().st_size
        except FileNotFoundError:
            return 0

    def close(self) -> None:
        """Close the database; SQLite makes a last checkpoint."""
        self._db.close()
        os.close(self._lock)

    def _number(self, query: str) -> int:
        with self._faults_named():
            return convert(self._db.execute(query).fetchone()[0], int)

    def _faults_named(self) -> AbstractContextManager[None]:
        return faults_named(self._path, JournalError)

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


def _lock(data_dir: Path) -> int:
    try:
        return acquire(data_dir / "relay.lock", LOCK_PATIENCE_SECONDS)
    except LockedError as error:
        raise JournalError(str(error)) from error
