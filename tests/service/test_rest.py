"""REST over recorded games while they are played, and what its requests may and may not."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from broker.recordings import merged
from service.observed import encode, game, quote
from service.recorded import in_batches, recording
from service.running import Service, now_ms, running
from service.subscriber import Subscriber
from service.truth import Truth
from service.waiting import eventually, until
from service.web import Reply, ask, fetch

NAME = "nfl-2025-10-12"
BATCH_LINES = 32
BATCHES_PER_LOOK = 8
"""At most: however busy the machine is, games are asked for while they move."""
EFFECT_SECONDS = 1.0
MARGIN_SECONDS = 0.5
"""For a machine that does other things as well."""
Prices = dict[tuple[str, str, str, float | None], float]
"""pn_market_type, book, outcome, points."""


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """One that lets a key ask as often as it likes."""
    with running(requests_per_second=100_000) as service:
        yield service


def shown(reply: Reply) -> Prices:
    """The prices of an answer."""
    assert reply.status == 200, reply.text
    return {
        (market, each["book"], each["outcome"], each["points"]): each["price"]
        for market, outcomes in reply.json["markets"].items()
        for each in outcomes
    }


class Fold:
    """Prices as a subscriber knows them that has folded all events up to some sequence number.

    Args:
        events: with the sequence number of each, in order.
    """

    def __init__(self, events: list[tuple[int, dict[str, Any]]]) -> None:
        self._events = events
        self._next = 0
        self._prices: dict[str, Prices] = {}

    def prices(self, game_id: str, seq: int) -> Prices:
        """Those of a game; to be asked for ever higher sequence numbers."""
        while self._next < len(self._events) and self._events[self._next][0] <= seq:
            event = self._events[self._next][1]
            self._next += 1
            outcome = (event["pn_market_type"], event["book"], event["outcome"], event["points"])
            self._prices.setdefault(event["game_id"], {})[outcome] = event["new_price"]
        return self._prices.get(game_id, {})


def test_prices_are_those_folded_from_the_stream_at_the_sequence_number_while_games_move(service: Service) -> None:
    batches = in_batches([one.line.text for one in merged([recording(NAME)])], BATCH_LINES)
    replies: list[tuple[str, Reply]] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            games = json.loads(ask(service, "/v1/games/search?q=nfl").body)["games"]
            for each in games:
                replies.append((each["game_id"], ask(service, f"/v1/games/{each['game_id']}")))

    def seen_at_least(count: int) -> bool:
        return len({reply.seq for _, reply in list(replies)}) >= count

    async def scenario() -> list[str]:
        async with await Subscriber.join(service, "odds") as subscriber:
            reader = asyncio.create_task(asyncio.to_thread(look))
            for number, batch in enumerate(batches):
                receipt = await asyncio.to_thread(service.send, batch)
                assert not receipt.rejected
                await eventually(partial(seen_at_least, number // BATCHES_PER_LOOK), "games are asked for")
            ended.set()
            await reader
            await asyncio.to_thread(service.send, [encode(game("the-last-game", "unplayed"))])
            await subscriber.until_last()
            return subscriber.events

    received = asyncio.run(scenario())
    truth = Truth.read(service.data_dir)
    # What it got are all events; where each stands in the sequence, the journal tells.
    assert received == truth.events("odds")
    numbered = [
        (seq, event)
        for seq, text in zip(sequence_numbers(truth), received, strict=True)
        if (event := json.loads(text))["type"] == "price_change"
    ]
    fold = Fold(numbered)
    for game_id, reply in sorted(replies, key=lambda each: each[1].seq):
        assert shown(reply) == fold.prices(game_id, reply.seq)
    assert len({game_id for game_id, _ in replies}) == 12


def sequence_numbers(truth: Truth) -> list[int]:
    """Of each event that went out."""
    numbers: list[int] = []
    for commit in truth.commits:
        seq = commit.first_seq
        for entry in commit.entries:
            numbers += range(seq, seq + len(entry.frames))
            seq += entry.length
    return numbers


@pytest.mark.alone
def test_an_acknowledged_observation_is_soon_there(service: Service) -> None:
    receipt = service.send([encode(game("g-soon")), encode(quote("g-soon", -110.0))])
    assert not receipt.rejected
    until(lambda: ask(service, "/v1/games/g-soon/markets").status == 200, "REST knows the game", EFFECT_SECONDS)
    reply = ask(service, "/v1/games/g-soon/markets?book=Book&market=moneyline")
    assert (reply.json["market_count"], reply.json["outcome_count"]) == (1, 1)
    assert reply.json["markets"]["moneyline"] == [
        {"book": "Book", "outcome": "Home", "price": -110.0, "points": None, "player_id": None}
    ]
    assert ask(service, "/v1/games/g-soon?market=totals").json["markets"] == {}
    assert ask(service, "/v1/games/g-soon/scores").json["home_team"] == "Home"
    until(lambda: "Book" in ask(service, "/v1/books").json["books"], "the book is listed", 2 * EFFECT_SECONDS)


@pytest.mark.parametrize(("child", "price"), [("broker", 101.0), ("http", 102.0)])
def test_the_state_is_there_after_a_process_was_killed(service: Service, child: str, price: float) -> None:
    service.send([encode(game("g-kill")), encode(quote("g-kill", -110.0))])
    service.kill(child)
    service.send([encode(quote("g-kill", price))])
    until(lambda: _price(service, "g-kill") == price, "REST goes on from where it was")


def _price(service: Service, game_id: str) -> float | None:
    try:
        reply = ask(service, f"/v1/games/{game_id}")
    except OSError:
        return None
    return next(iter(shown(reply).values()), None) if reply.status == 200 else None


@pytest.mark.parametrize(
    ("target", "status", "word"),
    [
        ("/v1/games/nope", 404, "nope"),
        ("/v1/games/nope/scores", 404, "nope"),
        ("/v1/games/search", 400, "q"),
        ("/v1/games/search?q=", 400, "q"),
        ("/v1/games/search?q=x&live=maybe", 400, "live"),
        ("/v1/nonsense", 404, "/v1/nonsense"),
    ],
)
def test_what_is_wrong_is_named(service: Service, target: str, status: int, word: str) -> None:
    reply = ask(service, target)
    assert (reply.status, list(reply.json)) == (status, ["error"])
    assert word in reply.json["error"]


@pytest.mark.parametrize("target", ["/v1/leagues/xyz/games", "/v1/leagues/xyz/scores"])
def test_an_unknown_league_is_an_empty_one(service: Service, target: str) -> None:
    assert ask(service, target).json["count"] == 0


def test_other_methods_are_not_allowed(service: Service) -> None:
    reply = fetch(service, "/v1/games/live", "POST", {"Authorization": f"Bearer {service.key}"})
    assert (reply.status, list(reply.json)) == (405, ["error"])


def test_a_key_is_taken_from_header_or_query(service: Service) -> None:
    assert fetch(service, f"/v1/games/live?key={service.key}").status == 200
    assert ask(service, "/v1/games/live").status == 200
    for headers in ({}, {"Authorization": "Bearer pn_live_unknown_0123456789"}, {"Authorization": "Basic abc"}):
        reply = fetch(service, "/v1/games/live", headers=headers)
        assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")


def test_a_key_for_live_only_sees_no_prices(service: Service) -> None:
    service.send([encode(game("g-live"))])
    key = service.new_key(channels=("live",))
    until(lambda: ask(service, "/v1/games/live", key).status == 200, "the key opens")
    until(lambda: ask(service, "/v1/games/g-live/scores", key).status == 200, "the game is there")
    for target in ("/v1/games/g-live", "/v1/games/g-live/markets"):
        assert ask(service, target, key).status == 403


@pytest.mark.alone
def test_a_revoked_key_opens_no_more_within_a_second(service: Service) -> None:
    key = service.new_key()
    until(lambda: ask(service, "/v1/games/live", key).status == 200, "the key opens")
    service.keys.revoke(service.key_id(key), now_ms())
    revoked = time.monotonic()
    until(lambda: ask(service, "/v1/games/live", key).status == 401, "the key opens no more")
    assert time.monotonic() - revoked < EFFECT_SECONDS + MARGIN_SECONDS


def test_a_key_that_asks_too_often_is_told_to_wait() -> None:
    with running(workers=1, requests_per_second=1) as service:
        replies = [ask(service, "/v1/games/live") for _ in range(5)]
        refused = next(reply for reply in replies if reply.status == 429)
        assert int(refused.headers["retry-after"]) >= 1
        assert list(refused.json) == ["error"]
        until(lambda: ask(service, "/v1/games/live").status == 200, "the key may ask again")
