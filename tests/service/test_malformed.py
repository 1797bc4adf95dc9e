"""Batches with bad observations: the good ones are taken, each bad one is named, and the broker goes on."""

import asyncio
import json
import secrets
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import zmq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker.ingest import MESSAGE_LIMIT_BYTES
from broker.observations import BATCH_LIMIT_BYTES, BATCH_LIMIT_OBSERVATIONS
from service.observed import encode, game, last_word, quote
from service.producing import Socket, answered, exchange, producer
from service.running import Service
from service.subscriber import Subscriber
from service.waiting import DEADLINE_SECONDS

KNOWN = "known-game"
MEGABYTES_10 = 10 * 1024 * 1024
prices = count(100)
"""Each price differs from the one before, so that each good quote makes one event."""


@pytest.fixture(scope="module")
def socket(service: Service) -> Iterator[Socket]:
    """A producer that has told of one game."""
    with producer(service.endpoint) as socket:
        exchange(socket, encode(game(KNOWN)))
        yield socket


def good() -> bytes:
    return encode(quote(KNOWN, float(next(prices))))


def changed(**fields: object) -> bytes:
    """A quote with other fields."""
    return encode(quote(KNOWN, 150.0) | fields)


def without(field: str) -> bytes:
    """A quote without a field."""
    return encode({name: value for name, value in quote(KNOWN, 150.0).items() if name != field})


def bad_game(**scores: object) -> bytes:
    """A game whose scores are wrong."""
    observation = game(KNOWN)
    observation["game"]["scores"] |= scores
    return encode(observation)


