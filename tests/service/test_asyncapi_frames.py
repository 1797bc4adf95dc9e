"""The AsyncAPI document as it is served: AsyncAPI's own parser likes it, and all that the service sends is in it."""

import asyncio
import json
import subprocess
from importlib.metadata import version
from random import Random
from typing import Any

import msgspec
import pytest
from jsonschema_rs import Draft7Validator

from broker.http.asyncapi import document
from broker.messages import CHANNELS, Channel
from service.node_program import NODE_DIR
from service.observed import encode, game, last_word, made_up_day
from service.running import Service
from service.subscriber import Subscriber
from service.web import fetch

PARSER = "@asyncapi/parser"
WARNING = 1
"""Of the severities that it knows, 0 to 3, the last of those which are no advice."""
PING = '{"action":"ping"}'
ANSWERS = {"pong", "error"}
OBSERVATIONS = 300


def decoded(subscriber: Subscriber) -> list[Any]:
    """All frames that it has received."""
    return [json.loads(frame) for frame in subscriber.frames]


@pytest.fixture(scope="module")
def served(service: Service) -> dict[str, Any]:
    reply = fetch(service, "/asyncapi.json")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    described: dict[str, Any] = reply.json
    return described


def test_it_is_the_document_of_this_service(service: Service, served: dict[str, Any]) -> None:
    assert served == msgspec.to_builtins(document(version("books-relayer"), service.port, tls=False))


@pytest.mark.skipif(
    not (NODE_DIR / "node_modules" / PARSER).exists(),
    reason=f"{PARSER} is not installed: run `npm ci` in tests/service/node, as scripts/test does",
)
def test_asyncapis_own_parser_has_nothing_against_it(served: dict[str, Any]) -> None:
    assert not objections(served)
    # It has, against one that names no host.
    wrong = {**served, "servers": {"relay": {"protocol": "ws"}}}
    assert [each["path"] for each in objections(wrong)] == [["servers", "relay"]]


def objections(described: dict[str, Any]) -> list[dict[str, Any]]:
    """The parser's errors and warnings."""
    told = subprocess.run(
        ["node", str(NODE_DIR / "asyncapi.js")], input=json.dumps(described).encode(), capture_output=True, check=True
    )
    return [each for each in json.loads(told.stdout) if each["severity"] <= WARNING]


@pytest.mark.parametrize("channel", CHANNELS)
def test_all_that_a_subscriber_receives_is_in_it(
    service: Service, served: dict[str, Any], channel: Channel, random: Random
) -> None:
    async def scenario() -> list[Any]:
        async with await Subscriber.join(service, channel) as subscriber:
            service.send(made_up_day(random, OBSERVATIONS))
            service.send([encode(game("game-0", "final", score_home=100))])
            await subscriber.connection.send(PING)
            await subscriber.connection.send("hello")
            await subscriber.until(lambda: {frame["type"] for frame in decoded(subscriber)} >= ANSWERS, "answered")
            service.send(last_word(f"last-{channel}"))
            await subscriber.until(lambda: decoded(subscriber)[-1].get("game_id") == f"last-{channel}", "up to date")
            return decoded(subscriber)

    frames = asyncio.run(scenario())
    described = served["channels"][channel]["messages"]
    validator = Draft7Validator(
        {"oneOf": [served["components"]["messages"][name]["payload"] for name in described], **served}
    )
    for frame in frames:
        validator.validate(frame)
    # What a slow subscriber is told, and what a client says, are not among them.
    assert {frame["type"] for frame in frames} == set(described) - {"lagged", "ping"}
