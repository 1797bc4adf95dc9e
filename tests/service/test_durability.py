"""A disk that is full or fails while the service runs: producers are refused, and subscribers keep their stream.

A full one is a tmpfs that the test fills beside the service. No disk can be made read-only as long as files on it are
open for writing; in place of one that fails, a limit on the size of the broker's files makes the kernel refuse writes.
"""

import asyncio
import resource
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from broker.journal import DATABASE_NAME
from broker.keys import DATABASE_NAME as KEYS_DATABASE_NAME
from broker.messages import CHANNELS
from service.derived import derive
from service.disk import Disk, mounted
from service.observed import encode, game, last_word
from service.producing import exchange, producer
from service.reporting import GAME, Reporter, reporting
from service.requesting import request
from service.running import Service, running
from service.subscriber import Subscriber, begin, is_new_game
from service.truth import Truth
from service.waiting import eventually

BATCHES = 50
"""So many answers of one kind in a row show that it is no chance."""
RECOVERY_SECONDS = 1.0
COMMAND_SECONDS = 30
FULL = "the disk is full, free some space"


@contextmanager
def on_a_disk() -> Iterator[tuple[Service, Disk]]:
    """A service that runs, its data directory on a disk of its own."""
    with (
        TemporaryDirectory(prefix="relay-") as root,
        mounted(Path(root) / "data") as disk,
        Service(Path(root), workers=2) as service,
    ):
        yield service, disk


async def subscribers_of(service: Service, stack: AsyncExitStack) -> list[Subscriber]:
    """One of each channel at each worker, whose events begin now."""
    joined = [
        await stack.enter_async_context(await Subscriber.join_at(service, channel, worker))
        for worker in service.workers
        for channel in CHANNELS
    ]
    await begin(service, *joined)
    return joined


async def refuses(reporter: Reporter) -> None:
    """Wait until no batch is taken any more."""
    _, before = reporter.progress
    await eventually(lambda: reporter.progress[1] >= before + BATCHES, "batches are refused")


async def takes(reporter: Reporter) -> None:
    """Wait until batches are taken."""
    before, _ = reporter.progress
    await eventually(lambda: reporter.progress[0] >= before + BATCHES, "batches are taken")


async def told_all(service: Service, reporter: Reporter, subscribers: Sequence[Subscriber]) -> None:
    """What was acknowledged, and nothing else, has reached every subscriber once and in order."""
    reporter.end()
    await asyncio.to_thread(service.send, last_word())
    for subscriber in subscribers:
        await subscriber.until_last()
        assert subscriber.is_open
    truth = Truth.read(service.data_dir)
    assert truth.has_no_hole
    emitted = derive([*([line] for line in reporter.acknowledged), last_word()])
    assert truth.events("odds")[-len(emitted) :] == emitted
    for subscriber in subscribers:
        events = truth.events(subscriber.channel)
        assert subscriber.events == events[-len(subscriber.events) :]
        assert len(subscriber.events) == (len(emitted) if subscriber.channel == "odds" else 3)


@pytest.mark.alone
def test_a_full_disk_costs_no_subscriber_anything_and_mends_by_itself() -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            subscribers = await subscribers_of(service, stack)
            with reporting(service.endpoint) as reporter:
                await takes(reporter)
                disk.fill()
                await refuses(reporter)
                taken = reporter.progress[0]
                for subscriber in subscribers:
                    # All that was taken has come; then a pong at once.
                    assert (await subscriber.ask('{"action":"ping"}'))["type"] == "pong"
                    del subscriber.frames[-1]
                async with await Subscriber.join(service, "live") as newcomer:
                    assert f'"game_id":"{GAME}"' in newcomer.snapshot
                assert request(service.port, "/ws/live?key=pn_live_" + "x" * 32).status == 401
                keys_command_fails(service)
                assert reporter.progress[0] == taken
                disk.empty()
                freed = time.monotonic()
                await eventually(lambda: reporter.progress[0] > taken, "a batch is taken")
                recovered = time.monotonic() - freed
                await sent_again(service, reporter)
                await eventually(lambda: service.logged("writing works again"), "that it works again is told")
                await told_all(service, reporter, subscribers)
            (error,) = reporter.errors
            assert error.endswith(f"can't write to {service.data_dir / DATABASE_NAME}: {FULL}")
            (told,) = [line for line in service.log() if line["level"] == "error"]
            assert told["event"] == "can't write, producers are refused"
            (again,) = service.logged("writing works again")
            assert again["failures"] == reporter.progress[1]
            print(f"full disk: a batch is taken {recovered:.3f} s after there is room")
            assert recovered < RECOVERY_SECONDS

    with on_a_disk() as (service, disk):
        asyncio.run(scenario())


