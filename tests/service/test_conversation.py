"""What a subscriber says, and what it is answered."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from broker.closing import BINARY_MESSAGE, FLOODING, INVALID_UTF8, MESSAGE_TOO_BIG, Closing
from service.running import Service, now_ms
from service.subscriber import Subscriber
from service.waiting import POLL_SECONDS

PING = '{"action":"ping"}'
LIMIT_BYTES = 4096
BURST_MESSAGES = 300
FLOOD_SECONDS = 10
FLOOD_DEADLINE_SECONDS = 15


def talk(service: Service, scenario: Callable[[Subscriber], Coroutine[None, None, None]]) -> None:
    """Play a scenario with one subscriber."""

    async def play() -> None:
        async with await Subscriber.join(service, "live") as subscriber:
            await scenario(subscriber)

    asyncio.run(play())


@pytest.mark.parametrize("message", [PING, '{ "action" : "ping", "id": 7 }', [PING[:5], PING[5:9], "", PING[9:]]])
def test_a_json_ping_gets_a_pong_whole_or_in_fragments(service: Service, message: str | list[str]) -> None:
    async def scenario(subscriber: Subscriber) -> None:
        before = now_ms()
        pong = await subscriber.ask(message)
        assert list(pong) == ["type", "ts"]
        assert pong["type"] == "pong"
        assert before <= pong["ts"] <= now_ms()

    talk(service, scenario)


@pytest.mark.parametrize(
    "message",
    ["hello", "", "{", "[]", "null", '{"action":"subscribe"}', '{"action":1}', "[" * 4000, "\x00", "x" * LIMIT_BYTES],
)
def test_any_other_text_gets_an_error_and_the_connection_stays(service: Service, message: str) -> None:
    async def scenario(subscriber: Subscriber) -> None:
        error = await subscriber.ask(message)
        assert list(error) == ["type", "code", "message"]
        assert (error["type"], error["code"]) == ("error", "unknown_action")
        assert (await subscriber.ask(PING))["type"] == "pong"

    talk(service, scenario)


@pytest.mark.parametrize(
    ("message", "is_text", "closing"),
    [
        (b"\x00\x01", False, BINARY_MESSAGE),
        (PING.encode(), False, BINARY_MESSAGE),
        (b"x" * (LIMIT_BYTES + 1), True, MESSAGE_TOO_BIG),
        ([b"x" * LIMIT_BYTES, b"x"], True, MESSAGE_TOO_BIG),
        (b"\xff\xfe", True, INVALID_UTF8),
    ],
)
def test_what_no_client_may_send_closes_with_its_code(
    service: Service, message: bytes | list[bytes], is_text: bool, closing: Closing
) -> None:
    async def scenario(subscriber: Subscriber) -> None:
        await subscriber.connection.send(message, text=is_text)
        code, _ = await subscriber.until_closed()
        assert code == closing.code

    talk(service, scenario)


def test_a_websocket_ping_gets_its_pong(service: Service) -> None:
    async def scenario(subscriber: Subscriber) -> None:
        await asyncio.wait_for(await subscriber.connection.ping(b"there?"), 10)

    talk(service, scenario)


def test_a_burst_is_answered_and_no_flood(service: Service) -> None:
    async def scenario(subscriber: Subscriber) -> None:
        for _ in range(BURST_MESSAGES):
            await subscriber.connection.send(PING)
        await subscriber.until(lambda: len(subscriber.events) == BURST_MESSAGES, "answered each time")
        assert {json.loads(answer)["type"] for answer in subscriber.events} == {"pong"}
        assert subscriber.is_open

    talk(service, scenario)


def test_a_flood_of_ten_seconds_is_closed(service: Service) -> None:
    """The one test that takes long by its nature: ten seconds of flooding are the rule."""

    async def scenario(subscriber: Subscriber) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        with suppress(ConnectionClosed):
            while loop.time() - started < FLOOD_DEADLINE_SECONDS:
                await subscriber.connection.send(PING)
                await asyncio.sleep(POLL_SECONDS)
        assert await subscriber.until_closed() == (FLOODING.code, FLOODING.reason)
        assert loop.time() - started > FLOOD_SECONDS - 1

    talk(service, scenario)
