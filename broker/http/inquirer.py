"""Questions to all workers, each with the answers that come in time."""

import asyncio
import os
from collections.abc import Callable
from heapq import nlargest
from http import HTTPStatus

from msgspec.structs import asdict

from broker.http.problems import ProblemError
from broker.http.standing import Standing
from broker.inquiries import (
    Answer,
    CloseTold,
    CloseWanted,
    Order,
    Question,
    SubscriberRow,
    SubscribersTold,
    SubscribersWanted,
)

PATIENCE_SECONDS = 2.0
"""A worker that is busy answers within some 10 ms; one that is frozen is not waited for."""


class Subscriber(SubscriberRow, frozen=True):
    """A subscriber as a worker sees it, and that worker's name."""

    worker: str


class Inquirer:
    """Asks, and gathers answers.

    Args:
        ask: sends a question.
        standing: tells how many workers there are.
    """

    def __init__(self, ask: Callable[[Question], None], standing: Standing) -> None:
        self._ask = ask
        self._standing = standing
        self._ticket = 0
        self._waiting: dict[int, asyncio.Queue[Answer]] = {}

    def take(self, answer: Answer) -> None:
        """A worker has answered; what comes too late is dropped."""
        if queue := self._waiting.get(answer.ticket):
            queue.put_nowait(answer)

    async def top(self, by: Order, limit: int) -> tuple[Subscriber, ...]:
        """The subscribers of all workers that answer with the most of something, the most first.

        Raises:
            ProblemError: if none answers.
        """
        wanted, answers = await self._answers(
            lambda broker, us, ticket: SubscribersWanted(broker, us, ticket, by, limit)
        )
        if wanted and not answers:
            raise _silence()
        rows = [
            Subscriber(**asdict(row), worker=answer.worker)
            for answer in answers
            if isinstance(answer, SubscribersTold)
            for row in answer.rows
        ]
        return tuple(nlargest(limit, rows, key=lambda row: int(getattr(row, by))))

    async def close(self, conn_id: int) -> bool:
        """Close one subscriber; whether there is such a one.

        Raises:
            ProblemError: if it may be with a worker that doesn't answer.
        """
        wanted, answers = await self._answers(
            lambda broker, us, ticket: CloseWanted(broker, us, ticket, conn_id), is_last=_found
        )
        if any(map(_found, answers)):
            return True
        if len(answers) < wanted:
            raise _silence()
        return False

    async def _answers(
        self, question: Callable[[int, int, int], Question], is_last: Callable[[Answer], bool] = lambda _: False
    ) -> tuple[int, list[Answer]]:
        """How many workers were asked, and one answer of each that answers in time.

        Args:
            question: made of incarnation, asker and ticket.
            is_last: tells whether no other answer matters after that one.
        """
        report = self._standing.report
        if report is None:
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "the broker has not reported yet", Retry_After="1")
        self._ticket += 1
        ticket = self._ticket
        queue = self._waiting[ticket] = asyncio.Queue()
        answers: list[Answer] = []
        try:
            self._ask(question(report.incarnation, os.getpid(), ticket))
            async with asyncio.timeout(PATIENCE_SECONDS):
                while len(answers) < len(report.workers) and not any(map(is_last, answers[-1:])):
                    answers.append(await queue.get())
        except TimeoutError:
            # Who was silent is not among the answers.
            pass
        finally:
            del self._waiting[ticket]
        return len(report.workers), answers


def _found(answer: Answer) -> bool:
    return isinstance(answer, CloseTold) and answer.found


def _silence() -> ProblemError:
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE, "a worker or the broker doesn't answer; try again", Retry_After="2"
    )
