"""Questions to all workers."""

import asyncio
from collections.abc import Callable

import pytest
from reported import counts_of, report

from broker.http import inquirer
from broker.http.inquirer import Inquirer
from broker.http.problems import ProblemError
from broker.http.standing import Standing
from broker.inquiries import Answer, CloseTold, CloseWanted, Question, SubscriberRow, SubscribersTold, SubscribersWanted


def row(conn_id: int, lag: int = 0, sent: int = 0) -> SubscriberRow:
    return SubscriberRow(conn_id, "odds", "k1", "10.0.0.7", "drop", 1_000, lag, 0, sent, False)


class Workers:
    """Two workers that answer as they are told to."""

    def __init__(self, answer: Callable[[Question], list[Answer]]) -> None:
        standing = Standing(5, 0.0)
        standing.take(report(counts_of(1), counts_of(2), incarnation=7), 0.0)
        self.asked: list[Question] = []
        self._answer = answer
        self.inquirer = Inquirer(self._ask, standing)

    def _ask(self, question: Question) -> None:
        self.asked.append(question)
        for answer in self._answer(question):
            self.inquirer.take(answer)


def subscribers(question: Question) -> list[Answer]:
    assert isinstance(question, SubscribersWanted)
    who = (question.incarnation, question.asker, question.ticket)
    return [
        SubscribersTold(*who, "worker-1", (row(1, lag=5), row(2, lag=1))),
        SubscribersTold(*who, "worker-2", (row(3, lag=3),)),
    ]


def test_the_top_of_all_workers_is_found() -> None:
    workers = Workers(subscribers)
    top = asyncio.run(workers.inquirer.top("lag", 2))
    assert [(each.conn_id, each.worker) for each in top] == [(1, "worker-1"), (3, "worker-2")]
    (question,) = workers.asked
    assert (question.incarnation, question.ticket) == (7, 1)


@pytest.mark.parametrize("found", [True, False])
def test_a_close_tells_whether_anybody_had_it(found: bool) -> None:
    def closing(question: Question) -> list[Answer]:
        assert isinstance(question, CloseWanted)
        who = (question.incarnation, question.asker, question.ticket)
        return [CloseTold(*who, found=False), CloseTold(*who, found=found)]

    assert asyncio.run(Workers(closing).inquirer.close(12)) is found


def test_who_is_silent_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inquirer, "PATIENCE_SECONDS", 0.01)
    workers = Workers(lambda question: subscribers(question)[:1])
    assert [each.conn_id for each in asyncio.run(workers.inquirer.top("lag", 5))] == [1, 2]


def test_an_answer_to_a_question_of_before_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inquirer, "PATIENCE_SECONDS", 0.01)
    workers = Workers(lambda _question: [CloseTold(7, 1, 99, found=True)])
    with pytest.raises(ProblemError, match="doesn't answer"):
        asyncio.run(workers.inquirer.close(12))


def test_when_all_are_silent_nobody_is_said_to_be_connected_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inquirer, "PATIENCE_SECONDS", 0.01)
    with pytest.raises(ProblemError, match="doesn't answer"):
        asyncio.run(Workers(lambda _question: []).inquirer.top("lag", 5))


def test_after_one_has_closed_it_the_others_are_not_waited_for() -> None:
    def closing(question: Question) -> list[Answer]:
        return [CloseTold(question.incarnation, question.asker, question.ticket, found=True)]

    assert asyncio.run(Workers(closing).inquirer.close(12))


def test_before_the_broker_has_reported_nobody_can_be_asked() -> None:
    with pytest.raises(ProblemError, match="not reported"):
        asyncio.run(Inquirer(lambda _question: None, Standing(5, 0.0)).close(1))
