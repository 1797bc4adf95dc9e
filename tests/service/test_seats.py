"""The cap: exact from both sides, over all workers, also when one is killed."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from service.requesting import request
from service.running import Service, running
from service.subscriber import Subscriber
from service.waiting import until

CAP = 5
WORKERS = 3
STORM = 40
ROUNDS = 300


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running(workers=WORKERS, cap=CAP) as service:
        yield service


async def attempt(service: Service) -> Subscriber | None:
    """Try to get in.

    Returns:
        None if all seats are taken.
    """
    try:
        return await Subscriber.join(service, "live")
    except InvalidStatus as refused:
        response = refused.response
        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) > 0
        assert response.headers["Content-Type"] == "application/json"
        assert f"all {CAP} seats are taken" in msgspec.json.decode(response.body)["error"]
        return None


async def full_house(service: Service, stack: AsyncExitStack) -> list[Subscriber]:
    """Storm the door, and keep those who got in until the end."""
    attempts = await asyncio.gather(*(attempt(service) for _ in range(STORM)))
    subscribers = [subscriber for subscriber in attempts if subscriber]
    for subscriber in subscribers:
        await stack.enter_async_context(subscriber)
    return subscribers


def test_of_a_storm_exactly_as_many_get_in_as_there_are_seats(service: Service) -> None:
    async def scenario() -> None:
        for _ in range(5):
            async with AsyncExitStack() as stack:
                assert len(await full_house(service, stack)) == CAP

    asyncio.run(scenario())


def test_a_leavers_seat_is_free_at_once_on_any_worker(service: Service) -> None:
    async def scenario() -> None:
        moves: set[tuple[int, int]] = set()
        async with AsyncExitStack() as stack:
            seated = await full_house(service, stack)
            for _ in range(ROUNDS):
                assert await attempt(service) is None
                leaver = seated.pop(0)
                left = leaver.worker(service)
                await leaver.leave()
                comer = await attempt(service)
                assert comer is not None
                seated.append(await stack.enter_async_context(comer))
                moves.add((left, comer.worker(service)))
                if len(moves) == WORKERS**2:
                    break
        assert len(moves) == WORKERS**2

    asyncio.run(scenario())


def test_never_are_more_in_than_there_are_seats(service: Service) -> None:
    async def scenario() -> None:
        inside = 0
        most = 0

        async def come_and_go() -> None:
            nonlocal inside, most
            for _ in range(15):
                subscriber = await attempt(service)
                if subscriber:
                    inside += 1
                    most = max(most, inside)
                    # Others get their turn while this one sits.
                    await subscriber.ask('{"action":"ping"}')
                    inside -= 1
                    await subscriber.leave()

        await asyncio.gather(*(come_and_go() for _ in range(20)))
        assert 0 < most <= CAP

    asyncio.run(scenario())


def test_refused_handshakes_of_other_kinds_take_no_seat(service: Service) -> None:
    async def scenario() -> None:
        for _ in range(2 * CAP):
            assert request(service.port, "/ws/live").status == 401
        async with AsyncExitStack() as stack:
            assert len(await full_house(service, stack)) == CAP

    asyncio.run(scenario())


def test_a_killed_workers_seats_are_free_and_a_new_worker_accepts(service: Service) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            seated = await full_house(service, stack)
            victim = seated[0].worker(service)
            number = service.workers.index(victim) + 1
            lost = [one for one in seated if one.worker(service) == victim]
            await asyncio.to_thread(service.kill, f"worker-{number}")
            for one in lost:
                await one.until(lambda one=one: not one.is_open, "cut off")  # type: ignore[misc]
                with pytest.raises(ConnectionClosed):
                    await one.connection.send("anybody there?")
            comers = await full_house(service, stack)
            assert len(comers) == len(lost)
            assert all(one.is_open for one in seated if one not in lost)
            conn_ids = {one.welcome["conn_id"] for one in [*seated, *comers]}
            assert len(conn_ids) == len(seated) + len(comers)
            await comers[0].leave()
            while (comer := await attempt(service)) and comer.worker(service) != service.pid(f"worker-{number}"):
                await comer.leave()
            assert comer
            await comer.leave()

    asyncio.run(scenario())


def test_who_comes_while_the_broker_is_replaced_waits_for_the_new_one(service: Service) -> None:
    async def scenario() -> None:
        before = service.pid("broker")
        os.kill(before, signal.SIGKILL)
        async with AsyncExitStack() as stack:
            assert len(await full_house(service, stack)) == CAP
        await asyncio.to_thread(until, lambda: service.pid("broker") != before, "the broker is there again")

    asyncio.run(scenario())


def test_so_does_who_comes_while_the_broker_is_frozen(service: Service) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            seated = await full_house(service, stack)
            before = service.pid("broker")
            os.kill(before, signal.SIGSTOP)
            await seated[0].leave()
            began = time.monotonic()
            comer = await attempt(service)
            assert comer
            print(f"a seat was given {time.monotonic() - began:.1f} s after its broker was frozen")
            await stack.enter_async_context(comer)
            assert service.pid("broker") != before

    asyncio.run(scenario())
