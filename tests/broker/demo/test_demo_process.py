"""The feed's process against a ROUTER that stands in for the broker."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq
from msgspec import json

from broker.leash import READY_LINE, Orders
from broker.observations import Rejection, parse
from broker.producer import Receipt
from broker.settings import Settings

END_SECONDS = 5


class Router:
    """Acknowledges every batch, unless `silent`; `batches` are their observations' numbers."""

    def __init__(self, endpoint: str, silent: bool = False) -> None:
        self.batches: list[int] = []
        self.rejections: list[Rejection] = []
        self.enough = threading.Event()
        self._silent = silent
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.bind(endpoint)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            if not self._socket.poll(10):
                continue
            peer, batch_id, payload = self._socket.recv_multipart()
            taken = list(parse(payload))
            self.batches.append(len(taken))
            self.rejections += [each for each in taken if isinstance(each, Rejection)]
            if not self._silent:
                self._socket.send_multipart([peer, batch_id, json.encode(Receipt(len(taken), 0, ()))])
            if self._silent or len(self.batches) >= 20:
                self.enough.set()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._socket.close(linger=0)
        self._context.term()


@pytest.fixture
def feed(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    orders = Orders(Settings(runtime_dir=str(tmp_path)), "demo")
    process = subprocess.Popen(
        [sys.executable, "-m", "broker.demo"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin
    process.stdin.write(json.encode(orders) + b"\n")
    process.stdin.flush()
    with process:
        yield process
        process.kill()


@pytest.fixture
def router(tmp_path: Path) -> Iterator[Router]:
    router = Router(f"ipc://{tmp_path}/ingest.sock")
    yield router
    router.close()


@pytest.fixture
def silent_router(tmp_path: Path) -> Iterator[Router]:
    router = Router(f"ipc://{tmp_path}/ingest.sock", silent=True)
    yield router
    router.close()


def test_it_feeds_in_small_batches_without_a_rejection_until_told_to_stop(
    router: Router, feed: "subprocess.Popen[bytes]"
) -> None:
    assert feed.stdout
    assert feed.stdout.readline() == READY_LINE
    assert router.enough.wait(END_SECONDS)
    feed.send_signal(signal.SIGTERM)
    assert feed.wait(END_SECONDS) == 0
    assert not router.rejections
    assert router.batches[0] >= 10
    assert feed.stderr
    assert feed.stderr.read() == b""


def test_it_ends_when_the_supervisor_is_gone(router: Router, feed: "subprocess.Popen[bytes]") -> None:
    assert feed.stdin
    assert router.enough.wait(END_SECONDS)
    feed.stdin.close()
    assert feed.wait(END_SECONDS) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_broker_that_does_not_answer_does_not_keep_it(
    number: signal.Signals, silent_router: Router, feed: "subprocess.Popen[bytes]"
) -> None:
    assert silent_router.enough.wait(END_SECONDS)
    feed.send_signal(number)
    assert feed.wait(END_SECONDS) == 0


def test_it_ends_when_both_broker_and_supervisor_are_gone(
    silent_router: Router, feed: "subprocess.Popen[bytes]"
) -> None:
    assert feed.stdin
    assert silent_router.enough.wait(END_SECONDS)
    feed.stdin.close()
    assert feed.wait(END_SECONDS) == 0


def test_it_can_not_be_started_alone() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "broker.demo"], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert ended.returncode == 1
    assert b"serve" in ended.stderr
