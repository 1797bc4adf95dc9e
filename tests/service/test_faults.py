"""Each process killed and frozen: who notices, and for how long. The times are those that the README promises."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from broker.post import FAILED_STARTS
from service.feeding import feeding, is_fed, place, price_changes
from service.observed import encode, game, last_word
from service.running import Service, running
from service.subscriber import Subscriber
from service.truth import Truth
from service.waiting import eventually, until

KILLED_WORKER_SECONDS = 2.0
FROZEN_SECONDS = 10.0
KILLED_BROKER_SECONDS = 3.0


@pytest.fixture
def service() -> Iterator[Service]:
    with running() as service:
        yield service


async def both(service: Service, stack: AsyncExitStack) -> tuple[Subscriber, Subscriber]:
    """A subscriber of each worker."""
    one, other = [await Subscriber.join_at(service, "odds", worker) for worker in service.workers]
    return await stack.enter_async_context(one), await stack.enter_async_context(other)


@pytest.mark.alone
@pytest.mark.parametrize(
    ("number", "promised"),
    [(signal.SIGKILL, KILLED_WORKER_SECONDS), (signal.SIGSTOP, FROZEN_SECONDS)],
    ids=["killed", "frozen"],
)
def test_a_worker_that_is_gone_costs_only_its_own_subscribers(
    service: Service, number: signal.Signals, promised: float
) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            with feeding(service):
                lost, kept = await both(service, stack)
                await is_fed(kept)
                began = time.monotonic()
                os.kill(service.pid("worker-1"), number)
                await eventually(lambda: len(service.pids("worker-1")) == 2, "another worker accepts")
                new = await stack.enter_async_context(await Subscriber.join_at(service, "odds", service.workers[0]))
                passed = time.monotonic() - began
                await lost.until(lambda: not lost.is_open, "cut off")
                await is_fed(new)
            await asyncio.to_thread(service.send, last_word())
            for subscriber in (kept, new):
                await subscriber.until_last()
            emitted = Truth.read(service.data_dir).events("odds")
            for subscriber in (kept, new):
                assert place(subscriber.events, emitted).stop == len(emitted)
            place(lost.events, emitted)
            print(f"worker {number.name}: {passed:.2f} s until another one accepts")
            assert passed <= promised

    asyncio.run(scenario())


@pytest.mark.alone
@pytest.mark.parametrize(
    ("number", "promised"),
    [(signal.SIGKILL, KILLED_BROKER_SECONDS), (signal.SIGSTOP, FROZEN_SECONDS)],
    ids=["killed", "frozen"],
)
def test_a_broker_that_is_gone_costs_nobody_anything(service: Service, number: signal.Signals, promised: float) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            subscribers = await both(service, stack)
            workers = service.workers
            with feeding(service) as feed:
                for subscriber in subscribers:
                    await is_fed(subscriber)
                began, seen = time.monotonic(), len(subscribers[0].events)
                os.kill(service.pid("broker"), number)
                await eventually(lambda: len(service.pids("broker")) == 2, "another broker works")
                before = feed.acknowledged
                await eventually(lambda: feed.acknowledged > before, "the feed goes on")
                seen = len(subscribers[0].events)
                for subscriber in subscribers:
                    await subscriber.until(lambda one=subscriber: len(one.events) > seen, "fed on")  # type: ignore[misc]
                passed = time.monotonic() - began
            await asyncio.to_thread(service.send, last_word())
            for subscriber in subscribers:
                await subscriber.until_last()
            truth = Truth.read(service.data_dir)
            assert truth.has_no_hole
            emitted = truth.events("odds")
            for subscriber in subscribers:
                assert place(subscriber.events, emitted).stop == len(emitted)
            assert len(price_changes(truth)) == feed.acknowledged
            assert service.workers == workers
            print(f"broker {number.name}: {passed:.2f} s until deltas go on")
            assert passed <= promised

    asyncio.run(scenario())


@pytest.mark.alone
def test_a_killed_supervisor_leaves_nobody_behind_and_another_one_starts_at_once(service: Service) -> None:
    async def scenario() -> None:
        service.send([encode(game("kept"))])
        subscribers = [await Subscriber.join(service, "live") for _ in range(8)]
        began = time.monotonic()
        service.kill_supervisor()
        # No pause for the others to end: the lock they share holds the new one back until they have.
        await asyncio.to_thread(service.start)
        passed = time.monotonic() - began
        for subscriber in subscribers:
            assert await subscriber.until_closed() == (1012, "service restart")
        async with await Subscriber.join(service, "live") as subscriber:
            assert '"game_id":"kept"' in subscriber.snapshot
        print(f"supervisor killed: {passed:.2f} s until a new one is ready")

    asyncio.run(scenario())


def test_a_frozen_child_of_a_killed_supervisor_ends_too(service: Service) -> None:
    """The kernel sees to that: a stopped process that nobody could continue any more is hung up on (_exit(2))."""
    os.kill(service.pid("worker-1"), signal.SIGSTOP)
    service.kill_supervisor()
    until(lambda: not service.processes(), "every process has ended")
    service.start()


def test_a_frozen_supervisor_that_wakes_up_blames_nobody(service: Service) -> None:
    assert service.process
    before = service.processes()
    os.kill(service.process.pid, signal.SIGSTOP)
    # Longer than any process may be silent.
    time.sleep(6)
    os.kill(service.process.pid, signal.SIGCONT)
    assert service.send(last_word()).events == 1
    time.sleep(1)
    assert service.processes() == before
    assert not service.logged("killing a process that is overdue")


@pytest.mark.alone
def test_a_short_freeze_costs_nobody_anything(service: Service) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            subscribers = await both(service, stack)
            before = service.processes()
            with feeding(service):
                for child in ("worker-1", "broker"):
                    os.kill(service.pid(child), signal.SIGSTOP)
                    await asyncio.sleep(1.5)
                    os.kill(service.pid(child), signal.SIGCONT)
                for subscriber in subscribers:
                    await is_fed(subscriber)
            await asyncio.to_thread(service.send, last_word())
            emitted = Truth.read(service.data_dir).events("odds")
            for subscriber in subscribers:
                await subscriber.until_last()
                assert place(subscriber.events, emitted).stop == len(emitted)
            assert service.processes() == before

    asyncio.run(scenario())


def test_a_process_that_never_gets_ready_ends_the_service_after_five_starts() -> None:
    with TemporaryDirectory(prefix="relay-") as root:
        service = Service(Path(root), workers=1)
        with service:
            assert service.process
            # Its database is gone and can't be made anew: no broker will start on it.
            (service.data_dir / "relay.sqlite3").unlink()
            (service.data_dir / "relay.sqlite3").mkdir()
            os.kill(service.pid("broker"), signal.SIGKILL)
            assert service.process.wait(60) == 1
            assert not service.processes()
            assert service.log_file.read_text().endswith("books-relayer: broker can't be started: the log says why\n")
            attempts = [line["failed_starts"] for line in service.logged("ended", child="broker") if line["code"] == 78]
            assert attempts == list(range(1, FAILED_STARTS + 1))
            service.process = None
