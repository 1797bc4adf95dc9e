"""Our SQLite files: opened, looked through before anything is written to them, and their faults put into words.

What is looked through is the structure, which is quick; whoever reads a value checks its type. SQLite has no checksums:
a value that was changed into another possible one is not noticed.
"""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from msgspec import MsgspecError

FORMAT = 1
"""The `user_version` of files whose tables are as this version of books-relayer makes them; 0 is a new file."""
OPENING_TIMEOUT_SECONDS = 5.0
"""Patience with another process that has the file: one that is just ending, or writing."""

DAMAGED = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))
FORBIDDEN = frozenset((sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM))
FULL_ERRNOS = frozenset((errno.ENOSPC, errno.EDQUOT))


class UnfitError(Exception):
    """The file is not one that this version can use; the message is one sentence that says what to do."""


def open_alone(path: Path, schema: str) -> sqlite3.Connection:
    """Open a file that no other process may use, in WAL mode; one that can't be used is left as it is.

    The -shm by which processes share a WAL is not made: SQLite maps it into memory, and where a full disk has no room
    for what is written there, as on btrfs, the kernel kills the process (SIGBUS).

    Args:
        path: the database, made if absent, readable by its owner only.
        schema: makes the tables of a new one.

    Raises:
        UnfitError: if it is damaged or of a newer version.
        OSError, sqlite3.Error: if it can't be opened.
    """
    is_new = _make_file(path)
    if not is_new:
        _look_through(path)
    db = sqlite3.connect(path, timeout=OPENING_TIMEOUT_SECONDS, isolation_level=None)
    try:
        db.execute("PRAGMA locking_mode=EXCLUSIVE")
        db.execute("PRAGMA journal_mode=WAL")
        _make_tables(db, schema)
    except BaseException:
        db.close()
        if is_new:
            # At the next start it would be taken for a damaged one.
            path.unlink()
        raise
    return db


def open_shared(path: Path, schema: str, busy_timeout_seconds: float) -> sqlite3.Connection:
    """Open a file that several processes use, with a rollback journal: that needs no -shm.

    Args:
        path: the database, made if absent, readable by its owner only; an empty file is a new one.
        schema: makes the tables of a new one.
        busy_timeout_seconds: how long each statement will wait for another process' write.

    Raises:
        UnfitError: if it is damaged or of a newer version.
        OSError, sqlite3.Error: if it can't be opened.
    """
    _make_file(path)
    db = sqlite3.connect(path, timeout=OPENING_TIMEOUT_SECONDS, isolation_level=None)
    try:
        _check(db, path)
        db.execute("PRAGMA journal_mode=DELETE")
        _make_tables(db, schema)
        db.execute(f"PRAGMA busy_timeout={busy_timeout_seconds * 1000:.0f}")
    except BaseException:
        db.close()
        raise
    return db


def damaged(path: Path, how: str) -> str:
    """Say that a file is damaged, and what to do."""
    return f"{path} is damaged ({how}): restore a copy of it, or move {path.name}* away to start without what it held"


@contextmanager
def faults_named(path: Path, kind: type[Exception]) -> Iterator[None]:
    """Turn whatever can be wrong with a file into one type of exception; its message is one sentence for people."""
    try:
        yield
    except UnfitError as error:
        raise kind(str(error)) from error
    except (MsgspecError, UnicodeDecodeError) as error:
        raise kind(damaged(path, str(error))) from error
    except OSError as error:
        raise kind(_full(path) if error.errno in FULL_ERRNOS else _forbidden(path, error)) from error
    except sqlite3.Error as error:
        raise kind(_sentence(path, error)) from error


def _make_file(path: Path) -> bool:
    """Make a file, unless it is there, before SQLite does; its -wal or -journal takes over mode and owner."""
    try:
        # Through no link: root must give away what it has made itself, and nothing else.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    try:
        if os.geteuid() == 0:
            # The service, if another user, owns the directory and must be able to write the keys that root creates.
            directory = path.parent.stat()
            os.fchown(descriptor, directory.st_uid, directory.st_gid)
    finally:
        os.close(descriptor)
    return True


def _look_through(path: Path) -> None:
    """Check a file without changing anything, be it that its -wal is taken over."""
    if not path.stat().st_size:
        # To SQLite that is a new database, and it would delete the -wal.
        raise UnfitError(damaged(path, "it is empty"))
    # Locks need a file open for writing, and without exclusive mode there would be a -shm.
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&vfs=unix-none", uri=True)) as db:
        db.execute("PRAGMA locking_mode=EXCLUSIVE")
        _check(db, path)


def _check(db: sqlite3.Connection, path: Path) -> None:
    (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise UnfitError(damaged(path, " ".join(verdict.removeprefix("*** in database main ***").split())))
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > FORMAT:
        raise UnfitError(
            f"{path} was written by a newer version of books-relayer: run that version, or choose another directory"
        )


def _make_tables(db: sqlite3.Connection, schema: str) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version < FORMAT:
        db.executescript(f"BEGIN IMMEDIATE; {schema}; PRAGMA user_version={FORMAT}; COMMIT")


def _sentence(path: Path, error: sqlite3.Error) -> str:
    # The low byte is the kind, those above it are details (sqlite.org/rescode.html).
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if kind in DAMAGED:
        return damaged(path, str(error))
    if kind == sqlite3.SQLITE_FULL:
        return _full(path)
    if kind in FORBIDDEN:
        return _forbidden(path, error)
    if kind == sqlite3.SQLITE_BUSY:
        return f"can't use {path} ({error}): end the other program that has it open"
    return f"can't use {path} ({error}): check the disk that it is on"


def _full(path: Path) -> str:
    return f"can't write to {path}: the disk is full, free some space"


def _forbidden(path: Path, error: Exception) -> str:
    return f"can't use {path} ({error}): check that its directory is writable and the file is ours"
