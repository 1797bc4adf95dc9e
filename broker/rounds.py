"""One question to many workers at once, and who has yet to answer it. Pure.

A worker's answer comes behind all that it has said before, and knows of all that it was told before. So each question
has a number, and only the answer to the last one that a worker was asked counts. A round is over when all have
answered, or when its time is: who hasn't answered by then is *late*, and isn't waited for again before it speaks.

`W` is whatever names a worker.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

from msgspec import Struct

W = TypeVar("W", bound=Hashable)

ROUND_SECONDS = 0.25
"""Time for all to answer: one that reads its messages needs some ms, and a handshake waits for it."""


class Begun(Struct, frozen=True):
    """A round has begun: end the one of that number once its time is over."""

    number: int


class Late(Struct, Generic[W], frozen=True):
    """This worker hasn't answered in time: what it holds can't be had for now."""

    worker: W


class Round(Generic[W]):
    """The current round, or the last one, of questions that are asked again and again."""

    def __init__(self) -> None:
        self._number = 0
        self._last_question = 0
        self._awaited: dict[W, int] = {}
        self._late: set[W] = set()

    @property
    def is_over(self) -> bool:
        """Whether nobody's answer is awaited."""
        return not self._awaited

    def begin(self) -> Begun:
        """Begin the next round, with nobody asked yet."""
        self._number += 1
        return Begun(self._number)

    def ask(self, worker: W) -> int:
        """Ask a worker, in place of what it was asked before.

        Returns:
            The question's number.
        """
        self._last_question += 1
        self._awaited[worker] = self._last_question
        return self._last_question

    def answered(self, worker: W, question: int) -> None:
        """A worker has answered the question of that number."""
        if self._awaited.get(worker) == question:
            del self._awaited[worker]

    def is_late(self, worker: W) -> bool:
        """Whether a worker didn't answer in time and hasn't spoken since."""
        return worker in self._late

    def heard(self, worker: W) -> bool:
        """A worker has spoken, whatever it said.

        Returns:
            Whether it was late until now: then the current round has yet to ask it.
        """
        if worker not in self._late:
            return False
        self._late.remove(worker)
        return True

    def gone(self, worker: W) -> None:
        """A worker has ended."""
        self._awaited.pop(worker, None)
        self._late.discard(worker)

    def end(self, number: int) -> list[Late[W]]:
        """The time of the round of that number is over.

        Returns:
            Who is late, if that round was still going on.
        """
        if number != self._number:
            return []
        late = [Late(worker) for worker in self._awaited]
        self._late.update(self._awaited)
        self._awaited.clear()
        return late
