"""Files are looked through before anything is written to them, and what is wrong is told in a sentence."""

import errno
import shutil
import sqlite3
import stat
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from broker.database import FORMAT, OPENING_TIMEOUT_SECONDS, UnfitError, faults_named, open_alone, open_shared

SCHEMA = "CREATE TABLE IF NOT EXISTS rows (number INTEGER PRIMARY KEY, text TEXT NOT NULL)"
ROWS = 2_000
PAGE_BYTES = 4096
OPEN_FILES = Path("/proc/self/fd")

Open = Callable[[Path], sqlite3.Connection]


class NamedError(Exception):
    """What the faults of these tests are turned into."""


def alone(path: Path) -> sqlite3.Connection:
    return open_alone(path, SCHEMA)


def shared(path: Path) -> sqlite3.Connection:
    return open_shared(path, SCHEMA, 0.0)


both = pytest.mark.parametrize("opened", [alone, shared])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.sqlite3"


def rows(db: sqlite3.Connection) -> int:
    (count,) = db.execute("SELECT count(*) FROM rows").fetchone()
    return int(count)


def filled(path: Path, opened: Open) -> None:
    with closing(opened(path)) as db:
        db.execute("BEGIN")
        db.executemany("INSERT INTO rows VALUES (?, ?)", [(number, f"row {number}") for number in range(ROWS)])
        db.execute("COMMIT")


@both
def test_what_was_written_is_there_when_it_is_opened_again(path: Path, opened: Open) -> None:
    filled(path, opened)
    with closing(opened(path)) as db:
        assert rows(db) == ROWS
        assert db.execute("PRAGMA user_version").fetchone() == (FORMAT,)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@both
def test_a_file_from_before_there_was_a_number_is_one_of_the_first(path: Path, opened: Open) -> None:
    filled(path, opened)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version=0")
    with closing(opened(path)) as db:
        assert rows(db) == ROWS
        assert db.execute("PRAGMA user_version").fetchone() == (FORMAT,)


def test_one_that_is_open_alone_has_no_shared_memory_and_lets_nobody_else_in(path: Path) -> None:
    with closing(alone(path)) as db:
        db.execute("INSERT INTO rows VALUES (1, 'one')")
        assert {file.name for file in path.parent.iterdir()} == {path.name, f"{path.name}-wal"}
        assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
        with pytest.raises(NamedError, match="end the other program that has it open"), faults_named(path, NamedError):
            sqlite3.connect(path, timeout=0).execute("SELECT * FROM rows")


