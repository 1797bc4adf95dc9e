"""The broker's answers to the HTTP process."""

from collections.abc import Callable, Sequence

import pytest
from builders import NOW_MS, game, pull, quote, seen
from msgspec import json

from broker.clerk import Clerk
from broker.inquiries import CloseTold, CloseWanted, StateWanted, SubscribersTold, SubscribersWanted
from broker.messages import encode
from broker.observations import Observation
from broker.reports import GameRow, PriceRow, StateChange, StateImage
from broker.state import State

INCARNATION = 3
WORKERS = (11, 12)
ASKER = 99


class Counter:
    """A clerk with a state, and what it posted and sent."""

    def __init__(self) -> None:
        self.state = State()
        self.seq = 0
        self.posted: list[StateChange] = []
        self.sent: list[tuple[int, object]] = []
        self.timers: list[Callable[[], object]] = []
        self.clerk = Clerk(
            INCARNATION,
            self.state,
            lambda: self.seq,
            lambda: WORKERS,
            self.posted.append,
            lambda process, message: self.sent.append((process, message)),
            lambda _seconds, call: self.timers.append(call),
        )

    def take(self, observations: Sequence[Observation]) -> None:
        self.seq += self.state.take(observations, NOW_MS).events
        changes = self.state.changes()
        self.state.accept()
        self.clerk.changed(changes)

    def pass_time(self) -> None:
        """Call what is due."""
        timers, self.timers = self.timers, []
        for call in timers:
            call()


@pytest.fixture
def counter() -> Counter:
    return Counter()


def price_row(price: float | None, points: float | None = None) -> PriceRow:
    return PriceRow("g1", "moneyline", "BetMGM", "Broncos", points, price, None)


def test_a_change_is_posted_with_its_number_and_the_sequence(counter: Counter) -> None:
    counter.take([seen(game()), quote(-110.0)])
    counter.pass_time()
    counter.take([quote(-120.0)])
    counter.pass_time()
    assert counter.posted == [
        StateChange(INCARNATION, 1, 2, (GameRow("g1", json.encode(game())),), (price_row(-110.0),)),
        StateChange(INCARNATION, 2, 3, (), (price_row(-120.0),)),
    ]


def test_a_price_that_is_pulled_is_posted_as_none(counter: Counter) -> None:
    counter.take([seen(game()), quote(-110.0)])
    counter.take([pull()])
    counter.pass_time()
    assert counter.posted[-1] == StateChange(
        INCARNATION, 1, 2, (GameRow("g1", json.encode(game())),), (price_row(None),)
    )


def test_commits_in_a_row_are_posted_as_one_change_with_what_is_so_in_the_end(counter: Counter) -> None:
    counter.take([seen(game()), quote(-110.0)])
    counter.take([quote(-120.0)])
    counter.take([quote(-130.0)])
    assert not counter.posted
    counter.pass_time()
    row = GameRow("g1", json.encode(game()))
    assert counter.posted == [StateChange(INCARNATION, 1, 4, (row,), (price_row(-130.0),))]
    counter.pass_time()
    assert len(counter.posted) == 1


def test_what_is_gathered_goes_ahead_of_the_whole_state(counter: Counter) -> None:
    counter.take([seen(game())])
    counter.clerk.handle(ASKER, StateWanted(INCARNATION))
    assert [change.number for change in counter.posted] == [1]
    ((_, image),) = counter.sent
    assert isinstance(image, StateImage)
    assert (image.number, image.seq) == (1, 1)
    counter.pass_time()
    assert len(counter.posted) == 1


def test_who_asks_gets_the_whole_state(counter: Counter) -> None:
    counter.take([seen(game()), quote(-110.0), quote(100.0, points=1.5)])
    counter.clerk.handle(ASKER, StateWanted(INCARNATION))
    rows = (price_row(-110.0), price_row(100.0, 1.5))
    assert counter.sent == [(ASKER, StateImage(INCARNATION, 1, 3, (GameRow("g1", json.encode(game())),), rows))]


def test_a_question_goes_to_every_worker_and_its_answers_to_who_asked(counter: Counter) -> None:
    for question in (SubscribersWanted(INCARNATION, ASKER, 1, "lag", 5), CloseWanted(INCARNATION, ASKER, 2, 7)):
        counter.sent.clear()
        counter.clerk.handle(ASKER, question)
        assert counter.sent == [(worker, question) for worker in WORKERS]
    for answer in (SubscribersTold(INCARNATION, ASKER, 1, "worker-1", ()), CloseTold(INCARNATION, ASKER, 2, True)):
        counter.sent.clear()
        counter.clerk.handle(WORKERS[0], answer)
        assert counter.sent == [(ASKER, answer)]


def test_what_was_meant_for_a_broker_before_is_dropped(counter: Counter) -> None:
    counter.clerk.handle(ASKER, StateWanted(INCARNATION - 1))
    assert not counter.sent


def test_a_number_of_any_size_can_be_posted(counter: Counter) -> None:
    counter.take([seen(game(home=2**70))])
    counter.pass_time()
    (change,) = counter.posted
    assert encode(change)
