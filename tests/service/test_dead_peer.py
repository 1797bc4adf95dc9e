"""Peers that vanish without a word, or stop reading: their seats are free within the peer timeout.

The kernel ends a connection whose data was not acknowledged, or whose window was closed, for that long (tcp(7),
TCP_USER_TIMEOUT). Where no events flow the ping is that data, so that an idle peer's seat is free within the 30 s
between two pings and the timeout.
"""

import time
from collections.abc import Callable, Iterator

import pytest

from service.feeding import feeding
from service.herd import Herd, herd
from service.namespace import Namespace, namespace, why_impossible
from service.running import Service, running
from service.waiting import until
from workers.door import PING_SLOTS
from workers.worker import TICK_SECONDS

pytestmark = pytest.mark.alone

TIMEOUT_SECONDS = 2
SLACK_SECONDS = 2.0
"""For the kernel's timers, which double, and for a busy machine."""
RECEIVE_BUFFER_BYTES = 4096
FEW_EVENTS, MANY_EVENTS = 40, 2_000
"""A second. The many are about 400 KB, so that the buffers of a client that stops reading are full at once."""

needs_namespaces = pytest.mark.skipif(why_impossible() is not None, reason=why_impossible() or "")


@pytest.fixture
def cable() -> Iterator[Namespace]:
    with namespace() as made:
        yield made


@pytest.fixture
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    """With as many seats as the test says."""
    with running(workers=1, cap=request.param, host="0.0.0.0", peer_timeout_seconds=TIMEOUT_SECONDS) as service:
        yield service


def seconds_until_a_seat_is_free(service: Service, dying: Herd, die: Callable[[], None]) -> float:
    """Have a herd take all seats and die, and measure how long another client has to try."""
    cap = int(str(service.settings["cap"]))
    with herd(service) as other:
        assert len(dying.do(come=range(cap)).admitted) == cap
        assert other.do(come=[0]).refused
        die()
        began = time.monotonic()
        until(lambda: other.do(come=[0]).admitted, "a dead peer's seat is free")
        return time.monotonic() - began


@needs_namespaces
@pytest.mark.parametrize("service", [1], indirect=True)
def test_while_events_flow_a_dead_peers_seat_is_free_within_the_timeout(service: Service, cable: Namespace) -> None:
    with (
        feeding(service, FEW_EVENTS),
        herd(service, "odds", host=cable.host, network="", reads=True, launcher=cable.launcher) as dying,
    ):
        seconds = seconds_until_a_seat_is_free(service, dying, cable.pull)
    assert TIMEOUT_SECONDS <= seconds <= TIMEOUT_SECONDS + SLACK_SECONDS
    print(f"cable pulled while events flowed: seat free after {seconds:.2f} s, timeout {TIMEOUT_SECONDS} s")


@needs_namespaces
@pytest.mark.parametrize("service", [PING_SLOTS], indirect=True)
def test_an_idle_dead_peers_seat_is_free_within_the_timeout_after_its_ping(service: Service, cable: Namespace) -> None:
    """As many as there are seconds between two pings: one of them is pinged each second, and its seat is the first."""
    with herd(service, host=cable.host, network="", reads=True, launcher=cable.launcher) as dying:
        seconds = seconds_until_a_seat_is_free(service, dying, cable.pull)
    assert TIMEOUT_SECONDS <= seconds <= TICK_SECONDS + TIMEOUT_SECONDS + SLACK_SECONDS
    bound = PING_SLOTS * TICK_SECONDS + TIMEOUT_SECONDS
    print(
        f"cable pulled of {PING_SLOTS} idle peers: first seat free after {seconds:.2f} s, the last within {bound:.0f} s"
    )


@pytest.mark.parametrize("service", [1], indirect=True)
def test_the_seat_of_a_frozen_client_is_free_within_the_timeout(service: Service) -> None:
    """Its kernel still answers, but its window is closed."""
    with (
        feeding(service, MANY_EVENTS),
        herd(service, "odds", reads=True, receive_buffer=RECEIVE_BUFFER_BYTES) as dying,
    ):
        seconds = seconds_until_a_seat_is_free(service, dying, dying.stop_reading)
        dying.read_on()
        assert dying.do().cut == [0]
    assert TIMEOUT_SECONDS <= seconds <= TIMEOUT_SECONDS + 2 * SLACK_SECONDS
    print(f"client process stopped: seat free after {seconds:.2f} s, timeout {TIMEOUT_SECONDS} s")
