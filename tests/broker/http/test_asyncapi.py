"""The AsyncAPI document refers to nothing that isn't in it, and tells right frames from wrong ones."""

import re
from collections.abc import Iterable
from typing import Any

import pytest
from jsonschema_rs import Draft7Validator
from msgspec import json

from broker.closing import ALL
from broker.http.asyncapi import document
from broker.messages import CHANNELS, Channel
from workers.subscriber import ON_LAG

DOCUMENT: dict[str, Any] = json.decode(json.encode(document("1.2.3", 8080, tls=False)))
MESSAGES = DOCUMENT["components"]["messages"]
EXAMPLES = {name: message["examples"][0]["payload"] for name, message in MESSAGES.items()}
SCORE = EXAMPLES["score_change"]
PRICE = EXAMPLES["price_change"]


def validator(names: Iterable[str]) -> Draft7Validator:
    """Of frames that are one of those messages and no other; AsyncAPI's own schemas are a superset of draft 7."""
    payloads = [MESSAGES[name]["payload"] for name in names]
    return Draft7Validator({"oneOf": payloads, "components": DOCUMENT["components"]})


def test_every_reference_leads_somewhere() -> None:
    references = re.findall(r'"\$ref":"#/([^"]+)"', json.encode(DOCUMENT).decode())
    assert references
    for reference in references:
        place = DOCUMENT
        for name in reference.split("/"):
            place = place[name]


def test_the_server_is_the_one_that_runs() -> None:
    plain, secure = (document("1.2.3", 4711, tls=tls)["servers"]["relay"] for tls in (False, True))
    assert (plain["protocol"], secure["protocol"]) == ("ws", "wss")
    assert plain["variables"]["port"]["default"] == "4711"


def test_the_channels_differ_by_prices_only() -> None:
    live, odds = (DOCUMENT["channels"][channel] for channel in CHANNELS)
    assert (live["address"], odds["address"]) == ("/ws/live", "/ws/odds")
    assert odds["messages"].keys() - live["messages"].keys() == {"price_change"}
    assert odds["messages"].keys() == MESSAGES.keys()
    assert live["bindings"]["ws"]["query"]["properties"]["on_lag"]["enum"] == list(ON_LAG)


def test_every_close_code_is_told() -> None:
    told = DOCUMENT["info"]["description"]
    assert all(f"| {each.code} | {each.reason} | {each.reconnect.value} |" in told for each in ALL)


@pytest.mark.parametrize("name", MESSAGES)
def test_every_example_is_of_its_own_message_and_of_no_other(name: str) -> None:
    examples = [example["payload"] for example in MESSAGES[name]["examples"]]
    assert examples
    for each in MESSAGES:
        assert {validator([each]).is_valid(example) for example in examples} == {each == name}


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channels_operations_have_all_its_messages(channel: Channel) -> None:
    sends, answers = (DOCUMENT["operations"][f"{channel}_{what}"] for what in ("send", "answer"))
    references = [*sends["messages"], *answers["messages"], *answers["reply"]["messages"]]
    named = [reference["$ref"].removeprefix(f"#/channels/{channel}/messages/") for reference in references]
    assert sorted(named) == sorted(DOCUMENT["channels"][channel]["messages"])


@pytest.mark.parametrize(
    "frame",
    [
        {**SCORE, "type": "goal"},
        {name: value for name, value in SCORE.items() if name != "clock"},
        {**SCORE, "score_home": "7"},
        {**SCORE, "score_home": 7.5},
        {**SCORE, "game_id": None},
        {**PRICE, "new_price": None},
        {**EXAMPLES["snapshot"], "games": [{**EXAMPLES["snapshot"]["games"][0], "status": "postponed"}]},
        {**EXAMPLES["welcome"], "channel": "dead"},
        {},
        [],
    ],
)
def test_a_wrong_frame_fits_no_message(frame: Any) -> None:
    assert not validator(MESSAGES).is_valid(frame)
