"""A subscriber that stops reading loses the oldest events and no others, and nobody else loses any."""

import asyncio
from collections.abc import Iterator

import pytest

from service.observed import encode, game, last_word, quote
from service.recorded import in_batches
from service.running import Service, running
from service.subscriber import Subscriber, begin

pytestmark = pytest.mark.alone

QUEUE_EVENTS = 256
SENT = 40_000
"""About 8 MB: more than the kernel buffers for a client that doesn't read, and the stream keeps for one that does."""
RECEIVE_BUFFER_BYTES = 4096
FROZEN_SECONDS = 2.5
"""Time in which its socket takes nothing, after which a client counts as frozen: about one second is the rule."""


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "tls"])
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    with running(tls=request.param) as service:
        yield service


@pytest.mark.parametrize("pause_seconds", [0.0, FROZEN_SECONDS], ids=["slow", "frozen"])
def test_who_stops_reading_gets_the_newest_events_in_order_and_nobody_else_loses_any(
    service: Service, pause_seconds: float
) -> None:
    game_id = f"game-of-{pause_seconds}"
    lines = [encode(quote(game_id, 100.0 + number)) for number in range(SENT)]

    async def scenario() -> None:
        service.send([encode(game(game_id))])
        async with (
            await Subscriber.join(service, "odds", receive_buffer=RECEIVE_BUFFER_BYTES) as slow,
            await Subscriber.join_at(service, "odds", slow.worker(service)) as neighbour,
        ):
            await begin(service, slow, neighbour)
            slow.stop_reading()
            await asyncio.to_thread(lambda: [service.send(batch) for batch in in_batches(lines, QUEUE_EVENTS)])
            await neighbour.until(lambda: len(neighbour.events) == SENT, "up to date")
            await asyncio.sleep(pause_seconds)
            slow.read_on()
            await slow.until(lambda: slow.events[-1:] == neighbour.events[-1:], "up to date again")
            service.send(last_word(f"last-of-{game_id}"))
            for subscriber in (slow, neighbour):
                await subscriber.until_last(f"last-of-{game_id}")
            assert len(neighbour.events) == SENT + 1
            received = slow.events
            before = common_length(received, neighbour.events)
            newest = len(received) - before
            assert received == neighbour.events[:before] + neighbour.events[-newest:]
            assert 0 < before < SENT - QUEUE_EVENTS
            assert newest - 1 == QUEUE_EVENTS if pause_seconds else newest - 1 >= QUEUE_EVENTS

    asyncio.run(scenario())


def common_length(left: list[str], right: list[str]) -> int:
    """How many events two sequences have in common before they part."""
    return next(number for number, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1])
