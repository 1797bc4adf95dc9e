"""The producer against a ROUTER that answers as it is told."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zmq
from msgspec import json

from broker import producer as producer_module
from broker.observations import BATCH_LIMIT_BYTES, Rejection
from broker.producer import BrokerUnreachableError, Producer, Receipt

Answer = Callable[[bytes, bytes], bytes | None]
"""Of (batch id, payload) to the reply's JSON, or None for silence."""

ACCEPTED = json.encode(Receipt(2, 1, ()))
TIMEOUT_SECONDS = 0.05
"""Long for an answer over a local socket, short for a test that waits for none."""


class FakeBroker:
    """A ROUTER in a thread; `seen` are all batches that came, in their order."""

    def __init__(self, endpoint: str, answer: Answer) -> None:
        self.seen: list[tuple[bytes, bytes]] = []
        self._answer = answer
        self._context = zmq.Context()
        self._router = self._context.socket(zmq.ROUTER)
        self._router.bind(endpoint)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            if self._router.poll(10):
                peer, batch_id, payload = self._router.recv_multipart()
                self.seen.append((batch_id, payload))
                reply = self._answer(batch_id, payload)
                if reply is not None:
                    self._router.send_multipart([peer, batch_id, reply])

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._router.close(linger=0)
        self._context.term()


@pytest.fixture
def endpoint(tmp_path: Path) -> str:
    return f"ipc://{tmp_path}/ingest.sock"


@pytest.fixture
def broker_of(endpoint: str) -> Iterator[Callable[[Answer], FakeBroker]]:
    brokers = []

    def start(answer: Answer) -> FakeBroker:
        brokers.append(FakeBroker(endpoint, answer))
        return brokers[-1]

    yield start
    for broker in brokers:
        broker.close()


BrokerOf = Callable[[Answer], FakeBroker]


def test_a_batch_is_lines_under_a_random_id(endpoint: str, broker_of: BrokerOf) -> None:
    rejected = json.encode(Receipt(1, 0, (Rejection(1, "bad"),)))
    broker = broker_of(lambda _id, _payload: rejected)
    with Producer(endpoint) as producer:
        assert producer.send([b"{1}", b"{2}"]) == Receipt(1, 0, (Rejection(1, "bad"),))
        producer.send([b"{3}"])
    (first_id, first), (second_id, second) = broker.seen
    assert (first, second) == (b"{1}\n{2}", b"{3}")
    assert len(first_id) == 16
    assert first_id != second_id


def test_a_lost_reply_is_asked_for_again_under_the_same_id_and_in_order(endpoint: str, broker_of: BrokerOf) -> None:
    silences = {b"b": 2, b"c": 1}

    def answer(_id: bytes, payload: bytes) -> bytes | None:
        silences[payload] = silences.get(payload, 0) - 1
        return None if silences[payload] >= 0 else ACCEPTED

    broker = broker_of(answer)
    problems: list[str] = []
    with Producer(endpoint, timeout_seconds=TIMEOUT_SECONDS, on_retry=problems.append) as producer:
        for line in (b"a", b"b", b"c", b"d"):
            assert producer.send([line]) == Receipt(2, 1, ())
    payloads = [payload for _, payload in broker.seen]
    assert payloads == sorted(payloads)
    assert payloads.count(b"b") >= 3
    assert len(set(broker.seen)) == 4
    # On a busy machine a batch may be given up before it has left.
    assert len(problems) >= len(payloads) - 4
    assert problems[0] == f"no answer from the broker at {endpoint}"


def test_a_broker_that_starts_late_gets_the_batch(endpoint: str, broker_of: BrokerOf) -> None:
    started: list[FakeBroker] = []

    def start_once(_problem: str) -> None:
        if not started:
            started.append(broker_of(lambda _id, _payload: ACCEPTED))

    with Producer(endpoint, timeout_seconds=TIMEOUT_SECONDS, on_retry=start_once) as producer:
        assert producer.send([b"a"]) == Receipt(2, 1, ())


def test_a_refused_batch_is_sent_again_under_the_same_id(
    endpoint: str, broker_of: BrokerOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(producer_module, "REFUSAL_PAUSE_SECONDS", 0.001)
    replies = [json.encode(Receipt(0, 0, (), "disk full"))] * 2 + [ACCEPTED]
    broker = broker_of(lambda _id, _payload: replies.pop(0))
    problems: list[str] = []
    with Producer(endpoint, on_retry=problems.append) as producer:
        assert producer.send([b"a"]) == Receipt(2, 1, ())
    assert problems == ["disk full", "disk full"]
    assert len(broker.seen) == 3
    assert len(set(broker.seen)) == 1


def test_gives_up_on_silence(endpoint: str) -> None:
    with (
        Producer(endpoint, timeout_seconds=0.01, give_up_seconds=0.02) as producer,
        pytest.raises(BrokerUnreachableError, match=r"after 0\.02 s: no answer from the broker"),
    ):
        producer.send([b"a"])


def test_gives_up_on_refusals(endpoint: str, broker_of: BrokerOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(producer_module, "REFUSAL_PAUSE_SECONDS", 0.001)
    broker_of(lambda _id, _payload: json.encode(Receipt(0, 0, (), "disk full")))
    with (
        Producer(endpoint, give_up_seconds=0.01) as producer,
        pytest.raises(BrokerUnreachableError, match="disk full"),
    ):
        producer.send([b"a"])


def test_a_batch_that_no_broker_would_take_is_not_sent(endpoint: str, broker_of: BrokerOf) -> None:
    broker = broker_of(lambda _id, _payload: ACCEPTED)
    with Producer(endpoint) as producer:
        with pytest.raises(BrokerUnreachableError, match="than the 16777216 that a broker takes: send it"):
            producer.send([bytes(BATCH_LIMIT_BYTES // 2)] * 2)
        producer.send([bytes(BATCH_LIMIT_BYTES)])
    assert len(broker.seen) == 1


def test_a_batch_that_is_refused_for_good_is_not_sent_again(endpoint: str, broker_of: BrokerOf) -> None:
    broker = broker_of(lambda _id, _payload: json.encode(Receipt(0, 0, (), "too many", permanent=True)))
    with Producer(endpoint) as producer, pytest.raises(BrokerUnreachableError, match="take this batch: too many"):
        producer.send([b"a"])
    assert len(broker.seen) == 1


def test_somebody_else_on_that_endpoint_is_an_error(endpoint: str, broker_of: BrokerOf) -> None:
    broker_of(lambda _id, _payload: b"hello")
    with (
        Producer(endpoint) as producer,
        pytest.raises(BrokerUnreachableError, match="no broker of this version"),
    ):
        producer.send([b"a"])


def test_an_endpoint_that_makes_no_sense_is_an_error() -> None:
    with pytest.raises(BrokerUnreachableError, match="can't connect to nowhere"):
        Producer("nowhere")
