"""Real ZeroMQ sockets on a real loop: whatever arrives is read, at any moment, without being asked for."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import zmq

from broker.port import BYTES_PER_TURN, MESSAGES_PER_TURN, Port

PATIENCE_SECONDS = 20
Context = zmq.Context[zmq.Socket[bytes]]


@pytest.fixture
def context() -> Iterator[Context]:
    context = Context()
    yield context
    context.destroy(linger=0)


@pytest.fixture(params=["inproc", "ipc"])
def endpoint(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return "inproc://port" if request.param == "inproc" else f"ipc://{tmp_path / 'port.sock'}"


def pair(context: Context, endpoint: str) -> "tuple[zmq.Socket[bytes], zmq.Socket[bytes]]":
    router, dealer = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
    for socket in (router, dealer):
        socket.setsockopt(zmq.SNDHWM, 0)
        socket.setsockopt(zmq.RCVHWM, 0)
    router.bind(endpoint)
    dealer.connect(endpoint)
    return router, dealer


def run(play: Callable[[asyncio.AbstractEventLoop, Callable[[], None]], None]) -> None:
    """Run a loop until the play calls its curtain."""

    async def act() -> None:
        done = asyncio.Event()
        play(asyncio.get_running_loop(), done.set)
        await asyncio.wait_for(done.wait(), PATIENCE_SECONDS)

    asyncio.run(act())


@pytest.mark.parametrize("count", [1, MESSAGES_PER_TURN, MESSAGES_PER_TURN + 1, 1_000])
def test_a_burst_is_all_read_in_order(context: Context, endpoint: str, count: int) -> None:
    router, dealer = pair(context, endpoint)
    received: list[bytes] = []

    def play(loop: asyncio.AbstractEventLoop, curtain: Callable[[], None]) -> None:
        def receive(parts: list[bytes]) -> None:
            received.append(parts[1])
            if len(received) == count:
                curtain()

        Port(loop, router, receive)
        for number in range(count):
            dealer.send(b"%d" % number)

    run(play)
    assert received == [b"%d" % number for number in range(count)]


def test_what_came_before_the_port_was_made_is_read(context: Context) -> None:
    router, dealer = pair(context, "inproc://early")
    dealer.send(b"early")

    def play(loop: asyncio.AbstractEventLoop, curtain: Callable[[], None]) -> None:
        Port(loop, router, lambda _parts: curtain())

    run(play)


def test_answers_from_inside_the_callback_lose_no_message(context: Context, endpoint: str) -> None:
    """The descriptor is edge-triggered, and each send may swallow the edge of what just came in."""
    router, dealer = pair(context, endpoint)
    rounds = 2_000
    echoed: list[int] = []

    def play(loop: asyncio.AbstractEventLoop, curtain: Callable[[], None]) -> None:
        def echo(parts: list[bytes]) -> None:
            assert server.send(*parts)

        def answered(parts: list[bytes]) -> None:
            echoed.append(int(parts[0]))
            if len(echoed) == rounds:
                curtain()
            elif len(echoed) + 3 < rounds:
                client.send(b"%d" % (len(echoed) + 3))

        server, client = Port(loop, router, echo), Port(loop, dealer, answered)
        for number in range(4):
            client.send(b"%d" % number)

    run(play)
    assert echoed == list(range(rounds))


def test_each_run_of_messages_ends_with_one_call(context: Context) -> None:
    router, dealer = pair(context, "inproc://turns")
    story: list[str] = []

    def play(loop: asyncio.AbstractEventLoop, curtain: Callable[[], None]) -> None:
        def turn_done() -> None:
            story.append("done")
            if story.count("message") == 3:
                curtain()

        Port(loop, router, lambda _parts: story.append("message"), turn_done)
        for _ in range(3):
            dealer.send(b"")

    run(play)
    assert story == ["message"] * 3 + ["done"]


@pytest.mark.parametrize(
    ("body", "per_turn"),
    [(b"", MESSAGES_PER_TURN), (bytes(BYTES_PER_TURN // 4), 4), (bytes(2 * BYTES_PER_TURN), 1)],
    ids=["many", "large", "larger than a turn"],
)
def test_the_loop_gets_its_turn_during_a_flood(context: Context, body: bytes, per_turn: int) -> None:
    router, dealer = pair(context, "inproc://flood")
    count = 10 * per_turn
    seen_at: list[int] = []

    def play(loop: asyncio.AbstractEventLoop, curtain: Callable[[], None]) -> None:
        received: list[list[bytes]] = []

        def receive(parts: list[bytes]) -> None:
            received.append(parts)
            if len(received) == count:
                curtain()

        def look() -> None:
            seen_at.append(len(received))
            if len(received) < count:
                loop.call_soon(look)

        for _ in range(count):
            dealer.send(body)
        Port(loop, router, receive)
        look()

    run(play)
    assert max(later - earlier for earlier, later in pairwise(seen_at)) == per_turn


def test_a_send_that_nobody_can_take_says_so(context: Context, tmp_path: Path) -> None:
    async def act() -> None:
        loop = asyncio.get_running_loop()
        lonely = context.socket(zmq.DEALER)
        lonely.bind(f"ipc://{tmp_path / 'lonely.sock'}")
        router = context.socket(zmq.ROUTER)
        router.setsockopt(zmq.ROUTER_MANDATORY, 1)
        for socket, parts in ((lonely, (b"x",)), (router, (b"stranger", b"x"))):
            port = Port(loop, socket, lambda _parts: None)
            assert port.send(*parts) is False
            port.close()

    asyncio.run(act())


def test_a_port_closed_in_its_own_callback_reads_no_more(context: Context) -> None:
    router, dealer = pair(context, "inproc://closing")
    received: list[list[bytes]] = []

    def play(loop: asyncio.AbstractEventLoop, curtain: Callable[[], None]) -> None:
        def receive(parts: list[bytes]) -> None:
            received.append(parts)
            port.close()
            loop.call_soon(loop.call_soon, curtain)

        port = Port(loop, router, receive)
        for _ in range(5):
            dealer.send(b"")

    run(play)
    assert len(received) == 1
    assert router.closed


def test_what_was_sent_just_before_closing_still_goes_out(context: Context, tmp_path: Path) -> None:
    router, dealer = pair(context, f"ipc://{tmp_path / 'last.sock'}")
    dealer.send(b"hello")
    assert router.poll(PATIENCE_SECONDS * 1000)

    def play(loop: asyncio.AbstractEventLoop, curtain: Callable[[], None]) -> None:
        def receive(parts: list[bytes]) -> None:
            port.send(parts[0], b"last words")
            port.close()
            curtain()

        port = Port(loop, router, receive)

    run(play)
    assert dealer.poll(PATIENCE_SECONDS * 1000)
    assert dealer.recv() == b"last words"


def test_what_has_come_can_be_read_before_the_loops_next_turn(context: Context, endpoint: str) -> None:
    router, dealer = pair(context, endpoint)
    received: list[bytes] = []

    def play(loop: asyncio.AbstractEventLoop, curtain: Callable[[], None]) -> None:
        port = Port(loop, router, lambda parts: received.append(parts[1]))
        dealer.send(b"now")
        while not received:
            port.read()
        curtain()

    run(play)
    assert received == [b"now"]