async def sent_again(service: Service, reporter: Reporter) -> None:
    """A batch that was refused is taken once, under its own id, however often it comes."""
    batch_id, payload = reporter.refused[-1]

    def send() -> None:
        with reporter.turn, producer(service.endpoint) as socket:
            first = exchange(socket, payload, batch_id)
            assert (first.accepted, first.events) == (1, 1)
            assert exchange(socket, payload, batch_id) == first
            reporter.acknowledged.append(payload)

    await asyncio.to_thread(send)


def keys_command_fails(service: Service) -> None:
    """Nothing is created, and the reason is one sentence."""
    before = service.keys.list()
    ended = subprocess.run(
        service.command("keys", "create", name="nobody", data_dir=service.data_dir),
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        env=service.environment,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"books-relayer: can't write to {service.data_dir / KEYS_DATABASE_NAME}: {FULL}\n"
    assert service.keys.list() == before


def test_with_all_on_one_full_disk_it_is_the_same() -> None:
    """Sockets and the log too, whose lines are then lost."""

    async def scenario(service: Service, disk: Disk) -> None:
        async with AsyncExitStack() as stack:
            subscribers = await subscribers_of(service, stack)
            with reporting(service.endpoint) as reporter:
                await takes(reporter)
                disk.fill()
                await refuses(reporter)
                disk.empty()
                await takes(reporter)
                await told_all(service, reporter, subscribers)

    with (
        TemporaryDirectory(prefix="relay-") as root,
        mounted(Path(root) / "all") as disk,
        Service(disk.path, workers=2) as service,
    ):
        asyncio.run(scenario(service, disk))


@pytest.mark.parametrize("durability", ["checkpoint", "fsync"])
def test_a_disk_that_fails_costs_no_subscriber_anything_and_mends_by_itself(durability: str) -> None:
    async def scenario(service: Service) -> None:
        async with AsyncExitStack() as stack:
            subscribers = await subscribers_of(service, stack)
            with reporting(service.endpoint) as reporter:
                await takes(reporter)
                with failing_writes(service):
                    await refuses(reporter)
                    publishing = publish(service, "from-a-shell")
                    assert publishing.stderr
                    told = await asyncio.to_thread(publishing.stderr.readline)
                    assert b"disk I/O error): check the disk that it is on; trying again" in told
                await takes(reporter)
                assert await asyncio.to_thread(publishing.wait, COMMAND_SECONDS) == 0
                assert b"1 observations accepted" in publishing.stderr.read()
                assert all("check the disk that it is on" in error for error in reporter.errors)
            for subscriber in subscribers:
                await subscriber.until(partial(was_told, subscriber, "from-a-shell"), "told of what was published")

    with running(durability=durability) as service:
        asyncio.run(scenario(service))


def was_told(subscriber: Subscriber, game_id: str) -> bool:
    """Whether a game is among its events."""
    return any(is_new_game(event, game_id) for event in subscriber.events)


@contextmanager
def failing_writes(service: Service) -> Iterator[None]:
    """No file of the broker's may grow any more: the kernel refuses to write, which SQLite takes for a broken disk."""
    broker = service.pid("broker")
    size = (service.data_dir / f"{DATABASE_NAME}-wal").stat().st_size
    before = resource.prlimit(broker, resource.RLIMIT_FSIZE)
    resource.prlimit(broker, resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.prlimit(broker, resource.RLIMIT_FSIZE, before)


def publish(service: Service, game_id: str) -> "subprocess.Popen[bytes]":
    """The command, with one game on its standard input."""
    process = subprocess.Popen(
        service.command("publish", runtime_dir=service.runtime_dir),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=service.environment,
    )
    assert process.stdin
    process.stdin.write(encode(game(game_id)))
    process.stdin.close()
    return process


def test_a_broker_killed_while_the_disk_is_full_is_replaced_and_nobody_is_disconnected() -> None:
    async def scenario(service: Service, disk: Disk) -> None:
        async with AsyncExitStack() as stack:
            subscribers = await subscribers_of(service, stack)
            with reporting(service.endpoint) as reporter:
                await takes(reporter)
                disk.fill()
                await refuses(reporter)
                with reporter.turn:
                    # No batch is under way, so that each is answered.
                    await asyncio.to_thread(service.kill, "broker")
                await refuses(reporter)
                async with await Subscriber.join(service, "live") as newcomer:
                    assert f'"game_id":"{GAME}"' in newcomer.snapshot
                disk.empty()
                await takes(reporter)
                await told_all(service, reporter, subscribers)

    with on_a_disk() as (service, disk):
        asyncio.run(scenario(service, disk))