BAD = {
    "bad JSON": b'{"kind":"quote",',
    "two objects on a line": b"{} {}",
    "no object": b"42",
    "null": b"null",
    "no kind": b"{}",
    "unknown kind": changed(kind="rumour"),
    "kind of another type": changed(kind=7),
    "no game": encode({"kind": "game", "ts": 1}),
    "missing price": without("price"),
    "missing points": without("points"),
    "missing book": without("book"),
    "string for a price": changed(price="150"),
    "boolean for a price": changed(price=True),
    "null for a price": changed(price=None),
    "NaN": changed(price=float("nan")),
    "infinity": changed(price=float("inf")),
    "too large for a float": without("price").replace(b"}", b', "price": 1e999}'),
    "no American odds": changed(price=99.9),
    "zero": changed(price=0.0),
    "string for points": changed(points="1.5"),
    "negative ts": changed(ts=-1),
    "fractional ts": changed(ts=1.5),
    "ts past 2^53": changed(ts=2**53),
    "huge ts": changed(ts=10**40),
    "unknown game": changed(game_id="nobody-knows"),
    "empty game_id": changed(game_id=""),
    "long game_id": changed(game_id="x" * 201),
    "lone surrogate": changed(book="x").replace(b'"x"', b'"\\ud800"'),
    "string for a score": bad_game(score_home="3"),
    "float for a score": bad_game(score_home=3.5),
    "null for is_live": bad_game(is_live=None),
    "10 MB line": changed(book="x" * MEGABYTES_10),
    "binary junk": bytes(byte for byte in range(256) if byte != ord("\n")),
    "invalid UTF-8": changed(book="xx").replace(b"xx", b"\xff\xfe"),
    "deep nesting": b"[" * 50_000,
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_bad_observation_is_named_and_the_good_ones_around_it_are_taken(socket: Socket, bad: bytes) -> None:
    answer = exchange(socket, b"\n".join([good(), bad, good()]))
    assert (answer.accepted, answer.events) == (2, 2)
    assert list(answer.rejected) == [1]
    assert len(answer.rejected[1]) > 10


def test_all_bad_ones_of_one_batch_are_named(socket: Socket) -> None:
    lines = [line for bad in BAD.values() for line in (bad, good())]
    answer = exchange(socket, b"\n".join(lines))
    assert answer.accepted == answer.events == len(BAD)
    assert list(answer.rejected) == list(range(0, len(lines), 2))


def test_a_json_array_is_a_batch_too(socket: Socket) -> None:
    items = [good(), BAD["unknown kind"], good(), b"[1]", b"3"]
    answer = exchange(socket, b" [" + b",\n ".join(items) + b"]\n")
    assert (answer.accepted, answer.events) == (2, 2)
    assert list(answer.rejected) == [1, 3, 4]


@pytest.mark.parametrize("payload", [b"", b"\n \r\n\n", b"[]", b" [ ] "])
def test_an_empty_batch_is_answered(socket: Socket, payload: bytes) -> None:
    assert exchange(socket, payload)[1:] == (0, 0, {}, None, False)


@pytest.mark.parametrize(
    "parts",
    [[b"id"], [b"id", good(), b"more"], [b"id", b"", b"", good()], [b"x" * 65, good()]],
    ids=["one part", "three parts", "four parts", "long id"],
)
def test_a_message_that_is_no_batch_is_answered_with_the_rule(socket: Socket, parts: list[bytes]) -> None:
    socket.send_multipart(parts)
    answer = answered(socket.recv_multipart())
    assert answer.batch_id == parts[0]
    assert (answer.accepted, answer.events) == (0, 0)
    assert answer.error
    assert "two parts" in answer.error
    assert answer.permanent


def test_a_batch_of_the_largest_size_is_taken(socket: Socket) -> None:
    line = good()
    assert exchange(socket, line + b"\n" * (BATCH_LIMIT_BYTES - len(line))).accepted == 1
    assert exchange(socket, b"\n".join([good()] * BATCH_LIMIT_OBSERVATIONS)).accepted == BATCH_LIMIT_OBSERVATIONS


def test_a_batch_that_is_larger_is_answered_with_the_rule(socket: Socket) -> None:
    for size in (BATCH_LIMIT_BYTES + 1, MESSAGE_LIMIT_BYTES):
        line = good()
        answer = exchange(socket, line + b"\n" * (size - len(line)))
        assert answer[1:] == (0, 0, {}, "a batch is at most 16777216 bytes: send this one in parts", True)


def test_a_batch_of_too_many_observations_is_answered_with_the_rule(socket: Socket) -> None:
    lines = [good()] * (BATCH_LIMIT_OBSERVATIONS + 1)
    for payload in (b"\n".join(lines), b"[" + b",".join(lines) + b"]"):
        answer = exchange(socket, payload)
        assert answer[1:] == (0, 0, {}, "a batch is at most 10000 observations: send this one in parts", True)


def test_who_sends_even_more_is_cut_off_and_nobody_else_notices(service: Service, socket: Socket) -> None:
    with producer(service.endpoint) as other, other.get_monitor_socket(zmq.EVENT_DISCONNECTED) as monitor:
        assert exchange(other, good()).accepted == 1
        other.send_multipart([b"id", bytes(MESSAGE_LIMIT_BYTES + 1)])
        assert monitor.poll(int(DEADLINE_SECONDS * 1000))
        other.disable_monitor()
    assert exchange(socket, good()).accepted == 1


def test_a_req_socket_is_a_producer_too(service: Service, socket: Socket) -> None:
    with producer(service.endpoint, zmq.REQ) as req:
        assert exchange(req, good()).accepted == 1
        assert list(exchange(req, b"\n".join([b"junk", good()])).rejected) == [0]


def test_a_batch_sent_again_is_answered_again_and_not_applied_again(service: Service, socket: Socket) -> None:
    batch_id, payload = secrets.token_bytes(16), b"\n".join([good(), b"junk"])
    first = exchange(socket, payload, batch_id)
    exchange(socket, good())
    with producer(service.endpoint) as other:
        assert exchange(other, payload, batch_id) == first
    # The old price has not come back: to send the newest one again changes nothing.
    assert exchange(socket, encode(quote(KNOWN, float(next(prices) - 1)))).events == 0


def test_what_is_good_arrives_whatever_was_bad(service: Service, socket: Socket) -> None:
    async def scenario() -> None:
        async with await Subscriber.join(service, "odds") as subscriber:
            lines = [line for bad in BAD.values() for line in (good(), bad)]
            exchange(socket, b"\n".join(lines))
            service.send(last_word())
            await subscriber.until_last()
            sent = [json.loads(line)["price"] for line in lines[::2]]
            assert [json.loads(event)["new_price"] for event in subscriber.events[:-1]] == sent

    asyncio.run(scenario())


def is_line(junk: bytes) -> bool:
    """Whether it is one line of its own, and no array."""
    return b"\n" not in junk and junk.strip() != b"" and not junk.strip().startswith(b"[")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
strangers = st.one_of(
    st.binary(max_size=60).filter(is_line),
    json_values.map(encode).filter(is_line),
    st.sampled_from(list(quote(KNOWN, 150.0))).filter(lambda name: name not in ("ts", "player_id")).map(without),
    st.text(max_size=30).filter(lambda name: name != KNOWN).map(lambda name: changed(game_id=name)),
    st.floats(-99.99, 99.99).map(lambda price: changed(price=price)),
    st.sampled_from(["price", "pn_market_type", "book", "outcome"]).flatmap(
        lambda name: st.sampled_from([None, [], {}, False]).map(lambda value: changed(**{name: value}))
    ),
    st.tuples(st.integers(1, 100), st.integers(0, 255)).map(lambda at: _damaged(*at)),
)
friends = st.text(max_size=30).map(lambda book: ("good", book))


def _damaged(position: int, byte: int) -> bytes:
    """A quote that ends too early, with a byte that doesn't belong there."""
    cut = changed()[:position] + bytes([byte])
    return cut.replace(b"\n", b"?").replace(b"}", b"?")


@settings(derandomize=True, max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(batch=st.lists(strangers | friends, min_size=1, max_size=12))
def test_any_mixture_is_sorted_into_good_and_bad(socket: Socket, batch: list[Any]) -> None:
    lines = [encode(quote(KNOWN, float(next(prices)), book=one[1])) if isinstance(one, tuple) else one for one in batch]
    bad = [index for index, one in enumerate(batch) if not isinstance(one, tuple)]
    answer = exchange(socket, b"\n".join(lines))
    assert list(answer.rejected) == bad
    assert all(answer.rejected.values())
    assert answer.accepted == answer.events == len(batch) - len(bad)


@settings(derandomize=True, max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(parts=st.lists(st.binary(max_size=80), min_size=1, max_size=5))
def test_any_message_is_survived(service: Service, socket: Socket, parts: list[bytes]) -> None:
    with producer(service.endpoint) as other:
        other.send_multipart(parts)
        # The same connection is answered in order: the second answer tells that the first one's turn is over.
        other.recv_multipart()
        assert exchange(other, good()).accepted == 1
