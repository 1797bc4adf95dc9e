"""What recorded days take on the wire, compressed and plain, counted at the clients' sockets."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from broker.messages import CHANNELS, Channel
from service.observed import last_word
from service.raw import DEFLATE, RawSubscriber
from service.recorded import in_batches, with_pulls
from service.running import Service, running

pytestmark = pytest.mark.alone

BATCH_LINES = 64
LINES = 20_000
"""Of each day at most: the days of the NFL are shorter."""
OFFERS = {"plain": None, "15 bits": DEFLATE, "12 bits": f"{DEFLATE}; server_max_window_bits=12"}
TIMES_FEWER = {"15 bits": 10, "12 bits": 8}


class Client(NamedTuple):
    """A subscriber and what it offered."""

    offer: str
    channel: Channel
    subscriber: RawSubscriber


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running(workers=1) as service:
        yield service


@pytest.mark.parametrize("name", ["nfl-2025-10-12", "nfl-2025-10-19", "nfl-2025-10-26", "baseball-wnba-2026-08-03"])
def test_a_recorded_day_takes_a_tenth_of_the_bytes(service: Service, name: str) -> None:
    lines = with_pulls(name)[:LINES]
    last_game = f"last-of-{name}"
    with ExitStack() as stack, ThreadPoolExecutor(len(OFFERS) * len(CHANNELS)) as reading:
        clients = [
            Client(offer, channel, stack.enter_context(RawSubscriber.join(service, channel, OFFERS[offer])))
            for offer in OFFERS
            for channel in CHANNELS
        ]
        reads = [reading.submit(client.subscriber.read_until_last, last_game) for client in clients]
        for batch in [*in_batches(lines, BATCH_LINES), last_word(last_game)]:
            service.send(batch)
        for read in reads:
            read.result()
    for channel in CHANNELS:
        plain, *compressed = [client for client in clients if client.channel == channel]
        for client in compressed:
            assert client.subscriber.event_texts == plain.subscriber.event_texts
            times = received(plain) / received(client)
            events = len(plain.subscriber.events)
            print(
                f"{name} {channel}, {events} events: {received(plain) / events:.1f} bytes each plain, "
                f"{received(client) / events:.1f} with {client.offer}, {times:.2f} times fewer"
            )
            if channel == "odds":
                assert times >= TIMES_FEWER[client.offer]


def received(client: Client) -> int:
    """The bytes of its events as they came."""
    return sum(len(frame.data) for frame in client.subscriber.events)
