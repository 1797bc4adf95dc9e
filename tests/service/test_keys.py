"""Keys that come and go while the service runs."""

import asyncio
import time

from broker.closing import KEY_REVOKED
from service.requesting import request
from service.running import Service, now_ms
from service.subscriber import Subscriber
from service.waiting import until

EFFECT_SECONDS = 1.0
MARGIN_SECONDS = 0.5
"""For a machine that does other things as well."""
LIMIT = 3


def test_a_created_key_opens_within_a_second_on_every_worker(service: Service) -> None:
    key = service.new_key()
    created = time.monotonic()
    until(lambda: request(service.port, f"/ws/live?key={key}").status == 101, "the key opens")
    assert time.monotonic() - created < EFFECT_SECONDS + MARGIN_SECONDS


def test_a_revoked_key_closes_its_subscribers_and_opens_no_more(service: Service) -> None:
    async def scenario() -> None:
        key = service.new_key()
        until(lambda: request(service.port, f"/ws/live?key={key}").status == 101, "the key opens")
        async with await Subscriber.join(service, "live") as other:
            subscribers = [await Subscriber.join(service, channel, key) for channel in ("live", "odds") * 4]
            service.keys.revoke(service.key_id(key), now_ms())
            revoked = time.monotonic()
            for subscriber in subscribers:
                assert await subscriber.until_closed() == (KEY_REVOKED.code, KEY_REVOKED.reason)
            assert time.monotonic() - revoked < EFFECT_SECONDS + MARGIN_SECONDS
            assert request(service.port, f"/ws/live?key={key}").status == 401
            assert other.is_open

    asyncio.run(scenario())


def test_a_key_that_expires_closes_its_subscribers(service: Service) -> None:
    async def scenario() -> None:
        key = service.new_key(expires_at=now_ms() + 2_000)
        until(lambda: request(service.port, f"/ws/live?key={key}").status == 101, "the key opens")
        subscriber = await Subscriber.join(service, "odds", key)
        assert await subscriber.until_closed() == (1008, KEY_REVOKED.reason)
        assert request(service.port, f"/ws/live?key={key}").status == 401

    asyncio.run(scenario())


def test_a_keys_limit_holds_over_all_workers_and_a_leavers_place_is_free_at_once(service: Service) -> None:
    async def scenario() -> None:
        key = service.new_key(max_connections=LIMIT)
        until(lambda: request(service.port, f"/ws/live?key={key}").status == 101, "the key opens")
        until(lambda: request(service.port, f"/ws/live?key={key}").status == 101, "the first one's place is free")
        for _ in range(10):
            subscribers = [await Subscriber.join(service, "live", key) for _ in range(LIMIT)]
            refused = request(service.port, f"/ws/odds?key={key}")
            assert refused.status == 429
            assert refused.headers["retry-after"]
            for subscriber in subscribers:
                await subscriber.leave()

    asyncio.run(scenario())
