"""Commit, then publish, then reply; and a batch sent twice is one batch."""

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
import structlog
from builders import NOW_MS, batches, game, outage, payload, pull, quote, seen, sendable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import json
from structlog.testing import LogCapture

from broker.journal import DATABASE_NAME, KEPT_BATCHES, Journal, JournalError
from broker.messages import Commit, decode_commit
from broker.observations import BATCH_LIMIT_OBSERVATIONS, Observation, Rejection
from broker.outage import STEADY_SECONDS, Outage
from broker.relay import Batch, Relay, Reply
from broker.state import FORGET_AFTER_MS, Changes, OutcomeId, Price, Seen, State


class Desk:
    """A relay with what it published, able to be opened again."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.published: list[bytes] = []
        self.changed: list[Changes] = []
        self.told = LogCapture()
        self.now = 0.0
        self.outage = Outage("failing", "mended", structlog.wrap_logger(None, processors=[self.told]), lambda: self.now)
        self.open()

    def open(self) -> None:
        self.journal = Journal(self.data_dir, "checkpoint")
        self.relay = Relay(self.journal, self.published.append, self.outage, self.changed.append)

    def restart(self) -> None:
        self.journal.close()
        self.open()

    def take(self, *batches: Batch) -> list[Reply]:
        return [json.decode(reply, type=Reply) for reply in self.relay.take(batches, NOW_MS)]

    def commits(self) -> list[Commit]:
        return [decode_commit(body) for body in self.published]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.journal.close()


def batch(batch_id: bytes, *observations: Observation) -> Batch:
    return Batch(batch_id, payload(observations))


def rows(state: State) -> tuple[dict[str, Seen], dict[OutcomeId, Price]]:
    prices = {outcome: price for game_id in state.games for outcome, price in state.prices(game_id).items()}
    return dict(state.games), prices


def test_a_batch_is_answered_counted_and_published(desk: Desk) -> None:
    replies = desk.relay.take([Batch(b"1", payload([seen(game()), quote(-110.0)]) + b"\nnonsense")], NOW_MS)
    (reply,) = replies
    start = b'{"accepted":2,"events":2,"rejected":[{"index":2,"error":"unreadable observation: '
    assert reply.startswith(start)
    assert reply.endswith(b'"}]}')
    (commit,) = desk.commits()
    assert (commit.first_seq, commit.last_seq, desk.relay.head_seq) == (1, 2, 2)
    assert desk.journal.since(0, 1) == tuple(desk.published)


def test_batches_that_came_together_are_one_commit(desk: Desk) -> None:
    replies = desk.take(batch(b"1", seen(game())), batch(b"2", quote(-110.0), quote(50.0)), batch(b"3"))
    assert [(r.accepted, r.events, len(r.rejected)) for r in replies] == [(1, 1, 0), (1, 1, 1), (0, 0, 0)]
    assert [(c.first_seq, c.last_seq) for c in desk.commits()] == [(1, 2)]


def test_what_changes_nothing_publishes_nothing(desk: Desk) -> None:
    desk.take(batch(b"1", seen(game())))
    assert desk.take(batch(b"2", seen(game()), pull())) == [Reply(2, 0, ())]
    assert len(desk.published) == 1


def test_nothing_is_published_before_it_is_durable(tmp_path: Path) -> None:
    durable: list[tuple[int, int]] = []

    def look(body: bytes) -> None:
        # The database is the broker's alone: what another process would find after its death is in the files.
        copies = [shutil.copy(file, tmp_path) for file in (tmp_path / "data").glob(f"{DATABASE_NAME}*")]
        assert len(copies) == 2
        with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as other:
            (head,) = other.execute("SELECT max(last_seq) FROM commits WHERE body = ?", (body,)).fetchone()
            (games,) = other.execute("SELECT count(*) FROM games").fetchone()
            (replies,) = other.execute("SELECT count(*) FROM batches").fetchone()
        assert replies == games
        durable.append((head, decode_commit(body).last_seq))

    journal = Journal(tmp_path / "data", "checkpoint")
    relay = Relay(journal, look, outage(), lambda _changes: None)
    for number in range(3):
        relay.take([batch(b"%d" % number, seen(game(f"g{number}")))], NOW_MS)
    journal.close()
    assert durable == [(1, 1), (2, 2), (3, 3)]


def test_a_batch_sent_twice_is_answered_twice_and_applied_once(desk: Desk) -> None:
    first = batch(b"1", seen(game()), quote(-110.0), quote(50.0))
    in_one_call = desk.relay.take([first, first], NOW_MS)
    later = desk.relay.take([first], NOW_MS)
    desk.restart()
    after_restart = desk.relay.take([first], NOW_MS)
    assert len({*in_one_call, *later, *after_restart}) == 1
    assert len(desk.published) == 1
    assert desk.relay.head_seq == 2


def test_a_batch_that_cannot_be_taken_as_a_whole_is_refused_for_good_and_costs_the_others_nothing(desk: Desk) -> None:
    too_many = Batch(b"2", b"1\n" * (BATCH_LIMIT_OBSERVATIONS + 1))
    first, refused, last = desk.take(batch(b"1", seen(game())), too_many, batch(b"3", quote(-110.0)))
    assert (first, last) == (Reply(1, 1, ()), Reply(1, 1, ()))
    assert refused == Reply(0, 0, (), "a batch is at most 10000 observations: send this one in parts", permanent=True)
    assert [(c.first_seq, c.last_seq) for c in desk.commits()] == [(1, 2)]
    # Its id is not one of those that are remembered.
    assert desk.take(batch(b"2", quote(-120.0))) == [Reply(1, 1, ())]


def test_an_old_batch_cannot_undo_a_newer_one(desk: Desk) -> None:
    old = batch(b"1", seen(game()), quote(-110.0))
    desk.take(old)
    desk.take(batch(b"2", quote(-120.0)))
    desk.take(old)
    (price,) = desk.relay.state.prices("g1").values()
    assert price.price == -120.0


def test_the_last_ten_thousand_batches_are_remembered(desk: Desk) -> None:
    def ask(numbers: range) -> list[Reply]:
        return desk.take(*(batch(b"%d" % number, quote(50.0)) for number in numbers))

    assert KEPT_BATCHES == 10_000
    ask(range(10_000))
    desk.take(batch(b"game", seen(game())))
    for _ in range(2):
        # Batch 1 is remembered: the one that follows it is of an unknown game no more.
        (reply,) = ask(range(1, 2))
        assert reply.rejected[0].error.startswith("unknown game")
        desk.restart()
    (forgotten,) = ask(range(1))
    assert forgotten.rejected[0].error.startswith("price 50.0")


def test_everything_goes_on_after_a_restart(desk: Desk) -> None:
    desk.take(batch(b"1", seen(game(status="live")), quote(-110.0)))
    before = rows(desk.relay.state)
    desk.restart()
    assert rows(desk.relay.state) == before
    assert desk.take(batch(b"2", seen(game(status="live")), quote(-110.0))) == [Reply(2, 0, ())]
    desk.take(batch(b"3", quote(-120.0)))
    assert [(c.first_seq, c.last_seq) for c in desk.commits()] == [(1, 3), (4, 4)]


def test_a_game_that_left_is_told_to_the_workers(desk: Desk) -> None:
    desk.take(batch(b"1", seen(game(status="live"))))
    desk.relay.expire(NOW_MS + FORGET_AFTER_MS)
    assert desk.relay.state.games == {}
    entry = desk.commits()[-1].entries[0]
    assert (entry.frames, entry.game_id, entry.fragment) == ((), "g1", None)
    desk.restart()
    assert desk.relay.state.games == {}


def fail(_changes: Changes, _commit: tuple[int, int, bytes] | None, _batches: Sequence[tuple[bytes, bytes]]) -> None:
    raise JournalError("can't write to the database: no room")


def test_a_failing_write_takes_nothing_and_the_next_one_works(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    known, more = batch(b"1", seen(game()), quote(-110.0)), batch(b"2", quote(-120.0), seen(game("g2")))
    (answered,) = desk.take(known)
    before = rows(desk.relay.state)
    with monkeypatch.context() as broken:
        broken.setattr(desk.journal, "write", fail)
        again, refused = desk.take(known, more)
        assert again == answered
        assert refused == Reply(0, 0, (), "nothing of this batch was taken: can't write to the database: no room")
        desk.relay.expire(NOW_MS + FORGET_AFTER_MS)
        # Nothing to write is no sign that writing works.
        desk.now += STEADY_SECONDS
        assert desk.take(known) == [answered]
    assert rows(desk.relay.state) == before
    assert len(desk.published) == 1
    assert [line["event"] for line in desk.told.entries] == ["failing"]
    assert desk.take(more) == [Reply(2, 2, ())]
    assert [(line["event"], line.get("failures")) for line in desk.told.entries] == [("failing", None), ("mended", 2)]
    assert [(c.first_seq, c.last_seq) for c in desk.commits()] == [(1, 2), (3, 4)]


def test_what_nobody_expects_takes_nothing_either(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_out_of_memory(*_: object) -> None:
        raise MemoryError

    desk.take(batch(b"1", seen(game())))
    before = rows(desk.relay.state)
    with monkeypatch.context() as broken:
        broken.setattr(desk.journal, "write", run_out_of_memory)
        with pytest.raises(MemoryError):
            desk.take(batch(b"2", quote(-110.0)))
    assert rows(desk.relay.state) == before
    assert desk.take(batch(b"2", quote(-110.0))) == [Reply(1, 1, ())]
    assert [(c.first_seq, c.last_seq) for c in desk.commits()] == [(1, 1), (2, 2)]


def test_a_full_disk_takes_nothing_and_goes_on_when_there_is_room(desk: Desk) -> None:
    desk.take(batch(b"1", seen(game())))
    before = rows(desk.relay.state)
    (pages,) = desk.journal._db.execute("PRAGMA page_count").fetchone()
    desk.journal._db.execute(f"PRAGMA max_page_count={pages}")
    large = batch(b"2", *(quote(-110.0, outcome=f"{n}" * 50) for n in range(500)))
    (refused,) = desk.take(large)
    assert refused.error is not None
    assert "full" in refused.error
    assert (rows(desk.relay.state), len(desk.published), desk.relay.head_seq) == (before, 1, 1)
    # What a worker has missed is there all the same.
    assert desk.journal.since(0, 1) == tuple(desk.published)
    desk.journal._db.execute("PRAGMA max_page_count=100000")
    assert desk.take(large) == [Reply(500, 500, ())]
    desk.restart()
    assert len(rows(desk.relay.state)[1]) == 500


@given(st.lists(st.tuples(batches, st.sampled_from(("", "restart", "fails", "twice"))), max_size=8))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_run_is_gapless_and_loaded_again_identically(
    tmp_path_factory: pytest.TempPathFactory, run: list[tuple[list[Observation | Rejection], str]]
) -> None:
    desk = Desk(tmp_path_factory.mktemp("run"))
    for number, (items, then) in enumerate(run):
        one = Batch(b"%d" % number, sendable(items))
        before = (rows(desk.relay.state), len(desk.published))
        if then == "fails":
            with pytest.MonkeyPatch.context() as broken:
                broken.setattr(desk.journal, "write", fail)
                desk.take(one)
            assert (rows(desk.relay.state), len(desk.published)) == before
        replies = desk.take(one, one) if then == "twice" else desk.take(one)
        assert all(reply.accepted + len(reply.rejected) == len(items) for reply in replies)
        assert all(r == replies[0] for r in replies)
        if then == "restart":
            after = rows(desk.relay.state)
            desk.restart()
            assert rows(desk.relay.state) == after
    seqs = [seq for commit in desk.commits() for seq in range(commit.first_seq, commit.last_seq + 1)]
    assert seqs == list(range(1, desk.relay.head_seq + 1))
    assert desk.journal.since(0, 10**9) == tuple(desk.published)
    final = rows(desk.relay.state)
    desk.restart()
    assert rows(desk.relay.state) == final
    desk.journal.close()


def test_what_changed_is_told_after_the_commit_and_only_then(desk: Desk) -> None:
    desk.take(batch(b"1", seen(game()), quote(-110.0)))
    desk.take(batch(b"2", quote(-110.0)))
    desk.take(batch(b"3", pull()))
    outcome = ("g1", "moneyline", "BetMGM", "Broncos", None)
    assert [set(changes.games) for changes in desk.changed] == [{"g1"}, set()]
    assert [changes.prices.get(outcome) for changes in desk.changed] == [Price(-110.0, None, NOW_MS), None]


def test_what_became_of_batches_is_counted_once_they_are_durable(desk: Desk) -> None:
    desk.take(batch(b"1", seen(game()), quote(-110.0), quote(50.0)), batch(b"2", quote(-120.0)))
    desk.take(batch(b"2", quote(-130.0)))
    tally = desk.relay.tally.report
    assert (tally.batches, tally.accepted, tally.rejected) == (2, 3, 1)
    assert tally.events == {"new_game": 1, "price_change": 2}
    assert tally.writes.count == 1


def test_a_commit_says_when_it_was_begun(tmp_path: Path) -> None:
    published: list[bytes] = []
    journal = Journal(tmp_path / "data", "checkpoint")
    times = iter([1.0, 12.5, 13.0, 13.25])
    relay = Relay(journal, published.append, outage(), lambda _changes: None, lambda: next(times))
    relay.take([batch(b"1", seen(game()))], NOW_MS)
    assert decode_commit(published[0]).taken_at == 12.5
    assert relay.tally.report.writes.seconds == 0.25
    journal.close()
