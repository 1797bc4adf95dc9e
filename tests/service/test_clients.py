"""Clients that nobody here wrote, and our own, receive the same sequence."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import aclosing

import aiohttp
import pytest

from broker.messages import CHANNELS, Channel
from service.clients import CLIENTS, Frames
from service.derived import derive
from service.observed import encode, game, last_word, quote
from service.running import Service, running
from service.subscriber import is_new_game
from service.waiting import DEADLINE_SECONDS, eventually

QUOTES = 500
PING_SLOTS = 30


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "tls"])
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    with running(tls=request.param) as service:
        yield service


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_receives_welcome_snapshot_and_every_event(
    service: Service, client: Callable[[Service, Channel], Frames], channel: Channel
) -> None:
    game_id = f"game-of-{client.__name__}-{channel}"
    batches = [
        [encode(game(game_id, "unplayed", venue="Estádio da Luz"))],
        [encode(game(game_id))],
        *([encode(quote(game_id, 100.0 + number, outcome="Örebro SK"))] for number in range(QUOTES)),
        [encode(game(game_id, score_home=1)), encode(quote(game_id, -250.0))],
        [encode(game(game_id, "final", score_home=1))],
        last_word(f"last-of-{game_id}"),
    ]
    emitted = derive(batches)
    expected = emitted if channel == "odds" else [event for event in emitted if "price_change" not in event]

    async def scenario() -> None:
        async with aclosing(client(service, channel)) as frames:
            async with asyncio.timeout(DEADLINE_SECONDS):
                welcome, snapshot = json.loads(await anext(frames)), json.loads(await anext(frames))
                sending = asyncio.create_task(asyncio.to_thread(lambda: [service.send(batch) for batch in batches]))
                events = await collect(frames, f"last-of-{game_id}")
                await sending
        assert (welcome["type"], welcome["channel"]) == ("welcome", channel)
        assert welcome["message"] == f"connected to books-relayer {channel} channel"
        assert (snapshot["type"], snapshot["count"]) == ("snapshot", 0)
        assert events == expected

    asyncio.run(scenario())


async def collect(frames: Frames, last_game: str) -> list[str]:
    """All frames up to the new_game of that game."""
    events = []
    async for frame in frames:
        events.append(frame)
        if is_new_game(frame, last_game):
            break
    return events


def test_the_server_pings_its_subscribers_one_after_the_other(service: Service) -> None:
    """Each has its second of thirty: with one in each second at either worker, no test waits for a whole turn."""

    async def scenario() -> None:
        pinged: list[int] = []

        async def listen(session: aiohttp.ClientSession, number: int) -> None:
            async with session.ws_connect(service.url("live"), autoping=False, ssl=service.trust or True) as connection:
                async for message in connection:
                    if message.type is aiohttp.WSMsgType.PING:
                        pinged.append(number)

        async with aiohttp.ClientSession() as session:
            listeners = [asyncio.create_task(listen(session, number)) for number in range(4 * PING_SLOTS)]
            await eventually(lambda: len(pinged) >= 10, "ten subscribers have been pinged")
            assert len(set(pinged)) == len(pinged)
            assert len(pinged) < len(listeners)
            for listener in listeners:
                listener.cancel()
            await asyncio.gather(*listeners, return_exceptions=True)

    asyncio.run(scenario())
