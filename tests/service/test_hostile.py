"""Hostile clients get their stated answer, and a hundred healthy subscribers of the same worker miss nothing."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.feeding import feeding, is_fed, place
from service.hostile import AT_ONCE, TEN_SECONDS, Attack, connected, request, status
from service.observed import last_word
from service.processes import descriptors, resident_bytes
from service.running import Service, running
from service.subscriber import Subscriber
from service.truth import Truth
from service.waiting import eventually, until
from service.web import metric

HEALTHY = 100
EVENTS_PER_SECOND = 50
"""What a hundred clients in one Python process can read beside the attacks."""
CONNECTIONS = 50_000
WARM_UP_CONNECTIONS = 10_000
THREADS = 8
GROWTH_BYTES = 8 * 1024 * 1024
"""What memory may grow by in 40,000 hostile connections: 200 bytes each would be a leak."""

REFUSED = ("request_time", "request_size", "unreadable", "handshake", "path", "key", "wrong_keys")
CLOSED = ("protocol_error", "binary", "invalid_utf8", "message_too_big", "flooding", "client")
"""Why, as metrics tell it."""


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running(workers=1) as service:
        yield service


@pytest.mark.parametrize("attack", AT_ONCE, ids=lambda attack: attack.name)
def test_it_gets_its_answer(service: Service, attack: Attack) -> None:
    assert attack.play(service) in attack.answers
    # The next one is served as if nothing had been.
    with connected(service) as client:
        client.sendall(request(service))
        assert status(client) == "101"


def test_a_hundred_healthy_subscribers_miss_nothing_while_all_attack(service: Service) -> None:
    async def scenario() -> None:
        healthy = [await Subscriber.join(service, "odds") for _ in range(HEALTHY)]
        with feeding(service, EVENTS_PER_SECOND):
            for subscriber in healthy:
                await is_fed(subscriber)
            loop = asyncio.get_running_loop()
            with ThreadPoolExecutor(len(TEN_SECONDS) + 1) as threads:
                slow = [loop.run_in_executor(threads, attack.play, service) for attack in TEN_SECONDS]
                others = loop.run_in_executor(threads, lambda: [attack.play(service) for attack in AT_ONCE])
                answers = [*await asyncio.gather(*slow), *await others]
        await asyncio.to_thread(service.send, last_word())
        emitted = Truth.read(service.data_dir).events("odds")
        for subscriber in healthy:
            await subscriber.until_last()
            assert place(subscriber.events, emitted).stop == len(emitted)
            await subscriber.leave()
        for attack, answer in zip([*TEN_SECONDS, *AT_ONCE], answers, strict=True):
            assert answer in attack.answers, attack.name
        for reason in REFUSED:
            await eventually(lambda why=reason: metric(service, "refused_handshakes_total", reason=why), reason)  # type: ignore[misc]
        for reason in CLOSED:
            await eventually(lambda why=reason: metric(service, "closed_connections_total", reason=why), reason)  # type: ignore[misc]

    asyncio.run(scenario())


@pytest.mark.alone
def test_memory_and_descriptors_are_flat_after_fifty_thousand_hostile_connections(service: Service) -> None:
    worker = service.pid("worker-1")
    requests = [
        request(service, "/nowhere"),
        request(service, f"/ws/live?key=pn_live_{'x' * 32}"),
        request(service)[:-2],
        request(service, more="Content-Length: 5\r\n"),
        b"\x16\x03\x01",
        b"",
        request(service),
    ]

    def attack(numbers: range) -> None:
        for number in numbers:
            with connected(service) as client:
                client.sendall(requests[number % len(requests)])
                if number % 3:
                    # Others leave without having heard the answer.
                    client.settimeout(0.01)
                    try:
                        client.recv(100)
                    except (TimeoutError, ConnectionError):
                        continue

    def attacks(count: int) -> None:
        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(attack, [range(start, count, THREADS) for start in range(THREADS)]))

    before = descriptors(worker)
    attacks(WARM_UP_CONNECTIONS)
    until(lambda: descriptors(worker) <= before, "all descriptors are closed")
    resident = resident_bytes(worker)
    attacks(CONNECTIONS - WARM_UP_CONNECTIONS)
    until(lambda: descriptors(worker) <= before, "all descriptors are closed")
    growth = resident_bytes(worker) - resident
    print(f"{growth / 1024:.0f} KiB more after {CONNECTIONS - WARM_UP_CONNECTIONS} hostile connections")
    assert growth < GROWTH_BYTES
