"""Subscribers' keys, in a database that the command line writes while the broker reads.

The key itself is shown once, to whoever creates it; only its digest is kept.
"""

import secrets
import string
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal, get_type_hints

from msgspec import Struct, convert

from broker.database import faults_named, open_shared
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

KeyState = Literal["good", "expired", "revoked"]


class KeyStoreError(Exception):
    """The keys can't be read or written; the message is one sentence that says what to do."""


class KeyNotFoundError(Exception):
    """There is no good key of that id; the message is one sentence."""


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

    def state(self, now_ms: int) -> KeyState:
        """Tell whether it opens anything now."""
        if self.revoked_at is not None:
            return "revoked"
        return "good" if self.expires_at is None or now_ms < self.expires_at else "expired"


class KeyStore:
    """All keys; any number of processes may have the same file open.

    Args:
        path: the database, made if absent, readable by its owner only.
        busy_timeout_seconds: how long to wait for another process' write.

    Raises:
        KeyStoreError: if it can't be used.
    """

    def __init__(self, path: Path, busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS) -> None:
        self._path = path
        with self._faults_named():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._db = open_shared(path, SCHEMA, busy_timeout_seconds)

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
        with self._faults_named():
            return self._insert(name, ",".join(channels), now_ms, expires_at, max_connections)

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
            raise _not_found()

    def rotate(self, key_id: str, grace_ms: int, now_ms: int) -> str:
        """Put a new key in the place of one: the same name, channels, limit and expiry.

        Until the old one ends each of the two has the limit for itself: who changes over to the new one connects with
        it before the last connection with the old one is closed.

        Args:
            key_id: of the old one.
            grace_ms: how long it stays good; with 0 it is revoked, as leaked keys are to be.
            now_ms: Unix ms.

        Returns:
            The new key, which can't be had again.

        Raises:
            KeyNotFoundError: if there is no good key of that id.
        """
        # As a context manager a connection commits, or takes all back.
        with self._faults_named(), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            old = next((key for key in self.list() if key.key_id == key_id), None)
            if old is None:
                raise _not_found()
            if (state := old.state(now_ms)) != "good":
                raise KeyNotFoundError(f"key {key_id} is {state}: `books-relayer keys create` makes a new one")
            if grace_ms:
                ends_at = min(now_ms + grace_ms, old.expires_at or now_ms + grace_ms)
                self._db.execute("UPDATE keys SET expires_at = ? WHERE key_id = ?", (ends_at, key_id))
            else:
                self.revoke(key_id, now_ms)
            return self._insert(old.name, ",".join(old.channels), now_ms, old.expires_at, old.max_connections)

    def version(self) -> int:
        """Read a number, cheaply, that differs once any key has changed.

        It grows only, and has no meaning beyond this object.
        """
        with self._faults_named():
            # data_version counts the commits of others, total_changes our own rows.
            (others,) = self._db.execute("PRAGMA data_version").fetchone()
        return int(others) + self._db.total_changes

    def _insert(
        self, name: str, channels: str, now_ms: int, expires_at: int | None, max_connections: int | None
    ) -> str:
        key = KEY_PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(RANDOM_CHARS))
        self._db.execute(
            "INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            (
                secrets.token_hex(4),
                digest(key),
                name,
                key[:SHOWN_CHARS],
                channels,
                now_ms,
                expires_at,
                max_connections,
            ),
        )
        return key

    def _read(self, row_type: type[Any], which: str) -> Iterator[Any]:
        types = get_type_hints(row_type)
        with self._faults_named():
            # Nothing of the statement comes from outside: the columns are the struct's fields.
            rows = self._db.execute(f"SELECT {', '.join(types)} FROM keys {which}")  # noqa: S608
            for row in rows.fetchall():
                values = dict(zip(types, row, strict=True))
                values["channels"] = convert(values["channels"], str).split(",")
                yield row_type(**{name: convert(value, types[name]) for name, value in values.items()})

    def _faults_named(self) -> AbstractContextManager[None]:
        return faults_named(self._path, KeyStoreError)


def _not_found() -> KeyNotFoundError:
    # What was given is not repeated: it may be the key itself.
    return KeyNotFoundError("there is no key with this id: `books-relayer keys list` shows the ids")
