"""A real worker behind a stand-in for the broker, which publishes on the bus itself: so an event's stamp can be the
moment at which it goes onto the bus, and the latency to the client is the worker's alone."""

import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from tempfile import TemporaryDirectory
from threading import Event, Thread
from types import TracebackType
from typing import Self

import zmq
from msgspec import json

from benchmark import processes, uniform
from benchmark.load import Address
from benchmark.machine import SERVER_CORE
from benchmark.service import WELCOME_AND_SNAPSHOT, free_port
from benchmark.shape import Shape
from benchmark.stamp import Stamped
from broker.frames import text_frame
from broker.key_format import KEY_PREFIX, digest
from broker.leash import READY_LINE, Orders
from broker.messages import (
    CHANNELS,
    Beat,
    CatchUpWanted,
    Commit,
    Entry,
    Hello,
    Image,
    KeyRecord,
    Keys,
    Registered,
    SeatsGranted,
    SeatsWanted,
    ToWorker,
    decode_to_broker,
    encode,
)
from broker.settings import Settings

INCARNATION = 1
BEAT_SECONDS = 0.25
TURN_SECONDS = 0.001
"""How long the worker's questions wait at most."""
KEY = KEY_PREFIX + 32 * "0"


class StandIn:
    """Bus and control socket, and one worker that knows no better."""

    def __init__(self) -> None:
        self.material = uniform.material()
        self._texts = Stamped([change.text for change in self.material.changes], self.material.stamp)
        self._dir = TemporaryDirectory(prefix="bench-")
        self._settings = Settings(port=free_port(), runtime_dir=self._dir.name, drain_seconds=0.0)
        self.address = Address(self._settings.port, f"/ws/odds?key={KEY}", WELCOME_AND_SNAPSHOT, self.material.stamp)
        self._context = zmq.Context()
        self._bus: zmq.Socket[bytes] = self._context.socket(zmq.PUB)
        self._bus.bind(self._settings.local_endpoint("events"))
        self._control: zmq.Socket[bytes] = self._context.socket(zmq.ROUTER)
        self._control.bind(self._settings.local_endpoint("control"))
        self._seq = 0
        self._conn_id = 1
        self._batches: deque[Iterator[tuple[float, int]]] = deque()
        self._fed = Event()
        self._stopped = Event()
        self._thread = Thread(target=self._run)

    def __enter__(self) -> Self:
        self._worker = subprocess.Popen(
            [sys.executable, "-m", "workers"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._worker.stdin
        assert self._worker.stdout
        self._worker.stdin.write(json.encode(Orders(self._settings, "worker-1")) + b"\n")
        self._worker.stdin.flush()
        self._thread.start()
        if self._worker.stdout.readline() != READY_LINE:
            self._close()
            raise RuntimeError("the worker doesn't start")
        processes.pin(self._worker.pid, SERVER_CORE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    @property
    def pids(self) -> Sequence[int]:
        """The worker."""
        return (self._worker.pid,)

    @property
    def broker_pids(self) -> Sequence[int]:
        """None."""
        return ()

    def begin(self, shape: Shape, seconds: float) -> None:
        """Start to publish."""
        self._fed.clear()
        self._batches.append(shape.batches(seconds))

    def finish(self) -> int:
        """Wait until all is published, and tell how many events that were so far."""
        self._fed.wait()
        return self._seq

    def _close(self) -> None:
        self._worker.kill()
        self._worker.communicate()
        self._stopped.set()
        self._thread.join()
        self._bus.close(linger=0)
        self._control.close(linger=0)
        self._context.term()
        self._dir.cleanup()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException:
            # Nobody is to wait for a worker that nobody answers.
            self._worker.kill()
            self._fed.set()
            raise

    def _work(self) -> None:
        beat_due = time.monotonic()
        while not self._stopped.is_set():
            if time.monotonic() >= beat_due:
                beat_due += BEAT_SECONDS
                self._bus.send(encode(Beat(INCARNATION, self._seq)))
            while self._control.poll(0):
                self._answer()
            if self._batches:
                self._publish_all(self._batches.popleft())
            time.sleep(TURN_SECONDS)

    def _publish_all(self, batches: Iterator[tuple[float, int]]) -> None:
        """Publish all; no beat and no answer is needed until then."""
        start = time.monotonic()
        for due, count in batches:
            time.sleep(max(0.0, start + due - time.monotonic()))
            entries = tuple(Entry((text_frame(text),), for_live=False) for text in self._texts.take(count))
            self._bus.send(encode(Commit(self._seq + 1, self._seq + count, entries)))
            self._seq += count
        self._fed.set()

    def _answer(self) -> None:
        worker, body = self._control.recv_multipart()
        for message in self._answers(body):
            self._control.send_multipart([worker, encode(message)])

    def _answers(self, body: bytes) -> Iterator[ToWorker]:
        match decode_to_broker(body):
            case Hello():
                yield Registered(INCARNATION)
                yield Keys((KeyRecord("bench", digest(KEY), CHANNELS, None, None),))
            case CatchUpWanted():
                yield Image(INCARNATION, self._seq, ())
            case SeatsWanted(needed=needed, ahead=ahead):
                yield SeatsGranted(INCARNATION, self._conn_id, needed + ahead)
                self._conn_id += needed + ahead
