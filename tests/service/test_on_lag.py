"""What a subscriber is told once it has lost events: what it asked for with on_lag, and nothing else."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from service.census import send_queues, why_impossible
from service.observed import encode, game, last_word, quote
from service.processes import resident_bytes
from service.recorded import in_batches
from service.running import Service, running
from service.subscriber import Subscriber, begin

QUEUE_EVENTS = 256
SENT = 6_000
"""About 1.2 MB, several times what lies on the way to a client with a small receive buffer."""
RECEIVE_BUFFER_BYTES = 4096
FROZEN_SECONDS = 2.5
"""Time in which its socket takes nothing, after which a client counts as frozen: about one second is the rule."""
BATCH = 256
GAME = "a-game"
FILLING = 40_000
"""Events after which a worker's log has its full length and grows no more."""
NEVER_READING = 200
LIMIT_BYTES = 256 * 1024
"""What one client that never reads may cost the server, kernel and worker together."""


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    with running(workers=1, tls=request.param) as service:
        yield service


def test_each_is_told_what_it_asked_for(service: Service) -> None:
    asyncio.run(_three_modes(service))


async def _three_modes(service: Service) -> None:
    service.send([encode(game(GAME))])
    notified, resynced, closed = [
        await Subscriber.join(service, "odds", receive_buffer=RECEIVE_BUFFER_BYTES, on_lag=on_lag)
        for on_lag in ("notify", "resync", "close")
    ]
    async with await Subscriber.join(service, "odds") as healthy:
        await begin(service, notified, resynced, closed, healthy)
        for frozen in (notified, resynced, closed):
            frozen.stop_reading()
        lines = [encode(quote(GAME, 100.0 + number)) for number in range(SENT)]
        await asyncio.to_thread(_send, service, lines)
        # Lost with the rest, but in the snapshot that follows.
        service.send([encode(game(GAME, score_home=7))])
        await asyncio.to_thread(_send, service, [encode(quote(GAME, -100.0 - number)) for number in range(SENT)])
        await healthy.until(lambda: len(healthy.events) == 2 * SENT + 1, "up to date")
        await asyncio.sleep(FROZEN_SECONDS)
        for frozen in (notified, resynced, closed):
            frozen.read_on()
        await notified.until(lambda: notified.events[-1:] == healthy.events[-1:], "up to date again")
        await resynced.until(lambda: any(map(_is_snapshot, resynced.events[-1:])), "shown a fresh snapshot")
        code, reason = await closed.until_closed()
        service.send(last_word())
        for subscriber in (notified, resynced, healthy):
            await subscriber.until_last()
        _check_notified(notified.events, healthy.events)
        _check_resynced(resynced.events, healthy.events)
        assert (code, reason) == (1013, f"lagged: {2 * SENT + 1 - len(closed.events) - QUEUE_EVENTS} events dropped")
        assert closed.events == healthy.events[: len(closed.events)]
        await notified.leave()
        await resynced.leave()


def _is_snapshot(frame: str) -> bool:
    return frame.startswith('{"type":"snapshot"')


def _check_notified(received: list[str], emitted: list[str]) -> None:
    before, notice, after = _parted(received)
    assert notice["dropped"] == len(emitted) - len(before) - len(after)
    assert before == emitted[: len(before)]
    assert after == emitted[-len(after) :]
    assert len(after) == QUEUE_EVENTS + 1


def _check_resynced(received: list[str], emitted: list[str]) -> None:
    before, notice, after = _parted(received)
    snapshot = json.loads(after[0])
    assert before == emitted[: len(before)]
    assert notice["dropped"] == len(emitted) - 1 - len(before)
    assert (snapshot["type"], snapshot["channel"], snapshot["count"]) == ("snapshot", "odds", 1)
    assert snapshot["games"][0]["scores"]["score_home"] == 7
    assert after[1:] == emitted[-1:]


def _parted(received: list[str]) -> tuple[list[str], dict[str, Any], list[str]]:
    """What came before the one `lagged`, that, and what came after it."""
    (place,) = [number for number, frame in enumerate(received) if frame.startswith('{"type":"lagged"')]
    return received[:place], json.loads(received[place]), received[place + 1 :]


@pytest.mark.skipif(why_impossible() is not None, reason=why_impossible() or "")
def test_a_client_that_never_reads_costs_at_most_a_quarter_of_a_megabyte(service: Service) -> None:
    asyncio.run(_never_reading(service))


async def _never_reading(service: Service) -> None:
    (worker,) = service.workers
    service.send([encode(game(GAME))])
    await asyncio.to_thread(_send, service, [encode(quote(GAME, 100.0 + number)) for number in range(FILLING)])
    frozen = [await Subscriber.join(service, "odds", receive_buffer=RECEIVE_BUFFER_BYTES) for _ in range(NEVER_READING)]
    for subscriber in frozen:
        subscriber.stop_reading()
    async with await Subscriber.join(service, "odds") as healthy:
        await begin(service, healthy)
        before = resident_bytes(worker)
        await asyncio.to_thread(_send, service, [encode(quote(GAME, -100.0 - number)) for number in range(FILLING)])
        await healthy.until(lambda: len(healthy.events) == FILLING, "up to date")
        in_worker = (resident_bytes(worker) - before) / NEVER_READING
        in_kernel = max(send_queues(service.port))
        assert in_kernel > 0
        assert in_worker + in_kernel <= LIMIT_BYTES
    for subscriber in frozen:
        subscriber.connection.transport.abort()


def _send(service: Service, lines: list[bytes]) -> None:
    for batch in in_batches(lines, BATCH):
        service.send(batch)
