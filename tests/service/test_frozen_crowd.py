"""Two thousand that never read cost bounded memory, and those who read beside them on the same worker nothing."""

import asyncio
from collections.abc import Iterator
from statistics import quantiles

import pytest

from service.census import send_queues, why_impossible
from service.feeding import Feed, feeding
from service.herd import Herd, herd
from service.observed import LAST_GAME, last_word
from service.processes import resident_bytes
from service.running import Service, running
from service.timed import join_timed
from service.truth import Truth
from service.waiting import eventually

pytestmark = pytest.mark.alone

FROZEN = 2_000
READERS = 50
EVENTS_PER_SECOND = 300
MEASURED_EVENTS = 1_500
FILLING_EVENTS = 3_000
"""About 700 KB, several times what lies on the way to a client with a small receive buffer."""
RECEIVE_BUFFER_BYTES = 4096
WORKER_LIMIT_BYTES = 64 * 1024
"""What one of them may cost the worker: what was left of the write that filled its socket, and its place."""
LIMIT_BYTES = 256 * 1024
"""What one of them may cost worker and kernel together."""
FEED_SECONDS = 60.0


@pytest.fixture
def service() -> Iterator[Service]:
    with running(workers=1) as service:
        yield service


@pytest.mark.skipif(why_impossible() is not None, reason=why_impossible() or "")
def test_two_thousand_frozen_clients_cost_bounded_memory_and_no_reader_an_event(service: Service) -> None:
    with herd(service, "odds", receive_buffer=RECEIVE_BUFFER_BYTES) as frozen:
        asyncio.run(_beside(service, frozen))


async def _beside(service: Service, frozen: Herd) -> None:
    (worker,) = service.workers
    readers = [await join_timed(service) for _ in range(READERS)]
    with feeding(service, EVENTS_PER_SECOND) as feed:
        await _until_sent(feed, MEASURED_EVENTS)
        alone, before = feed.acknowledged, resident_bytes(worker)
        report = await asyncio.to_thread(frozen.do, come=range(FROZEN))
        assert len(report.admitted) == FROZEN
        await _until_sent(feed, FILLING_EVENTS)
        beside = feed.acknowledged
        await _until_sent(feed, MEASURED_EVENTS)
        in_worker = (resident_bytes(worker) - before) / FROZEN
        in_kernel = sum(sorted(send_queues(service.port))[-FROZEN:]) / FROZEN
    await asyncio.to_thread(service.send, last_word())
    for reader in readers:
        await eventually(lambda one=reader: one.was_told_last(LAST_GAME.encode()), "a reader is up to date")  # type: ignore[misc]
    emitted = [event.encode() for event in Truth.read(service.data_dir).events("odds")]
    for reader in readers:
        assert [text for _, text in reader.events()] == emitted
    assert in_worker <= WORKER_LIMIT_BYTES
    assert in_worker + in_kernel <= LIMIT_BYTES
    late = [reader.latencies() for reader in readers]
    shown = _shown(late, 0, alone), _shown(late, beside, feed.acknowledged)
    print(
        f"{FROZEN} frozen: each {in_worker / 1024:.1f} KiB in the worker and {in_kernel / 1024:.0f} KiB in the kernel; "
        f"{READERS} readers' latency alone {shown[0]}, beside them {shown[1]}"
    )


async def _until_sent(feed: Feed, count: int) -> None:
    target = feed.acknowledged + count
    await eventually(lambda: feed.acknowledged >= target, f"{count} more events were sent", FEED_SECONDS)


def _shown(latencies: list[list[float]], first: int, last: int) -> str:
    cuts = quantiles((one for each in latencies for one in each[first:last]), n=100)
    return f"p50 {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms"