def test_one_that_is_shared_has_nothing_beside_it_between_writes(path: Path) -> None:
    with closing(shared(path)) as one, closing(shared(path)) as other:
        one.execute("INSERT INTO rows VALUES (1, 'one')")
        assert rows(other) == 1
        assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_each_statement_waits_for_another_ones_write_as_long_as_it_was_told(path: Path) -> None:
    with closing(open_shared(path, SCHEMA, 0.05)) as one, closing(shared(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        with pytest.raises(NamedError, match="end the other program"), faults_named(path, NamedError):
            rows(one)
        assert 0.05 <= time.monotonic() - began < OPENING_TIMEOUT_SECONDS
        other.execute("COMMIT")
        assert rows(one) == 0


def empty(content: bytes) -> bytes:
    return b""


def text(content: bytes) -> bytes:
    return b"this is no database at all\n" * 1_000


def without_header(content: bytes) -> bytes:
    return bytes(100) + content[100:]


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def with_a_page_lost(content: bytes) -> bytes:
    start = len(content) // 2 // PAGE_BYTES * PAGE_BYTES
    return content[:start] + bytes(PAGE_BYTES) + content[start + PAGE_BYTES :]


def without_a_table(content: bytes) -> bytes:
    return content.replace(b"CREATE TABLE", b"CREATE PLATE")


damages = pytest.mark.parametrize("damage", [empty, text, without_header, cut, with_a_page_lost, without_a_table])


@damages
def test_a_damaged_file_is_refused_and_left_as_it_is(path: Path, damage: Callable[[bytes], bytes]) -> None:
    filled(path, alone)
    content = damage(path.read_bytes())
    path.write_bytes(content)
    with pytest.raises(NamedError) as refused, faults_named(path, NamedError):
        alone(path)
    said = str(refused.value)
    assert said.startswith(f"{path} is damaged (")
    assert said.endswith(f"): restore a copy of it, or move {path.name}* away to start without what it held")
    assert "\n" not in said
    assert path.read_bytes() == content


def test_the_log_of_a_damaged_file_is_left_as_it_is_too(path: Path, tmp_path: Path) -> None:
    filled(path, alone)
    killed = tmp_path / "killed"
    killed.mkdir()
    with closing(alone(path)) as db:
        db.execute("INSERT INTO rows VALUES (?, 'one more')", (ROWS,))
        for name in (path.name, f"{path.name}-wal"):
            shutil.copy(tmp_path / name, killed / name)
    (killed / path.name).write_bytes(with_a_page_lost((killed / path.name).read_bytes()))
    before = {file.name: file.read_bytes() for file in killed.iterdir()}
    assert len(before) == 2
    with pytest.raises(UnfitError, match="is damaged"):
        alone(killed / path.name)
    assert {file.name: file.read_bytes() for file in killed.iterdir()} == before


@pytest.mark.parametrize("damage", [text, without_header, cut, with_a_page_lost, without_a_table])
def test_a_damaged_file_that_is_shared_is_refused_too(path: Path, damage: Callable[[bytes], bytes]) -> None:
    filled(path, shared)
    content = damage(path.read_bytes())
    path.write_bytes(content)
    with pytest.raises(NamedError, match="is damaged"), faults_named(path, NamedError):
        shared(path)
    assert path.read_bytes() == content


@both
def test_a_file_of_a_newer_version_is_refused_and_left_as_it_is(path: Path, opened: Open) -> None:
    filled(path, opened)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version={FORMAT + 1}")
    content = path.read_bytes()
    with pytest.raises(UnfitError, match="written by a newer version of books-relayer: run that version"):
        opened(path)
    assert path.read_bytes() == content


def test_a_new_file_that_cannot_be_filled_is_not_left_behind(path: Path) -> None:
    with pytest.raises(sqlite3.Error):
        open_alone(path, "CREATE TABLE (")
    assert not list(path.parent.iterdir())
    with closing(alone(path)) as db:
        assert rows(db) == 0


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "can't write to F: the disk is full, free some space"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "can't write to F: the disk is full, free some space"),
        (
            OSError(errno.EROFS, "Read-only file system"),
            "can't use F ([Errno 30] Read-only file system): check that its directory is writable and the file is ours",
        ),
        (sqlite3.InterfaceError("odd"), "can't use F (odd): check the disk that it is on"),
    ],
)
def test_a_fault_is_one_sentence_that_says_what_to_do(error: Exception, said: str) -> None:
    with pytest.raises(NamedError) as named, faults_named(Path("F"), NamedError):
        raise error
    assert str(named.value) == said
    assert named.value.__cause__ is error


def test_a_read_only_database_is_said_to_be(path: Path) -> None:
    filled(path, shared)
    with (
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db,
        pytest.raises(NamedError, match="check that its directory is writable"),
        faults_named(path, NamedError),
    ):
        db.execute("DELETE FROM rows")


def test_a_full_database_is_said_to_be(path: Path) -> None:
    with closing(shared(path)) as db:
        db.execute("PRAGMA max_page_count=1")
        with pytest.raises(NamedError, match="the disk is full, free some space"), faults_named(path, NamedError):
            db.execute("INSERT INTO rows VALUES (1, ?)", ("x" * 100_000,))


def test_nothing_stays_open_of_what_was_refused(path: Path) -> None:
    path.write_bytes(text(b""))
    before = len(list(OPEN_FILES.iterdir()))
    for opened in (alone, shared):
        with pytest.raises(sqlite3.DatabaseError):
            opened(path)
    assert len(list(OPEN_FILES.iterdir())) == before
