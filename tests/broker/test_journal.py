"""What is written is there again, whatever ended the process that wrote it."""

import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import NOW_MS, game, pull, quote, seen

import broker.journal
from broker.journal import CONN_IDS_PER_START, DATABASE_NAME, Journal, JournalError
from broker.observations import Observation
from broker.state import FORGET_AFTER_MS, Changes, OutcomeId, Price, Seen, State

NOTHING = Changes({}, {})
OPEN_FILES = Path("/proc/self/fd")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def journal(data_dir: Path) -> Iterator[Journal]:
    journal = Journal(data_dir, "checkpoint")
    yield journal
    journal.close()


def rows(state: State) -> tuple[dict[str, Seen], dict[OutcomeId, Price]]:
    prices = {outcome: price for game_id in state.games for outcome, price in state.prices(game_id).items()}
    return state.games, prices


def take(journal: Journal, state: State, *batch: Observation) -> None:
    state.take(batch, NOW_MS)
    journal.write(state.changes(), None, [])
    state.accept()


def reopened(journal: Journal, data_dir: Path) -> State:
    journal.close()
    again = Journal(data_dir, "fsync")
    state = again.load_state()
    again.close()
    return state


def test_a_new_database_is_empty(journal: Journal) -> None:
    assert (journal.head_seq(), journal.tail_seq()) == (0, 0)
    assert rows(journal.load_state()) == ({}, {})
    assert list(journal.load_batches()) == []
    assert journal.since(0, 1) == ()


def test_the_state_is_loaded_as_it_was_written(data_dir: Path) -> None:
    journal = Journal(data_dir, "checkpoint")
    state = State()
    odd = game("a\x00b'\u2028\U0001f3c8", status="live", home=2**70)
    take(journal, state, seen(game()), seen(odd), quote(-110.0), quote(1e308, odd.game_id, points=0.1 + 0.2))
    take(journal, state, quote(275.0, points=-2.5, player_id="p1", ts=3), seen(game(home=7)))
    assert rows(reopened(journal, data_dir)) == rows(state)


def test_what_left_the_state_is_gone_from_the_database(data_dir: Path) -> None:
    journal = Journal(data_dir, "checkpoint")
    state = State()
    take(journal, state, seen(game()), quote(-110.0), quote(-110.0, outcome="Jets"))
    take(journal, state, pull())
    assert rows(state)[1].keys() == {("g1", "moneyline", "BetMGM", "Jets", None)}
    assert rows(journal.load_state()) == rows(state)
    state.expire(NOW_MS + FORGET_AFTER_MS)
    journal.write(state.changes(), None, [])
    assert rows(reopened(journal, data_dir)) == ({}, {})


def test_zero_points_are_one_outcome_in_the_database_with_either_sign(data_dir: Path) -> None:
    journal = Journal(data_dir, "checkpoint")
    state = State()
    take(journal, state, seen(game()), quote(-110.0, points=0.0))
    take(journal, state, quote(-120.0, points=-0.0))
    assert rows(journal.load_state()) == rows(state)
    take(journal, state, pull(points=-0.0))
    assert rows(reopened(journal, data_dir)) == rows(state)


def test_commits_are_read_from_the_one_that_follows(journal: Journal) -> None:
    for first, last in ((1, 2), (3, 3), (4, 9)):
        journal.write(NOTHING, (first, last, b"%d" % first), [])
    assert (journal.tail_seq(), journal.head_seq()) == (1, 9)
    assert journal.since(0, 1_000) == (b"1", b"3", b"4")
    assert journal.since(2, 1_000) == (b"3", b"4")
    assert journal.since(9, 1_000) == ()
    assert journal.since(0, 2) == (b"1", b"3")
    assert journal.since(0, 0) == (b"1",)


def test_old_commits_are_forgotten_now_and_then(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker.journal, "KEPT_EVENTS", 10)
    monkeypatch.setattr(broker.journal, "TRIM_EVERY_EVENTS", 5)
    tails = []
    for seq in range(1, 31):
        journal.write(NOTHING, (seq, seq, b""), [])
        tails.append(journal.tail_seq())
    assert len(journal.since(0, 1)) >= 1
    assert all(tail <= max(1, seq - 9) for seq, tail in enumerate(tails, 1))
    assert tails[-1] == 21
    assert journal.head_seq() == 30


def test_the_last_batches_are_remembered_in_order(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker.journal, "KEPT_BATCHES", 3)
    journal.write(NOTHING, None, [(b"1", b"a"), (b"2", b"b")])
    journal.write(NOTHING, None, [(b"3", b"c"), (b"4", b"d")])
    assert list(journal.load_batches()) == [(b"2", b"b"), (b"3", b"c"), (b"4", b"d")]


def test_conn_ids_never_come_again_over_restarts(data_dir: Path) -> None:
    firsts = []
    for _ in range(3):
        journal = Journal(data_dir, "checkpoint")
        firsts += [journal.reserve_conn_ids(), journal.reserve_conn_ids()]
        journal.close()
    assert firsts == [1 + n * CONN_IDS_PER_START for n in range(6)]


