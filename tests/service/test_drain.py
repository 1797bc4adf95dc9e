"""A stop in order: subscribers are parted with in portions, each with all events up to its close frame."""

import asyncio
import os
import signal
import socket
import time
from itertools import pairwise

import pytest

from service.feeding import feeding, is_fed, place
from service.raw import CLOSE, FIN, RawSubscriber
from service.requesting import HANDSHAKE
from service.running import Service, running
from service.subscriber import Subscriber
from service.truth import Truth

SUBSCRIBERS = 60
EVENTS_PER_SECOND = 500
UNSEEN_EVENTS = 100
"""Those of 0.2 s: we can't tell in which order sockets were closed that we look at together."""
RESTART = (1012, "service restart")


@pytest.mark.alone
def test_subscribers_are_closed_in_portions_and_get_every_event_until_then() -> None:
    async def scenario(service: Service) -> None:
        subscribers = [await Subscriber.join(service, "odds") for _ in range(SUBSCRIBERS)]
        workers = [subscriber.worker(service) for subscriber in subscribers]
        closed: list[int] = []

        async def ends(number: int) -> None:
            assert await subscribers[number].until_closed() == RESTART
            closed.append(number)

        with feeding(service):
            for subscriber in subscribers:
                await is_fed(subscriber)
            assert service.process
            service.process.send_signal(signal.SIGTERM)
            ending = [asyncio.create_task(ends(number)) for number in range(SUBSCRIBERS)]
            while len(closed) < SUBSCRIBERS // 2:
                await asyncio.wait(ending, return_when=asyncio.FIRST_COMPLETED)
                ending = [each for each in ending if not each.done()]
        fed = list(closed)
        await asyncio.gather(*ending)
        await asyncio.to_thread(service.stop)
        emitted = Truth.read(service.data_dir).events("odds")
        stops = [place(subscriber.events, emitted).stop for subscriber in subscribers]
        # Half of them over half of the time, and not all in one moment.
        assert max(stops[number] for number in fed) - min(stops) >= EVENTS_PER_SECOND / 2
        for worker in set(workers):
            # Who was closed later got what came in the meantime.
            in_order = [stops[number] for number in closed if workers[number] == worker]
            assert all(later >= earlier - UNSEEN_EVENTS for earlier, later in pairwise(in_order))
            assert in_order[-1] > in_order[0] + EVENTS_PER_SECOND / 2

    with running(drain_seconds=4) as service:
        asyncio.run(scenario(service))


@pytest.mark.alone
def test_who_does_not_answer_holds_nobody_up_beyond_the_deadline() -> None:
    drain_seconds = 1
    with running(workers=1, drain_seconds=drain_seconds) as service:
        silent = [RawSubscriber.join(service, "live") for _ in range(5)]
        began = time.monotonic()
        service.stop()
        passed = time.monotonic() - began
        for subscriber in silent:
            with subscriber:
                last = subscriber.next_frame()
                assert last.first == FIN | CLOSE
                assert last.close_code == RESTART[0]
        print(f"stopped in {passed:.2f} s")
        # Its own processes take their time to end, too; the margin is far below that of a kill.
        assert passed < drain_seconds + 3


def test_who_waits_to_be_accepted_is_answered() -> None:
    with running(workers=1, drain_seconds=1) as service:
        worker = service.pid("worker-1")
        os.kill(worker, signal.SIGSTOP)
        clients = [socket.create_connection(("127.0.0.1", service.port), timeout=10) for _ in range(20)]
        lines = [f"GET /ws/live?key={service.key} HTTP/1.1", "Host: x", *(f"{n}: {v}" for n, v in HANDSHAKE.items())]
        for client in clients:
            client.sendall("\r\n".join([*lines, "", ""]).encode())
        assert service.process
        service.process.send_signal(signal.SIGTERM)
        os.kill(worker, signal.SIGCONT)
        for client in clients:
            with client:
                assert client.recv(12) in (b"HTTP/1.1 101", b"HTTP/1.1 503")
        assert service.process.wait(10) == 0
