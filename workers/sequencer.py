"""Puts commits in order, and finds out when one is missing. Pure.

PUB drops silently past its high-water mark, and a broker may die between its commit and its publish. Both look the
same here, a hole in the sequence, and one mechanism closes it: ask for what follows the last number applied. Until
the answer is in, what arrives is held.
"""

from collections.abc import Iterable

from msgspec import Struct

from broker.messages import Commit

HELD_COMMITS = 1_000
"""Commits held while an answer is awaited; those beyond are let go, for the next answer brings them."""
NOTHING = -1
"""The last sequence number of a worker that knows nothing yet."""


class Verdict(Struct, frozen=True):
    """What to do: apply these commits in order, and then, if `ask`, ask for what follows the last one."""

    apply: tuple[Commit, ...] = ()
    ask: bool = False


class Sequencer:
    """The order of one worker's commits."""

    def __init__(self) -> None:
        self.last = NOTHING
        # As if asked already: until a broker has registered us, there is nobody to ask.
        self._asked = True
        self._held: list[Commit] = []

    def wait(self) -> None:
        """Another broker has come: what was asked of the one before is lost, and this one doesn't know us yet."""
        self._asked = True

    def registered(self) -> Verdict:
        """It knows us now: ask."""
        return Verdict(ask=True)

    def offer(self, commit: Commit) -> Verdict:
        """A commit was published."""
        if commit.last_seq <= self.last:
            return Verdict()
        if self._asked:
            if len(self._held) < HELD_COMMITS:
                self._held.append(commit)
            return Verdict()
        if commit.first_seq == self.last + 1:
            self.last = commit.last_seq
            return Verdict((commit,))
        self._asked = True
        self._held = [commit]
        return Verdict(ask=True)

    def beat(self, head_seq: int) -> Verdict:
        """The broker's head: another one than ours means that the last commits never came."""
        if self._asked or head_seq == self.last:
            return Verdict()
        self._asked = True
        return Verdict(ask=True)

    def replayed(self, commits: Iterable[Commit]) -> Verdict:
        """The journal's answer; empty if there is nothing that follows."""
        applied = [commit for commit in commits if self._follows(commit)]
        held, self._held = self._held, []
        applied += [commit for commit in held if self._follows(commit)]
        # Done when what was held has joined up; with nothing held, when the journal had no more.
        self._asked = held[-1].last_seq > self.last if held else bool(applied)
        return Verdict(tuple(applied), self._asked)

    def imaged(self, seq: int) -> Verdict:
        """A whole image came instead: everything up to `seq` is in it."""
        self.last = seq
        return self.replayed(())

    def _follows(self, commit: Commit) -> bool:
        if commit.first_seq != self.last + 1:
            return False
        self.last = commit.last_seq
        return True
