"""Subscribers' keys, in a database that the command line writes while the broker reads.

The key itself is shown once, to whoever creates it; only its digest is kept.
"""

import os
import secrets
import sqlite3
import string
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct, ValidationError, convert

from broker.key_format import KEY_PREFIX, digest
from broker.messages import Channel, KeyRecord

DATABASE_NAME = "keys.sqlite3"
RANDOM_CHARS = 32
"""32 of 62 characters are 190 bits: nobody guesses them."""
SHOWN_CHARS = 12
"""Of a stored key, enough to recognise it by: the fixed prefix and four random characters."""
BUSY_TIMEOUT_SECONDS = 5.0
"""How long to wait for another process' write; each is a single row."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (
    key_id TEXT PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    channels TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    max_connections INTEGER,
    revoked_at INTEGER
)
"""
_ALPHABET = string.ascii_letters + string.digits


class KeyStoreError(Exception):
    """The keys can't be read or written; the message is one sentence that says what to do."""


class KeyNotFoundError(Exception):
    """There is no key of that id; the message is one sentence."""


class StoredKey(Struct, frozen=True):
    """What is known about a key; times are Unix ms.

    Args:
        key_id: its short public name.
        prefix: its first characters, for people to recognise it by.
        expires_at: None for never.
        max_connections: simultaneous subscribers over all workers, None for no limit.
        revoked_at: None while it is good.
    """

    key_id: str
    name: str
    prefix: str
    channels: tuple[Channel, ...]
    created_at: int
    expires_at: int | None
    max_connections: int | None
    revoked_at: int | None


class KeyStore:
    """All keys; any number of processes may have the same file open.

    Args:
        path: the database, made if absent, readable by its owner only.

    Raises:
        KeyStoreError: if it can't be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._faults_named():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Before SQLite makes it with the process' umask; its -wal and -shm take over the mode.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._db = sqlite3.connect(path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute(SCHEMA)

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def create(
        self,
        name: str,
        expires_at: int | None,
        max_connections: int | None,
        channels: tuple[Channel, ...],
        now_ms: int,
    ) -> str:
        """Make a key.

        Args:
            name: whose it is, for people; need not be unique.
            expires_at: Unix ms, None for never.
            max_connections: simultaneous subscribers over all workers, None for no limit.
            channels: what it opens.
            now_ms: Unix ms.

        Returns:
            The key, which can't be had again.
        """
        key = KEY_PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(RANDOM_CHARS))
        row = (
            secrets.token_hex(4),
            digest(key),
            name,
            key[:SHOWN_CHARS],
            ",".join(channels),
            now_ms,
            expires_at,
            max_connections,
        )
        with self._faults_named():
            self._db.execute("INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)", row)
        return key

    def list(self) -> tuple[StoredKey, ...]:
        """Read all keys, also expired and revoked ones, oldest first."""
        return tuple(self._read(StoredKey, "ORDER BY created_at, rowid"))

    def records(self) -> tuple[KeyRecord, ...]:
        """Read the keys that aren't revoked; expired ones are among them, since time goes on."""
        return tuple(self._read(KeyRecord, "WHERE revoked_at IS NULL"))

    def revoke(self, key_id: str, now_ms: int) -> None:
        """End a key for good; one that is revoked already stays so since its own time.

        Raises:
            KeyNotFoundError: if there is none of that id.
        """
        with self._faults_named():
            changed = self._db.execute(
                "UPDATE keys SET revoked_at = coalesce(revoked_at, ?) WHERE key_id = ?",
                (now_ms, key_id),
            ).rowcount
        if not changed:
            raise KeyNotFoundError(f"there is no key with the id {key_id!r}: `books-relayer keys list` shows the ids")

    def delete_named(self, name: str) -> None:
        """Remove all keys of that name, as if they had never been."""
        with self._faults_named():
            self._db.execute("DELETE FROM keys WHERE name = ?", (name,))

    def version(self) -> int:
        """Read a number, cheaply, that differs once any key has changed.

        It grows only, and has no meaning beyond this object.
        """
        with self._faults_named():
            # data_version counts the commits of others, total_changes our own rows.
            (others,) = self._db.execute("PRAGMA data_version").fetchone()
        return int(others) + self._db.total_changes

    def _read(self, row_type: type[Any], which: str) -> Iterator[Any]:
        columns = row_type.__struct_fields__
        with self._faults_named():
            # Nothing of the statement comes from outside: the columns are the struct's fields.
            rows = self._db.execute(f"SELECT {', '.join(columns)} FROM keys {which}")  # noqa: S608
            for row in rows.fetchall():
                values = dict(zip(columns, row, strict=True))
                values["channels"] = convert(values["channels"].split(","), tuple[Channel, ...])
                yield row_type(**values)

    @contextmanager
    def _faults_named(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error, ValidationError) as error:
            raise KeyStoreError(
                f"can't use the keys in {self._path} ({error}): "
                "check that the data directory is writable and the file is ours"
            ) from error
