"""Four hours of poll answers, mostly unchanged: only the changes come out."""

import asyncio
from collections.abc import Sequence

import pytest

from broker.observations import parse
from broker.publisher import Publisher
from broker.recordings import Recorded, merged
from broker.state import State
from service.derived import derive
from service.observed import last_word
from service.recorded import in_batches, recording
from service.running import Service
from service.subscriber import Subscriber, begin
from service.truth import unframed

NAME = "baseball-wnba-2026-08-03"
POLL_ANSWERS = 85_108
PRICE_CHANGES = 20_001
BATCH_LINES = 1024

Batches = list[list[bytes]]


class Day:
    """The recording, cut at the poll answers' window.

    Args:
        before: what was observed before it, in batches.
        polls: every poll answer in it, in batches.
        expected: the events that the main recording's own quotes in it make.
    """

    def __init__(self) -> None:
        polls = list(merged([recording(f"{NAME}.allobs")]))
        main = list(merged([recording(NAME)]))
        first, last = polls[0].ts, polls[-1].ts
        self.before = in_batches(texts([one for one in main if one.ts < first]), BATCH_LINES)
        self.polls = in_batches(texts(polls), BATCH_LINES)
        window = texts([one for one in main if first <= one.ts <= last and b'"kind":"quote"' in one.line.text])
        self.expected = derive([*self.before, window])[len(derive(self.before)) :]


def texts(recorded: Sequence[Recorded]) -> list[bytes]:
    return [one.line.text for one in recorded]


@pytest.fixture(scope="module")
def day() -> Day:
    day = Day()
    assert sum(map(len, day.polls)) == POLL_ANSWERS
    assert len(day.expected) == PRICE_CHANGES
    return day


def test_the_state_alone_makes_exactly_the_recorded_changes(day: Day) -> None:
    state, publisher = State(), Publisher(0)

    def emitted(batches: Batches) -> list[str]:
        effects = [effect for batch in batches for effect in state.take(list(parse(b"\n".join(batch))), 0).effects]
        return [unframed(frame) for entry in publisher.commit(effects).entries for frame in entry.frames]

    emitted(day.before)
    assert emitted(day.polls) == day.expected


def test_a_subscriber_gets_exactly_the_recorded_changes(service: Service, day: Day) -> None:
    async def scenario() -> None:
        for batch in day.before:
            service.send(batch)
        async with await Subscriber.join(service, "odds") as subscriber:
            await begin(service, subscriber)
            receipts = await asyncio.to_thread(lambda: [service.send(batch) for batch in day.polls])
            service.send(last_word())
            await subscriber.until_last()
            assert subscriber.events[:-1] == day.expected
            assert sum(receipt.accepted for receipt in receipts) == POLL_ANSWERS
            assert sum(receipt.events for receipt in receipts) == PRICE_CHANGES

    asyncio.run(scenario())
