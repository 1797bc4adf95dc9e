"""PUB past its high-water mark, for real: a frozen worker misses commits and takes them out of the journal."""

import asyncio
import os
import signal
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from broker.bus import PUB_HIGH_WATER_MARK_MESSAGES
from service.observed import encode, game, last_word, quote
from service.producing import exchange, producer
from service.running import Service, running
from service.subscriber import Subscriber, begin
from service.truth import Truth

GAME = "a-game"
KERNEL_AND_SUB_MESSAGES = 2_500
"""What the socket's buffers and SUB's own queue of 1,000 take beyond PUB's mark, with some to spare."""
COMMITS_AFTER = 1_500
prices = count(100)


@pytest.fixture
def service() -> Iterator[Service]:
    with running() as service:
        yield service


def test_a_frozen_workers_subscribers_get_every_event_once_and_in_order(service: Service) -> None:
    async def scenario() -> None:
        service.send([encode(game(GAME))])
        frozen, other = service.workers
        behind = await Subscriber.join_at(service, "odds", frozen)
        ahead = await Subscriber.join_at(service, "odds", other)
        await begin(service, behind, ahead)
        os.kill(frozen, signal.SIGSTOP)
        commits = PUB_HIGH_WATER_MARK_MESSAGES + KERNEL_AND_SUB_MESSAGES
        await asyncio.to_thread(_send, service, commits)
        assert not replays(service)
        os.kill(frozen, signal.SIGCONT)
        # While the queue drains some of these are still dropped and later ones are not: a hole in the middle.
        await asyncio.to_thread(_send, service, COMMITS_AFTER)
        service.send(last_word())
        for subscriber in (behind, ahead):
            await subscriber.until_last()
        emitted = Truth.read(service.data_dir).events("odds")
        assert behind.events == ahead.events == emitted[-len(behind.events) :]
        assert len(behind.events) == commits + COMMITS_AFTER + 1
        # Out of the journal, and not as a fresh picture: each worker took one when it started, and none since.
        assert len(service.logged("image taken over")) == len(service.workers)
        assert sum(replay["commits"] for replay in replays(service)) > 0
        assert {replay["process"] for replay in replays(service)} == {"worker-1"}
        await behind.leave()
        await ahead.leave()

    asyncio.run(scenario())


def replays(service: Service) -> list[dict[str, Any]]:
    """What workers took out of the journal."""
    return [line for line in service.logged("replayed") if line["commits"]]


def _send(service: Service, commits: int) -> None:
    """Send one-observation batches one after the other: batches that arrive together make one commit."""
    with producer(service.endpoint) as socket:
        for _ in range(commits):
            exchange(socket, encode(quote(GAME, float(next(prices)))))
