"""SIGHUP: workers are replaced one by one, and nobody who comes meanwhile is turned away."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial

import pytest
from websockets.exceptions import InvalidStatus

from service.feeding import feeding, is_fed, place
from service.observed import last_word
from service.running import Service, running
from service.subscriber import Subscriber
from service.truth import Truth
from service.waiting import eventually, until
from service.web import metric

CAP = 40
RESTART = (1012, "service restart")
COMERS_AT_ONCE = 4


@pytest.fixture
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    with running(tls=getattr(request, "param", False), cap=CAP, drain_seconds=1) as service:
        yield service


def reload(service: Service) -> None:
    assert service.process
    service.process.send_signal(signal.SIGHUP)


@pytest.mark.parametrize("service", [False, True], ids=["plain", "tls"], indirect=True)
def test_workers_are_renewed_while_others_come_and_none_is_turned_away(service: Service) -> None:
    async def scenario() -> None:
        assert service.process
        before, main, broker = service.workers, service.process.pid, service.pid("broker")
        old = [await Subscriber.join(service, "odds") for _ in range(CAP // 2)]
        came: list[Subscriber] = []

        async def come_and_go() -> None:
            while not service.logged("reloaded"):
                async with await Subscriber.join(service, "odds") as comer:
                    # Whoever came to a worker that was about to go may be closed before anything happens.
                    await comer.until(lambda comer=comer: comer.events or not comer.is_open, "fed")  # type: ignore[misc]
                    came.append(comer)

        with feeding(service):
            for subscriber in old:
                await is_fed(subscriber)
            reload(service)
            await asyncio.gather(*(come_and_go() for _ in range(COMERS_AT_ONCE)))
        for subscriber in old:
            assert await subscriber.until_closed() == RESTART
        emitted = Truth.read(service.data_dir).events("odds")
        fed = [subscriber for subscriber in [*old, *came] if subscriber.events]
        for subscriber in fed:
            place(subscriber.events, emitted)
        assert len(fed) > len(old) + COMERS_AT_ONCE
        assert not set(service.workers) & set(before)
        assert (service.process.pid, service.pid("broker")) == (main, broker)
        starts = [
            line["pid"] for line in service.log() if line["event"] in ("started", "ended") and "worker" in line["child"]
        ]
        # Each new one is there before its predecessor has gone.
        assert starts[2:] == [service.workers[0], before[0], service.workers[1], before[1]]

    asyncio.run(scenario())


def test_what_workers_count_last_is_counted(service: Service) -> None:
    async def scenario() -> None:
        subscribers = [await Subscriber.join(service, "odds") for _ in range(CAP)]
        reload(service)
        for subscriber in subscribers:
            assert await subscriber.until_closed() == RESTART
        await eventually(
            lambda: metric(service, "closed_connections_total", code="1012", reason="restart") == CAP, "all are counted"
        )

    asyncio.run(scenario())


def test_the_cap_holds_while_workers_are_renewed(service: Service) -> None:
    def is_over(subscriber: Subscriber) -> bool:
        return not subscriber.is_open or bool(service.logged("reloaded"))

    async def scenario() -> None:
        inside = 0

        async def stay() -> None:
            """Always come again, as a client does."""
            nonlocal inside
            while not service.logged("reloaded"):
                try:
                    subscriber = await Subscriber.join(service, "live")
                except InvalidStatus as refused:
                    assert refused.response.status_code == 503
                    continue
                inside += 1
                assert inside <= CAP
                await eventually(partial(is_over, subscriber), "it is closed, or all is done", 60)
                # Ours counts the moment at which it hears of it; the server was earlier.
                inside -= 1
                await subscriber.leave()

        crowd = [asyncio.create_task(stay()) for _ in range(CAP + 10)]
        await eventually(lambda: inside == CAP, "the house is full")
        reload(service)
        await asyncio.gather(*crowd)
        async with AsyncExitStack() as stack:
            for _ in range(CAP):
                await stack.enter_async_context(await Subscriber.join(service, "live"))
            with pytest.raises(InvalidStatus):
                await Subscriber.join(service, "live")

    asyncio.run(scenario())


def test_a_new_worker_that_fails_leaves_the_old_ones_where_they_are(service: Service) -> None:
    async def scenario() -> None:
        async with await Subscriber.join(service, "live") as subscriber:
            before, workers = service.processes(), service.workers
            reload(service)
            await eventually(lambda: service.processes() - before, "there is a new process")
            (new,) = service.processes() - before
            os.kill(new, signal.SIGKILL)
            await eventually(
                lambda: service.logged("reload given up, the old workers stay: a new one can't be started"), ""
            )
            assert service.processes() == before
            assert service.workers == workers
            service.send(last_word())
            await subscriber.until_last()
        # The next one is not troubled by it.
        reload(service)
        await eventually(lambda: service.logged("reloaded"), "workers are renewed")
        assert not set(service.workers) & set(workers)

    asyncio.run(scenario())


def test_a_stop_in_the_middle_of_a_reload_ends_old_and_new(service: Service) -> None:
    reload(service)
    until(lambda: len(service.pids("worker-1")) == 2, "the first new worker is there")
    service.stop()
    assert not service.logged("reloaded")
