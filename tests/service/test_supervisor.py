"""Starting, stopping, and what happens to those who are killed."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from broker.closing import SERVICE_RESTART
from service.observed import encode, game, last_word, quote
from service.producing import exchange, producer
from service.running import Service, running, start_in_vain
from service.subscriber import Subscriber
from service.waiting import eventually

SUBSCRIBERS = 8


@pytest.fixture
def service() -> Iterator[Service]:
    with running() as service:
        yield service


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(service: Service, number: signal.Signals) -> None:
    async def scenario() -> None:
        subscribers = [await Subscriber.join(service, "live") for _ in range(SUBSCRIBERS)]
        await asyncio.to_thread(service.stop, number)
        for subscriber in subscribers:
            assert await subscriber.until_closed() == (SERVICE_RESTART.code, SERVICE_RESTART.reason)

    asyncio.run(scenario())
    assert can_bind(service.port)
    assert not [line for line in service.log() if line["level"] not in ("info", "debug")]


def test_what_was_acknowledged_is_there_after_a_restart(service: Service) -> None:
    service.send([encode(game("kept", score_home=3))])
    service.stop()
    service.start()

    async def scenario() -> None:
        async with await Subscriber.join(service, "live") as subscriber:
            assert '"game_id":"kept"' in subscriber.snapshot
            assert service.send([encode(game("kept", score_home=3))]).events == 0

    asyncio.run(scenario())


def test_when_the_supervisor_is_killed_all_others_end(service: Service) -> None:
    async def scenario() -> None:
        subscribers = [await Subscriber.join(service, "live") for _ in range(SUBSCRIBERS)]
        service.kill_supervisor()
        await eventually(lambda: not service.processes(), "every process has ended")
        for subscriber in subscribers:
            await subscriber.until(lambda one=subscriber: not one.is_open, "closed")  # type: ignore[misc]

    asyncio.run(scenario())
    assert can_bind(service.port)
    # Not a word of what came while they were ending, such as the answers to their close frames.
    assert all(line.startswith("{") for line in service.log_file.read_text().splitlines()), service.tail()


def test_a_killed_worker_is_replaced_and_costs_nobody_else_anything(service: Service) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            victim, other = service.workers
            lost = await Subscriber.join_at(service, "live", victim)
            kept = await stack.enter_async_context(await Subscriber.join_at(service, "live", other))
            await asyncio.to_thread(service.kill, "worker-1")
            await lost.until(lambda: not lost.is_open, "cut off")
            new = await stack.enter_async_context(await Subscriber.join_at(service, "live", service.pid("worker-1")))
            service.send(last_word())
            for subscriber in (kept, new):
                await subscriber.until_last()
            assert new.welcome["conn_id"] not in (lost.welcome["conn_id"], kept.welcome["conn_id"])

    asyncio.run(scenario())


def test_a_killed_broker_is_replaced_and_the_workers_stay(service: Service) -> None:
    async def scenario() -> None:
        async with await Subscriber.join(service, "live") as subscriber:
            workers = service.workers
            os.kill(service.pid("broker"), signal.SIGKILL)
            await asyncio.to_thread(service.send, last_word())
            await subscriber.until_last()
            assert service.workers == workers
            async with await Subscriber.join(service, "live") as newcomer:
                assert newcomer.welcome["conn_id"] != subscriber.welcome["conn_id"]

    asyncio.run(scenario())


def test_a_batch_sent_again_to_a_new_broker_is_answered_again_and_not_applied_again(service: Service) -> None:
    batch_id, old, new = b"the first batch", encode(quote("game", 110.0)), encode(quote("game", 120.0))
    service.send([encode(game("game"))])
    with producer(service.endpoint) as before:
        first = exchange(before, old, batch_id)
        assert exchange(before, new).events == 1
    service.kill("broker")
    with producer(service.endpoint) as after:
        assert exchange(after, old, batch_id) == first
        assert exchange(after, new).events == 0


def test_a_data_directory_that_cannot_be_used_is_told_in_a_sentence(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert f"can't use {blocked}" in start_in_vain(data_dir=blocked)


def test_a_taken_port_is_told_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        told = start_in_vain(port=port)
        assert told == f"books-relayer: can't listen on 127.0.0.1:{port}: another program listens there\n"


def test_a_second_service_on_the_same_directories_is_refused_and_the_first_one_stays(service: Service) -> None:
    for name, directory in (("data_dir", service.data_dir), ("runtime_dir", service.runtime_dir)):
        assert "another books-relayer uses" in start_in_vain(**{name: directory})
    assert service.send(last_word()).events == 1


def can_bind(port: int) -> bool:
    """Whether nobody listens there any more."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0
