"""Recorded games through two workers, to subscribers that join all along, also when the broker is killed."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack

import pytest

from broker.messages import CHANNELS
from service.derived import derive
from service.fold import fold, known_fields
from service.observed import last_word
from service.recorded import in_batches, with_pulls
from service.running import Service, running
from service.subscriber import Subscriber
from service.truth import Truth, final_games, snapshot_text

BATCH_LINES = 32
JOINERS_OF_EACH_KIND = 3
"""Of each channel at each worker: 12 in all."""

Batches = Sequence[Sequence[bytes]]


@pytest.fixture
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    """One for each replay: the journal then holds this replay alone."""
    with running(tls=getattr(request, "param", False)) as service:
        yield service


@pytest.mark.parametrize(
    ("name", "service"),
    [("nfl-2025-10-12", False), ("nfl-2025-10-12", True), ("cricket-ned-png-2022-07-11", False)],
    indirect=["service"],
    ids=["nfl", "nfl-tls", "cricket"],
)
def test_every_joiner_of_a_replay_gets_the_exact_tail(service: Service, name: str) -> None:
    batches = in_batches(with_pulls(name), BATCH_LINES)
    asyncio.run(_replay(service, batches, kill_broker=False))


def test_a_killed_broker_loses_nothing_and_repeats_nothing(service: Service) -> None:
    batches = in_batches(with_pulls("nfl-2025-10-12"), BATCH_LINES)
    asyncio.run(_replay(service, batches, kill_broker=True))
    assert len(service.pids("broker")) > 1


async def _replay(service: Service, batches: Batches, *, kill_broker: bool) -> None:
    kinds = [(channel, worker) for channel in CHANNELS for worker in service.workers] * JOINERS_OF_EACH_KIND
    parts = in_parts(batches, len(kinds) + 1)
    events = 0
    async with AsyncExitStack() as stack:
        joiners: list[Subscriber] = []
        for number, part in enumerate(parts):
            joins = kinds[number : number + 1]
            # The observations flow on while the next one joins.
            sending = asyncio.create_task(asyncio.to_thread(_send, service, part))
            if kill_broker and number == len(kinds) // 2:
                await asyncio.to_thread(service.kill, "broker")
            for channel, worker in joins:
                joiners.append(await stack.enter_async_context(await Subscriber.join_at(service, channel, worker)))
            events += await sending
        events += service.send(last_word()).events
        for joiner in joiners:
            await joiner.until_last()
        assert all(joiner.is_open for joiner in joiners)
    truth = Truth.read(service.data_dir)
    assert truth.has_no_hole
    assert truth.events("odds") == derive([*batches, last_word()])
    # What was acknowledged is there, once.
    assert len(truth.events("odds")) == events
    new_games = Counter(event for event in truth.events("odds") if event.startswith('{"type":"new_game"'))
    assert set(new_games.values()) == {1}
    for joiner in joiners:
        _check(joiner, service, truth)
    # On a busy machine two that join one after the other may find the same place.
    assert len({len(joiner.events) for joiner in joiners if joiner.channel == "odds"}) >= JOINERS_OF_EACH_KIND
    assert len({joiner.welcome["conn_id"] for joiner in joiners}) == len(joiners)


def in_parts(batches: Batches, count: int) -> list[Batches]:
    """Cut into about equal parts."""
    size = -(-len(batches) // count)
    return [batches[start : start + size] for start in range(0, len(batches), size)]


def _send(service: Service, batches: Batches) -> int:
    receipts = [service.send(batch) for batch in batches]
    assert not any(receipt.rejected for receipt in receipts)
    return sum(receipt.events for receipt in receipts)


def _check(joiner: Subscriber, service: Service, truth: Truth) -> None:
    emitted = truth.events(joiner.channel)
    joined_at = len(emitted) - len(joiner.events)
    assert joiner.events == emitted[joined_at:]
    assert list(joiner.welcome) == ["type", "channel", "conn_id", "message"]
    ts = json.loads(joiner.snapshot)["ts"]
    # Changes without an event lie between: one of the images at this place in the sequence must be it.
    images = [point.image for point in truth.join_points() if point.counts[joiner.channel] == joined_at]
    assert joiner.snapshot in [snapshot_text(joiner.channel, ts, image) for image in images]
    games = final_games(service.data_dir)
    folded = fold(joiner.snapshot, joiner.events)
    for game_id, known in folded.items():
        final = known_fields(games[game_id])
        assert known == {name: final[name] for name in known}
    assert {game_id for game_id, game in games.items() if game["scores"]["is_live"]} <= folded.keys()
