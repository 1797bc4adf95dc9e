"""Whatever is lost, commits are applied once each and in order, and after the answers none is missing."""

from collections import deque

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import workers.sequencer
from broker.messages import Commit, Entry
from workers.sequencer import NOTHING, Sequencer, Verdict


def commit(first: int, last: int | None = None) -> Commit:
    return Commit(first, last or first, tuple(Entry((b"",), True) for _ in range(first, (last or first) + 1)))


@pytest.fixture
def sequencer() -> Sequencer:
    """One that knows everything up to 5."""
    sequencer = Sequencer()
    sequencer.registered()
    sequencer.imaged(5)
    return sequencer


def test_who_knows_nothing_asks_once_a_broker_knows_it() -> None:
    sequencer = Sequencer()
    assert sequencer.last == NOTHING
    assert sequencer.beat(7) == Verdict()
    assert sequencer.offer(commit(8)) == Verdict()
    assert sequencer.registered() == Verdict(ask=True)
    assert sequencer.imaged(7) == Verdict((commit(8),))
    assert sequencer.last == 8


def test_what_follows_is_applied_at_once(sequencer: Sequencer) -> None:
    assert sequencer.offer(commit(6, 8)) == Verdict((commit(6, 8),))
    assert sequencer.offer(commit(9)) == Verdict((commit(9),))
    assert sequencer.beat(9) == Verdict()


def test_what_is_known_is_not_applied_again(sequencer: Sequencer) -> None:
    sequencer.offer(commit(6))
    assert sequencer.offer(commit(6)) == Verdict()
    assert sequencer.offer(commit(4, 5)) == Verdict()


def test_a_hole_is_asked_about_once_and_what_comes_meanwhile_is_held(sequencer: Sequencer) -> None:
    assert sequencer.offer(commit(7)) == Verdict(ask=True)
    assert sequencer.offer(commit(8)) == Verdict()
    assert sequencer.beat(8) == Verdict()
    assert sequencer.last == 5
    assert sequencer.replayed([commit(6), commit(7)]) == Verdict((commit(6), commit(7), commit(8)))


def test_a_beat_tells_of_commits_that_never_came(sequencer: Sequencer) -> None:
    assert sequencer.beat(5) == Verdict()
    assert sequencer.beat(6) == Verdict(ask=True)
    # Nothing is held, so only an empty answer tells that this is all.
    assert sequencer.replayed([commit(6)]) == Verdict((commit(6),), ask=True)
    assert sequencer.replayed([]) == Verdict()
    assert sequencer.offer(commit(7)) == Verdict((commit(7),))


def test_a_replay_in_portions_is_asked_for_until_it_joins_up(sequencer: Sequencer) -> None:
    sequencer.offer(commit(9))
    assert sequencer.replayed([commit(6)]) == Verdict((commit(6),), ask=True)
    assert sequencer.replayed([commit(7), commit(8), commit(9)]) == Verdict((commit(7), commit(8), commit(9)), ask=True)
    assert sequencer.replayed([]) == Verdict()


def test_a_broker_that_came_back_is_asked_again(sequencer: Sequencer) -> None:
    sequencer.offer(commit(7))
    sequencer.wait()
    assert sequencer.registered() == Verdict(ask=True)
    assert sequencer.replayed([commit(6), commit(7)]).apply == (commit(6), commit(7))


def test_an_image_takes_the_place_of_what_the_journal_has_forgotten(sequencer: Sequencer) -> None:
    sequencer.offer(commit(90))
    assert sequencer.imaged(91) == Verdict()
    assert sequencer.last == 91


def test_a_broker_that_does_not_know_us_yet_is_asked_nothing(sequencer: Sequencer) -> None:
    sequencer.wait()
    assert sequencer.beat(9) == Verdict()
    assert sequencer.offer(commit(6)) == Verdict()
    assert sequencer.last == 5
    assert sequencer.registered() == Verdict(ask=True)
    assert sequencer.replayed([]).apply == (commit(6),)


