"""More than a thousand prices in one millisecond, at every subscriber that reads."""

import asyncio
import secrets
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack

import pytest

from broker.messages import CHANNELS
from broker.recordings import merged
from service.derived import derive
from service.observed import last_word
from service.producing import answered, producer
from service.recorded import recording
from service.running import Service, running
from service.subscriber import Subscriber

PRICES = 1_000
SUBSCRIBERS_OF_EACH_KIND = 3


@pytest.fixture
def service() -> Iterator[Service]:
    with running() as service:
        yield service


@pytest.fixture(scope="module")
def burst() -> list[bytes]:
    """All that was observed in the recording's first millisecond."""
    recorded = list(merged([recording("betfair-soccer-2025-05-07")]))
    burst = [one.line.text for one in recorded if one.ts == recorded[0].ts]
    assert sum(b'"kind":"quote"' in line for line in burst) > PRICES
    return burst


@pytest.mark.parametrize("is_whole", [True, False], ids=["one batch", "a batch for each"])
def test_the_burst_arrives_whole_and_in_order(service: Service, burst: list[bytes], is_whole: bool) -> None:
    batches = [burst] if is_whole else [[line] for line in burst]
    expected = derive([*batches, last_word()])
    prices = [event for event in expected if event.startswith('{"type":"price_change"')]
    assert len(prices) > PRICES

    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            kinds = [(channel, worker) for channel in CHANNELS for worker in service.workers]
            subscribers = [
                await stack.enter_async_context(await Subscriber.join_at(service, channel, worker))
                for channel, worker in kinds * SUBSCRIBERS_OF_EACH_KIND
            ]
            send_at_once(service, batches)
            service.send(last_word())
            for subscriber in subscribers:
                await subscriber.until_last()
                whole = subscriber.channel == "odds"
                assert subscriber.events == (expected if whole else [one for one in expected if one not in prices])

    asyncio.run(scenario())


def send_at_once(service: Service, batches: Sequence[Sequence[bytes]]) -> None:
    """Send all before the first answer is awaited."""
    with producer(service.endpoint) as socket:
        ids = [secrets.token_bytes(16) for _ in batches]
        for batch_id, batch in zip(ids, batches, strict=True):
            socket.send_multipart([batch_id, b"\n".join(batch)])
        assert [answered(socket.recv_multipart()).batch_id for _ in batches] == ids
