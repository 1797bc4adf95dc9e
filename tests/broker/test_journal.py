"""What is written is there again, whatever ended the process that wrote it."""

import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import NOW_MS, game, pull, quote, seen

import broker.journal
from broker.journal import Journal, JournalError
from broker.messages import Commit, Entry, encode
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


def commit(first: int, last: int | None = None) -> tuple[int, int, bytes]:
    """A commit of so many changes without an event."""
    last = first if last is None else last
    return first, last, encode(Commit(first, last, (Entry((), False),) * (last - first + 1)))


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
    commits = [commit(1, 2), commit(3), commit(4, 9)]
    for each in commits:
        journal.write(NOTHING, each, [])
    first, second, third = (body for _, _, body in commits)
    assert (journal.tail_seq(), journal.head_seq()) == (1, 9)
    assert journal.since(0, 1_000) == (first, second, third)
    assert journal.since(2, 1_000) == (second, third)
    assert journal.since(9, 1_000) == ()
    assert journal.since(0, len(first) + 1) == (first, second)
    assert journal.since(0, 0) == (first,)


def test_old_commits_are_forgotten_now_and_then(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker.journal, "KEPT_EVENTS", 10)
    monkeypatch.setattr(broker.journal, "TRIM_EVERY_EVENTS", 5)
    tails = []
    for seq in range(1, 31):
        journal.write(NOTHING, commit(seq), [])
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


def test_a_write_is_whole_or_not_at_all(journal: Journal) -> None:
    state = State()
    take(journal, state, seen(game()))
    state.take([quote(-110.0)], NOW_MS)
    journal.write(NOTHING, commit(1), [])
    with pytest.raises(JournalError, match="UNIQUE"):
        journal.write(state.changes(), commit(1), [(b"id", b"reply")])
    assert rows(journal.load_state())[1] == {}
    assert list(journal.load_batches()) == []
    journal.write(state.changes(), commit(2), [(b"id", b"reply")])
    assert rows(journal.load_state()) == rows(state)
    assert journal.since(0, 100) == (commit(1)[2], commit(2)[2])


def test_a_full_database_says_so_and_works_again_when_there_is_room(journal: Journal) -> None:
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count={pages + 2}")
    large = (1, 50_000, commit(1, 50_000)[2])
    with pytest.raises(JournalError, match="the disk is full, free some space"):
        journal.write(NOTHING, large, [(b"id", b"reply")])
    assert journal.head_seq() == 0
    journal._db.execute("PRAGMA max_page_count=100000")
    journal.write(NOTHING, large, [(b"id", b"reply")])
    assert journal.head_seq() == 50_000
    journal.check_writable()


WRITES_AND_DIES = """
import os, signal, sys
from pathlib import Path
from broker.journal import Journal
from broker.messages import Commit, Entry, encode
from broker.state import Changes
journal = Journal(Path(sys.argv[1]), "checkpoint")
for seq in range(1, 101):
    body = encode(Commit(seq, seq, (Entry((), False),)))
    journal.write(Changes({}, {}), (seq, seq, body), [(b"id%d" % seq, b"reply")])
journal._db.execute("BEGIN IMMEDIATE")
journal._db.execute("INSERT INTO commits VALUES (101, 101, x'00')")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_all_that_was_written_survives_a_kill_and_nothing_half_written_does(data_dir: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", WRITES_AND_DIES, str(data_dir)], check=False)
    assert killed.returncode == -signal.SIGKILL
    journal = Journal(data_dir, "checkpoint")
    assert journal.since(0, 10**6) == tuple(commit(seq)[2] for seq in range(1, 101))
    assert [batch_id for batch_id, _ in journal.load_batches()] == [b"id%d" % seq for seq in range(1, 101)]
    journal.write(NOTHING, commit(101), [])
    journal.close()


def test_only_the_owner_can_read_the_files(journal: Journal, data_dir: Path) -> None:
    journal.write(NOTHING, commit(1), [])
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in data_dir.iterdir()} == {0o600}


def test_a_second_broker_on_the_directory_is_told_so(
    journal: Journal, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker.journal, "LOCK_PATIENCE_SECONDS", 0.0)
    with pytest.raises(JournalError, match="another books-relayer uses"):
        Journal(data_dir, "checkpoint")


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="check that its directory is writable"):
        Journal(tmp_path / "file" / "data", "checkpoint")


@pytest.mark.parametrize(
    "damage",
    [
        "INSERT INTO games VALUES ('g1', x'00', 0)",
        "INSERT INTO prices VALUES ('nonsense', 1.0, NULL, 0)",
        """INSERT INTO prices VALUES ('["g9","m","b","o",null]', 1.0, NULL, 0)""",
        "INSERT INTO prices VALUES (x'ff', 1.0, NULL, 0)",
        "INSERT INTO prices VALUES ('nonsense', 'cheap', NULL, 0)",
    ],
    ids=[
        "a game that isn't JSON",
        "a price without an outcome",
        "a price without a game",
        "an outcome that isn't text",
        "a price that isn't a number",
    ],
)
def test_a_state_that_cannot_be_is_an_error(journal: Journal, damage: str) -> None:
    journal._db.execute(damage)
    with pytest.raises(JournalError, match=r"relay\.sqlite3 is damaged \(.*\): restore a copy of it, or move .* away"):
        journal.load_state()


@pytest.mark.parametrize("body", [b"", b"\xff" * 40, commit(2)[2]], ids=["empty", "nonsense", "another one's"])
def test_a_damaged_commit_is_not_handed_out(journal: Journal, body: bytes) -> None:
    journal.write(NOTHING, (1, 1, body), [])
    with pytest.raises(JournalError, match="is damaged"):
        journal.since(0, 100)


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


def test_the_write_ahead_log_has_a_size(data_dir: Path) -> None:
    journal = Journal(data_dir, "checkpoint")
    take(journal, State(), seen(game()))
    assert journal.wal_bytes() > 0
    journal.close()
    assert journal.wal_bytes() == 0
