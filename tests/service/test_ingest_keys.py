"""Producers over the network: those who prove a key that is admitted, and nobody else."""

import contextlib
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import zmq

from broker import curve
from broker.gate import NO_KEY, REPORT_SECONDS, UNKNOWN_KEY
from broker.producer import BrokerUnreachableError, Producer
from service.observed import encode, game, last_word
from service.running import Service, free_port, running, start_in_vain
from service.test_commands import run
from service.waiting import until

EFFECT_SECONDS = 1.0
IMPATIENCE_SECONDS = 1.0
HAMMERING_SECONDS = 3.0
ANSWER_MS = 500


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    with TemporaryDirectory(prefix="relay-") as root:
        yield Path(root)


@pytest.fixture(scope="module")
def keys(root: Path) -> Path:
    """The service's directory, with one producer enrolled."""
    curve.enroll(root / "keys", "ann")
    return root / "keys"


@pytest.fixture(scope="module")
def service(root: Path, keys: Path) -> Iterator[Service]:
    with Service(root, workers=2, ingest=f"tcp://127.0.0.1:{free_port()}", ingest_keys=keys) as service:
        yield service


@pytest.fixture(scope="module")
def endpoint(service: Service) -> str:
    return str(service.settings["ingest"])


@pytest.fixture
def context() -> Iterator["zmq.Context[zmq.Socket[bytes]]"]:
    with zmq.Context() as context:
        yield context
        context.destroy(linger=0)


def producer(endpoint: str, keys: Path) -> Producer:
    return Producer(endpoint, timeout_seconds=IMPATIENCE_SECONDS, give_up_seconds=10 * IMPATIENCE_SECONDS, keys=keys)


def test_an_enrolled_producer_is_heard(keys: Path, endpoint: str) -> None:
    with producer(endpoint, keys / "issued" / "ann") as ann:
        assert ann.send([encode(game("by-ann"))]).events == 2


def test_publish_and_replay_use_the_keys_that_they_are_given(
    service: Service, keys: Path, endpoint: str, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"ingest": endpoint, "ingest_keys": keys / "issued" / "ann"}
    _, told = run(service, "publish", stdin=encode(game("by-publish")) + b"\n", **options)
    assert "1 observations accepted, 0 rejected, 2 events" in told
    recording = tmp_path / "recording.jsonl"
    recording.write_bytes(encode(game("by-replay")))
    _, told = run(service, "replay", str(recording), **options)
    assert "1 observations accepted, 0 rejected, 2 events" in told


def nothing(_dealer: "zmq.Socket[bytes]", _keys: Path, _others: Path) -> None:
    """Proves nothing."""


def unknown_key(dealer: "zmq.Socket[bytes]", keys: Path, others: Path) -> None:
    """Knows the service's public key, and has a key of its own."""
    curve.prove(dealer, others)
    dealer.curve_serverkey, _ = zmq.auth.load_certificate(keys / "server.key")


def other_service(dealer: "zmq.Socket[bytes]", keys: Path, others: Path) -> None:
    """Has an admitted key, and another service's public one."""
    curve.prove(dealer, keys / "issued" / "ann")
    dealer.curve_serverkey, _ = zmq.auth.load_certificate(others / "server.key")


@pytest.mark.parametrize(("prove", "why"), [(nothing, NO_KEY), (unknown_key, UNKNOWN_KEY), (other_service, NO_KEY)])
def test_whoever_proves_no_admitted_key_gets_nothing_and_is_told_of_without_a_flood(
    service: Service,
    keys: Path,
    endpoint: str,
    context: "zmq.Context[zmq.Socket[bytes]]",
    tmp_path: Path,
    prove: Callable[["zmq.Socket[bytes]", Path, Path], None],
    why: str,
) -> None:
    others = curve.enroll(tmp_path / "others", "ann")
    lines = len(service.logged("producer turned away"))
    tries = 0
    began = time.monotonic()
    while time.monotonic() < began + HAMMERING_SECONDS:
        stranger = context.socket(zmq.DEALER)
        prove(stranger, keys, others)
        stranger.connect(endpoint)
        with contextlib.suppress(zmq.Again):
            # There may be no connection any more.
            stranger.send_multipart([b"id", encode(game(f"by-{prove.__name__}"))], zmq.NOBLOCK)
        assert not stranger.poll(100)
        stranger.close(linger=0)
        tries += 1
    assert tries > 5
    # Another test may have filled the pause between two lines.
    until(
        lambda: why in {line["reason"] for line in service.logged("producer turned away")},
        "the log tells of it",
        2 * REPORT_SECONDS,
    )
    assert len(service.logged("producer turned away")) <= lines + 2
    with producer(endpoint, keys / "issued" / "ann") as ann:
        assert ann.send([encode(game(f"by-{prove.__name__}"))]).events == 2


