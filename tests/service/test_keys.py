"""Keys that come and go while the service runs."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from broker.closing import KEY_REVOKED
from broker.messages import CHANNELS
from service.requesting import request
from service.running import Service, now_ms, running
from service.subscriber import Subscriber
from service.waiting import until

pytestmark = pytest.mark.alone

EFFECT_SECONDS = 1.0
IN_A_ROW = 10
"""Connections of which some will be to each of two workers."""
LIMIT = 3
LIFE_MS = 6_000


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """One that is asked with keys which it doesn't know yet, or any more, as often as a test likes."""
    with running(wrong_keys_per_minute=1_000_000) as service:
        yield service


def statuses(service: Service, key: str) -> set[int]:
    """What a key is answered now, by all workers."""
    return {request(service.port, f"/ws/live?key={key}").status for _ in range(IN_A_ROW)}


def until_all_known(service: Service) -> None:
    """Wait until all workers know the keys that there are, and use none of them: its limit may be tested."""
    last = service.new_key()
    until(lambda: statuses(service, last) == {101}, "the keys are known")


async def on_each_worker(service: Service, key: str) -> list[Subscriber]:
    """Four subscribers, one of each channel on each of two workers."""
    places = [(channel, worker) for channel in CHANNELS for worker in service.workers]
    return [await Subscriber.join_at(service, channel, worker, key) for channel, worker in places]


async def seconds_until_all_closed(subscribers: list[Subscriber]) -> float:
    """How long from now until each is told that its key is good no more."""
    began = time.monotonic()
    for subscriber in subscribers:
        assert await subscriber.until_closed() == (KEY_REVOKED.code, KEY_REVOKED.reason)
    return time.monotonic() - began


def test_a_created_key_opens_within_a_second_on_every_worker(service: Service) -> None:
    key = service.new_key()
    created = time.monotonic()
    until(lambda: statuses(service, key) == {101}, "the key opens")
    assert time.monotonic() - created < EFFECT_SECONDS


def test_a_revoked_key_closes_its_subscribers_within_a_second_and_opens_no_more(service: Service) -> None:
    async def scenario() -> None:
        key = service.new_key()
        until(lambda: statuses(service, key) == {101}, "the key opens")
        async with await Subscriber.join(service, "live") as other:
            subscribers = await on_each_worker(service, key)
            service.keys.revoke(service.key_id(key), now_ms())
            assert await seconds_until_all_closed(subscribers) < EFFECT_SECONDS
            assert statuses(service, key) == {401}
            assert other.is_open

    asyncio.run(scenario())


def test_a_key_that_expires_closes_its_subscribers_within_a_second_and_not_before(service: Service) -> None:
    async def scenario() -> None:
        end = time.monotonic() + LIFE_MS / 1000
        key = service.new_key(expires_at=now_ms() + LIFE_MS)
        until(lambda: statuses(service, key) == {101}, "the key opens")
        subscribers = await on_each_worker(service, key)
        assert all(subscriber.is_open for subscriber in subscribers)
        await seconds_until_all_closed(subscribers)
        assert 0 < time.monotonic() - end < EFFECT_SECONDS
        assert statuses(service, key) == {401}

    asyncio.run(scenario())


def test_a_rotated_key_gives_way_to_the_new_one_within_a_second(service: Service) -> None:
    async def scenario() -> None:
        old = service.new_key()
        until(lambda: statuses(service, old) == {101}, "the old key opens")
        subscribers = await on_each_worker(service, old)
        rotated = time.monotonic()
        new = service.keys.rotate(service.key_id(old), 0, now_ms())
        assert await seconds_until_all_closed(subscribers) < EFFECT_SECONDS
        until(lambda: statuses(service, new) == {101}, "the new key opens")
        assert time.monotonic() - rotated < EFFECT_SECONDS
        assert statuses(service, old) == {401}

    asyncio.run(scenario())


def test_with_a_grace_both_keys_open_each_up_to_its_limit_until_the_old_one_ends(service: Service) -> None:
    async def scenario() -> None:
        old = service.new_key(max_connections=LIMIT)
        until_all_known(service)
        subscribers = [await Subscriber.join(service, "live", old) for _ in range(LIMIT)]
        end = time.monotonic() + LIFE_MS / 1000
        new = service.keys.rotate(service.key_id(old), LIFE_MS, now_ms())
        until_all_known(service)
        successors = [await Subscriber.join(service, "live", new) for _ in range(LIMIT)]
        assert statuses(service, old) == statuses(service, new) == {429}
        assert all(subscriber.is_open for subscriber in subscribers)
        await seconds_until_all_closed(subscribers)
        assert 0 < time.monotonic() - end < EFFECT_SECONDS
        assert statuses(service, old) == {401}
        for successor in successors:
            assert successor.is_open
            await successor.leave()

    asyncio.run(scenario())


def test_a_keys_limit_holds_over_all_workers_and_a_leavers_place_is_free_at_once(service: Service) -> None:
    async def scenario() -> None:
        key = service.new_key(max_connections=LIMIT)
        until_all_known(service)
        for _ in range(10):
            subscribers = [await Subscriber.join(service, "live", key) for _ in range(LIMIT)]
            refused = request(service.port, f"/ws/odds?key={key}")
            assert refused.status == 429
            assert f"limit of {LIMIT} simultaneous connections" in refused.error
            assert refused.headers["retry-after"]
            for subscriber in subscribers:
                await subscriber.leave()

    asyncio.run(scenario())