def test_a_write_is_whole_or_not_at_all(journal: Journal) -> None:
    state = State()
    take(journal, state, seen(game()))
    state.take([quote(-110.0)], NOW_MS)
    journal.write(NOTHING, (1, 1, b"first"), [])
    with pytest.raises(JournalError, match="can't write to the database: UNIQUE"):
        journal.write(state.changes(), (1, 1, b"again"), [(b"id", b"reply")])
    assert rows(journal.load_state())[1] == {}
    assert list(journal.load_batches()) == []
    journal.write(state.changes(), (2, 2, b"second"), [(b"id", b"reply")])
    assert rows(journal.load_state()) == rows(state)
    assert journal.since(0, 100) == (b"first", b"second")


def test_a_full_database_says_so_and_works_again_when_there_is_room(journal: Journal) -> None:
    journal._db.execute("PRAGMA max_page_count=1")
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count={pages + 2}")
    with pytest.raises(JournalError, match="database or disk is full"):
        journal.write(NOTHING, (1, 1, b"x" * 100_000), [(b"id", b"reply")])
    assert journal.head_seq() == 0
    journal._db.execute("PRAGMA max_page_count=100000")
    journal.write(NOTHING, (1, 1, b"x" * 100_000), [(b"id", b"reply")])
    assert journal.head_seq() == 1


WRITES_AND_DIES = """
import os, signal, sys
from pathlib import Path
from broker.journal import Journal
from broker.state import Changes
journal = Journal(Path(sys.argv[1]), "checkpoint")
for seq in range(1, 101):
    journal.write(Changes({}, {}), (seq, seq, b"%d" % seq), [(b"id%d" % seq, b"reply")])
journal._db.execute("BEGIN IMMEDIATE")
journal._db.execute("INSERT INTO commits VALUES (101, 101, x'00')")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_all_that_was_written_survives_a_kill_and_nothing_half_written_does(data_dir: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", WRITES_AND_DIES, str(data_dir)], check=False)
    assert killed.returncode == -signal.SIGKILL
    journal = Journal(data_dir, "checkpoint")
    assert journal.since(0, 10**6) == tuple(b"%d" % seq for seq in range(1, 101))
    assert [batch_id for batch_id, _ in journal.load_batches()] == [b"id%d" % seq for seq in range(1, 101)]
    journal.write(NOTHING, (101, 101, b""), [])
    journal.close()


def test_only_the_owner_can_read_the_files(journal: Journal, data_dir: Path) -> None:
    journal.write(NOTHING, (1, 1, b""), [])
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in data_dir.iterdir()} == {0o600}


def test_a_second_broker_on_the_directory_is_told_so(
    journal: Journal, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker.journal, "LOCK_PATIENCE_SECONDS", 0.0)
    with pytest.raises(JournalError, match="another books-relayer uses"):
        Journal(data_dir, "checkpoint")


def test_a_file_that_is_no_database_is_named(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / DATABASE_NAME).write_bytes(b"this is not a database at all" * 100)
    with pytest.raises(JournalError, match=r"can't use .*relay\.sqlite3 .*check that the data directory"):
        Journal(data_dir, "checkpoint")


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="check that the data directory is writable"):
        Journal(tmp_path / "file" / "data", "checkpoint")


@pytest.mark.parametrize(
    "damage",
    [
        "INSERT INTO games VALUES ('g1', x'00', 0)",
        "INSERT INTO prices VALUES ('nonsense', 1.0, NULL, 0)",
        """INSERT INTO prices VALUES ('["g9","m","b","o",null]', 1.0, NULL, 0)""",
    ],
    ids=["a game that isn't JSON", "a price without an outcome", "a price without a game"],
)
def test_a_state_that_cannot_be_is_an_error(journal: Journal, data_dir: Path, damage: str) -> None:
    foreign = sqlite3.connect(data_dir / DATABASE_NAME)
    foreign.execute(damage)
    foreign.commit()
    foreign.close()
    with pytest.raises(JournalError, match="the database is corrupt"):
        journal.load_state()


@pytest.mark.parametrize(("durability", "synchronous"), [("checkpoint", 1), ("fsync", 2)])
def test_fsync_syncs_every_commit(data_dir: Path, durability: str, synchronous: int) -> None:
    journal = Journal(data_dir, "fsync" if durability == "fsync" else "checkpoint")
    assert journal._db.execute("PRAGMA synchronous").fetchone() == (synchronous,)
    assert journal._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    journal.close()


def test_closing_frees_the_directory(data_dir: Path) -> None:
    before = len(list(OPEN_FILES.iterdir()))
    Journal(data_dir, "checkpoint").close()
    Journal(data_dir, "checkpoint").close()
    assert len(list(OPEN_FILES.iterdir())) <= before