@pytest.mark.alone
def test_a_producer_that_is_enrolled_while_the_service_runs_is_heard_within_a_second(
    service: Service, keys: Path, endpoint: str
) -> None:
    printed, _ = run(service, "enroll", "bob", ingest_keys=keys)
    enrolled = time.monotonic()
    with producer(endpoint, Path(printed.strip())) as bob:
        assert bob.send(last_word("by-bob")).accepted == 1
        assert time.monotonic() - enrolled < EFFECT_SECONDS + IMPATIENCE_SECONDS


def is_heard(producer: "zmq.Socket[bytes]") -> bool:
    producer.send_multipart([secrets.token_bytes(16), encode(game("by-carl"))])
    heard = bool(producer.poll(ANSWER_MS))
    if heard:
        producer.recv_multipart()
    return heard


@pytest.mark.alone
def test_a_producer_that_is_removed_is_heard_no_more_though_it_stays_connected(
    keys: Path, endpoint: str, context: "zmq.Context[zmq.Socket[bytes]]"
) -> None:
    carl = context.socket(zmq.DEALER)
    curve.prove(carl, curve.enroll(keys, "carl"))
    with producer(endpoint, keys / "issued" / "carl") as first:
        # Once it is admitted: a socket that was turned away doesn't try again.
        first.send([encode(game("by-carl"))])
    carl.connect(endpoint)
    until(lambda: is_heard(carl), "the producer is heard")
    assert is_heard(carl)
    (keys / "producers" / "carl.key").unlink()
    removed = time.monotonic()
    until(lambda: not is_heard(carl), "the producer is heard no more")
    assert time.monotonic() - removed < EFFECT_SECONDS + ANSWER_MS / 1000
    carl.send_multipart([b"another id", encode(game("by-carl-alone"))])
    assert not carl.poll(ANSWER_MS)
    with producer(endpoint, keys / "issued" / "ann") as ann:
        assert ann.send([encode(game("by-carl-alone"))]).events == 2


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6 here")
def test_on_loopback_no_keys_are_needed_also_with_ipv6() -> None:
    endpoint = f"tcp://[::1]:{free_port()}"
    with running(workers=1, ingest=endpoint), Producer(endpoint, give_up_seconds=IMPATIENCE_SECONDS) as ann:
        assert ann.send(last_word()).accepted == 1


def test_without_its_keys_the_service_does_not_start(tmp_path: Path) -> None:
    told = start_in_vain(ingest=f"tcp://127.0.0.1:{free_port()}", ingest_keys=tmp_path / "none")
    assert f"can't use {tmp_path}/none/server.key_secret" in told


def test_a_producer_that_is_refused_does_not_hang_however_long_ago_that_was(endpoint: str, tmp_path: Path) -> None:
    with Producer(endpoint, timeout_seconds=0.5, give_up_seconds=1.0) as keyless:
        until(lambda: not keyless._socket.poll(0, zmq.POLLOUT), "the connection has ended")
        with pytest.raises(BrokerUnreachableError, match="no answer from the broker"):
            keyless.send([encode(game("by-a-stranger"))])
    stranger = curve.enroll(tmp_path / "others", "ann")
    with (
        Producer(endpoint, timeout_seconds=0.5, give_up_seconds=1.0, keys=stranger) as unknown,
        pytest.raises(BrokerUnreachableError, match="which may not admit our key"),
    ):
        unknown.send([encode(game("by-a-stranger"))])