def test_only_so_many_commits_are_held(sequencer: Sequencer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.sequencer, "HELD_COMMITS", 2)
    for seq in range(7, 12):
        sequencer.offer(commit(seq))
    assert [each.first_seq for each in sequencer.replayed([commit(6)]).apply] == [6, 7, 8]
    assert sequencer.offer(commit(12)) == Verdict(ask=True)


class Lossy(RuleBasedStateMachine):
    """A journal, and a worker behind a PUB socket that drops and a control socket that answers in its own time."""

    @initialize(known=st.integers(0, 3))
    def start(self, known: int) -> None:
        self.journal: list[Commit] = []
        self.forgotten = 0
        self.published: deque[Commit] = deque()
        self.questions: deque[int] = deque()
        self.applied: list[int] = []
        self.sequencer = Sequencer()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(workers.sequencer, "HELD_COMMITS", 3)
        for _ in range(known):
            self.commit(1, arrives=False)
        self.is_registered = False

    def teardown(self) -> None:
        if hasattr(self, "patch"):
            self.converge()
            self.patch.undo()

    @property
    def head(self) -> int:
        return self.journal[-1].last_seq if self.journal else 0

    @rule(length=st.integers(1, 3), arrives=st.booleans())
    def commit(self, length: int, arrives: bool) -> None:
        self.journal.append(commit(self.head + 1, self.head + length))
        if arrives:
            self.published.append(self.journal[-1])

    @precondition(lambda self: self.published)
    @rule()
    def publication_arrives(self) -> None:
        self.carry_out(self.sequencer.offer(self.published.popleft()))

    @precondition(lambda self: not self.published)
    @rule()
    def beat(self) -> None:
        # On the same socket as the commits, so it comes after them.
        self.carry_out(self.sequencer.beat(self.head))

    @precondition(lambda self: self.questions)
    @rule(portion=st.integers(1, 3))
    def answer(self, portion: int) -> None:
        since = self.questions.popleft()
        if since == self.head:
            self.carry_out(self.sequencer.replayed([]))
        elif since != NOTHING and since >= self.forgotten:
            missing = [each for each in self.journal if each.last_seq > since]
            self.carry_out(self.sequencer.replayed(missing[:portion]))
        else:
            self.applied = list(range(1, self.head + 1))
            self.carry_out(self.sequencer.imaged(self.head))

    @rule(kept=st.booleans())
    def broker_restarts(self, kept: bool) -> None:
        # What was asked of it is answered no more; what it had published may still arrive.
        if not kept:
            self.published.clear()
        self.questions.clear()
        self.sequencer.wait()
        self.is_registered = False

    @precondition(lambda self: not self.is_registered)
    @rule()
    def broker_registers(self) -> None:
        self.is_registered = True
        self.carry_out(self.sequencer.registered())

    @rule()
    def journal_forgets(self) -> None:
        self.forgotten = self.head

    @invariant()
    def applied_once_each_and_in_order(self) -> None:
        if hasattr(self, "applied"):
            assert self.applied == list(range(1, len(self.applied) + 1))
            assert self.sequencer.last == NOTHING or self.sequencer.last == len(self.applied)

    def carry_out(self, verdict: Verdict) -> None:
        self.applied += [seq for each in verdict.apply for seq in range(each.first_seq, each.last_seq + 1)]
        if verdict.ask:
            self.questions.append(self.sequencer.last)

    def converge(self) -> None:
        """All that is under way arrives, and one beat: then nothing is missing."""
        if not self.is_registered:
            self.broker_registers()
        for _ in range(2):
            while self.published:
                self.publication_arrives()
            self.beat()
            for _ in range(len(self.journal) + 10):
                if self.questions:
                    self.answer(portion=1)
            assert not self.questions
        assert self.applied == list(range(1, self.head + 1))
        self.commit(1, arrives=True)
        self.publication_arrives()
        assert self.applied[-1] == self.head


TestAnyLoss = Lossy.TestCase
TestAnyLoss.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
