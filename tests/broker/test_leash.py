"""A child gets its orders down one pipe, says `ready` up another, and ends when its supervisor is gone."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator

import pytest
from msgspec import json

from broker.leash import READY_LINE, Orders, Pulse, read_pulse
from broker.settings import Settings

CHILD = """
import asyncio, os
from broker.leash import Pulse, on_supervisor_gone, pulsate, read_orders, say_ready
orders = read_orders()

async def live():
    end = asyncio.Event()
    on_supervisor_gone(asyncio.get_running_loop(), end.set)
    say_ready()
    pulsate(asyncio.get_running_loop(), lambda: Pulse(12))
    await end.wait()
    os.set_blocking(1, True)
    print(orders.name, orders.settings.cap, orders.worker_pids)

asyncio.run(live())
"""
ORDERS = Orders(Settings(cap=7), "broker", (11, 12))
PATIENCE_SECONDS = 20


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        yield child
        child.kill()


def start(child: subprocess.Popen[bytes], line: bytes) -> None:
    assert child.stdin
    assert child.stdout
    child.stdin.write(line)
    child.stdin.flush()
    assert child.stdout.readline() == READY_LINE


def test_a_child_knows_its_orders_and_ends_with_the_pipe(child: subprocess.Popen[bytes]) -> None:
    start(child, json.encode(ORDERS) + b"\n")
    assert child.poll() is None
    out, _ = child.communicate(timeout=PATIENCE_SECONDS)
    *pulses, last = out.splitlines()
    assert last == b"broker 7 (11, 12)"
    assert all(read_pulse(line) == Pulse(12) for line in pulses)
    assert child.returncode == 0


def test_what_follows_the_orders_ends_nothing(child: subprocess.Popen[bytes]) -> None:
    start(child, json.encode(ORDERS) + b"\n" + b"noise" * 100)
    assert child.poll() is None
    child.communicate(timeout=PATIENCE_SECONDS)
    assert child.returncode == 0


def test_a_child_cannot_be_started_alone(child: subprocess.Popen[bytes]) -> None:
    _, error = child.communicate(timeout=PATIENCE_SECONDS)
    assert child.returncode == 1
    assert error == b"this is a child process of `books-relayer serve` and can't be started alone\n"


def test_a_child_tells_every_second_that_its_loop_turns(child: subprocess.Popen[bytes]) -> None:
    start(child, json.encode(ORDERS) + b"\n")
    assert child.stdout
    for _ in range(3):
        assert read_pulse(child.stdout.readline()) == Pulse(12)
    child.communicate(timeout=PATIENCE_SECONDS)


def test_what_a_library_prints_is_no_pulse() -> None:
    assert read_pulse(b"a warning\n") is None


SUPERVISOR = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdin.write(sys.argv[2].encode() + b"\\n")
child.stdin.flush()
child.stdout.readline()
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_a_child_ends_when_its_supervisor_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, CHILD, json.encode(ORDERS).decode()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as supervisor:
        assert supervisor.stdout
        descriptor = os.pidfd_open(int(supervisor.stdout.readline()))
        supervisor.kill()
    try:
        assert _ended(descriptor)
    finally:
        os.close(descriptor)


def _ended(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(PATIENCE_SECONDS * 1000))
