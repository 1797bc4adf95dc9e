"""PUB past its high-water mark, for real: a frozen worker misses commits and takes them out of the journal."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from broker.bus import PUB_HIGH_WATER_MARK_MESSAGES
from service.observed import encode, game, last_word, quote
from service.producing import exchange, producer
from service.running import Service, running
from service.subscriber import Subscriber, begin
from service.truth import Truth

pytestmark = pytest.mark.alone

GAME = "a-game"
MARK_MESSAGES = 200
"""Instead of 2,000: to send those, one commit each, a worker might have to be frozen for longer than it may."""
KERNEL_MESSAGES = 300
"""What the socket's buffers take beyond PUB's mark, with some to spare."""
LONG = "x" * 4_096
"""An outcome, so that it takes only so many."""
COMMITS_AFTER = 1_000
prices = count(100)


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    assert PUB_HIGH_WATER_MARK_MESSAGES > MARK_MESSAGES
    # Every Python that starts runs this first (the module `site`), and so does the broker.
    shrinks = f"import broker.bus\n\nbroker.bus.PUB_HIGH_WATER_MARK_MESSAGES = {MARK_MESSAGES}\n"
    (tmp_path / "sitecustomize.py").write_text(shrinks)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
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
        commits = MARK_MESSAGES + KERNEL_MESSAGES
        await asyncio.to_thread(_send, service, commits)
        assert not replays(service)
        os.kill(frozen, signal.SIGCONT)
        thawed = time.monotonic()
        # While the queue drains some of these are still dropped and later ones are not: a hole in the middle.
        await asyncio.to_thread(_send, service, COMMITS_AFTER)
        service.send(last_word())
        for subscriber in (behind, ahead):
            await subscriber.until_last()
        seconds = time.monotonic() - thawed
        emitted = Truth.read(service.data_dir).events("odds")
        assert behind.events == ahead.events == emitted[-len(behind.events) :]
        assert len(behind.events) == commits + COMMITS_AFTER + 1
        # Out of the journal, and not as a fresh picture: each worker took one when it started, and none since.
        assert len(service.logged("image taken over")) == len(service.workers)
        assert sum(replay["commits"] for replay in replays(service)) > 0
        assert {replay["process"] for replay in replays(service)} == {"worker-1"}
        print(f"{commits} commits behind, {COMMITS_AFTER} more while it caught up: up to date after {seconds:.2f} s")
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
            exchange(socket, encode(quote(GAME, float(next(prices)), LONG)))
