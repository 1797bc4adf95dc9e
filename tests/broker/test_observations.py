"""One bad observation never costs another one."""

from collections.abc import Callable

import pytest
from builders import game, observations, payload, pull, quote, seen
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from broker.observations import (
    BATCH_LIMIT_OBSERVATIONS,
    OBSERVATION_LIMIT_BYTES,
    BatchError,
    GameSeen,
    Observation,
    Pull,
    Quote,
    Rejection,
    parse,
)

GOOD = b'{"kind":"pull","game_id":"g1","pn_market_type":"m","book":"b","outcome":"o","points":null}'
QUOTE = (
    b'{"kind":"quote","ts":1760284460000,"game_id":"31853-24302-2025-10-12","pn_market_type":"spreads",'
    b'"book":"BetMGM","outcome":"Denver Broncos","price":-118,"points":-2.5,"player_id":null}'
)


def without(field: bytes) -> bytes:
    fields = json.decode(QUOTE)
    del fields[field.decode()]
    return json.encode(fields)


def test_each_kind_is_read_from_lines_and_from_an_array() -> None:
    batch: list[Observation] = [seen(game(home=3), ts=5), quote(-118.0, points=-2.5), pull()]
    lines = payload(batch)
    assert list(parse(lines)) == batch
    assert list(parse(b" [" + lines.replace(b"\n", b",\n") + b"]\n")) == batch


def test_the_contract_s_own_example_is_read() -> None:
    assert list(parse(QUOTE)) == [
        Quote(
            "31853-24302-2025-10-12",
            "spreads",
            "BetMGM",
            "Denver Broncos",
            -118.0,
            -2.5,
            None,
            1_760_284_460_000,
        )
    ]


def test_fields_we_do_not_know_are_ignored() -> None:
    (read,) = parse(GOOD[:-1] + b',"reason":"line_moved","more":{"a":[1]}}')
    assert isinstance(read, Pull)


def test_blank_lines_do_not_count_and_line_ends_may_be_windows() -> None:
    read = list(parse(b"\r\n" + GOOD + b"\r\n\r\n   \nnonsense\r\n" + GOOD + b"\r\n"))
    assert [type(item) for item in read] == [Pull, Rejection, Pull]
    assert isinstance(read[1], Rejection)
    assert read[1].index == 1


@pytest.mark.parametrize("empty", [b"", b"\n\n", b"[]", b" [ ] "])
def test_an_empty_payload_holds_nothing(empty: bytes) -> None:
    assert list(parse(empty)) == []


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"nonsense", "JSON is malformed"),
        (b'{"kind":"quote"', "truncated"),
        (b"{}", "missing required field `kind`"),
        (b'{"kind":"bet"}', "Invalid value 'bet'"),
        (b"7", "Expected `object`"),
        (b"null", "Expected `object`"),
        (QUOTE.replace(b"-118", b'"-118"'), r"Expected `float`, got `str` - at `\$.price`"),
        (QUOTE.replace(b"-118", b"NaN"), "malformed"),
        (QUOTE.replace(b"-118", b"1e999"), "out of range"),
        (QUOTE.replace(b"-118", b"null"), "Expected `float`, got `null`"),
        (QUOTE.replace(b"1760284460000", b"-1"), r"at `\$.ts`"),
        (QUOTE.replace(b"1760284460000", b"9007199254740992"), r"at `\$.ts`"),
        (QUOTE.replace(b"31853-24302-2025-10-12", b""), r"at `\$.game_id`"),
        (QUOTE.replace(b"31853-24302-2025-10-12", b"g" * 201), r"at `\$.game_id`"),
        (QUOTE.replace(b"Denver", b"\xff\xfe"), "can't decode"),
        (QUOTE.replace(b"Denver", b"\\ud800"), "surrogate"),
        (QUOTE.replace(b"Denver", b"D" * OBSERVATION_LIMIT_BYTES), f"longer than {OBSERVATION_LIMIT_BYTES} bytes"),
        (b"[" * 50_000, "recursion|malformed|Expected `object`"),
        (b'{"kind":"quote","deep":' + b"[" * 60_000 + b"}", "recursion|malformed|truncated"),
        (b'{"kind":"game","game":{"game_id":"g1"}}', "missing required field"),
        (b"\x00\x01\x02\xff", "malformed"),
        *((without(f), f"`{f.decode()}`") for f in (b"game_id", b"pn_market_type", b"book", b"outcome", b"price")),
        (without(b"points"), "`points`"),
    ],
)
def test_a_bad_observation_is_named_and_its_neighbours_are_read(bad: bytes, reason: str) -> None:
    read = list(parse(GOOD + b"\n" + bad + b"\n" + GOOD))
    assert [type(item) for item in read] == [Pull, Rejection, Pull]
    with pytest.raises(RuntimeError, match=reason):
        raise RuntimeError(read[1])
    assert isinstance(read[1], Rejection)
    assert read[1].index == 1
    assert read[1].error.startswith("unreadable observation: ")


@pytest.mark.parametrize(
    ("field", "value"),
    [("status", '"halftime"'), ("scores", "null"), ("home_team", "{}"), ("venue", "7"), ("game_id", '""')],
)
def test_a_game_with_a_bad_field_is_rejected(field: str, value: str) -> None:
    fields = json.decode(json.encode(seen(game())))
    fields["game"][field] = json.decode(value)
    (read,) = parse(json.encode(fields))
    assert isinstance(read, Rejection)


def test_an_array_with_bad_items_gives_its_good_ones() -> None:
    read = list(parse(b"[" + GOOD + b',{"kind":"bet"},' + GOOD + b"]"))
    assert [type(item) for item in read] == [Pull, Rejection, Pull]


def test_a_broken_array_is_read_as_lines() -> None:
    read = list(parse(b"[\n" + GOOD + b"\n" + GOOD + b",\n]oops"))
    assert [type(item) for item in read] == [Rejection, Pull, Rejection, Rejection]


def lines(count: int) -> bytes:
    return GOOD + b"\n" + (GOOD + b"\n\n") * (count - 1)


def array(count: int) -> bytes:
    return b"[" + b",".join([GOOD] * count) + b"]"


@pytest.mark.parametrize("batch", [lines, array])
def test_a_batch_of_too_many_observations_is_not_read_at_all(batch: Callable[[int], bytes]) -> None:
    assert len(list(parse(batch(BATCH_LIMIT_OBSERVATIONS)))) == BATCH_LIMIT_OBSERVATIONS
    with pytest.raises(BatchError, match="a batch is at most 10000 observations: send this one in parts"):
        next(parse(batch(BATCH_LIMIT_OBSERVATIONS + 1)))


def test_an_observation_at_the_limit_is_read() -> None:
    padding = b" " * (OBSERVATION_LIMIT_BYTES - len(GOOD))
    (read,) = parse(GOOD[:-1] + padding + b"}")
    assert isinstance(read, Pull)


@given(st.lists(observations.filter(lambda o: not isinstance(o, Quote) or abs(o.price) < 1e9)))
def test_whatever_is_sent_is_read_back(batch: list[Observation]) -> None:
    assert list(parse(payload(batch))) == batch


@given(st.binary(max_size=200))
def test_no_payload_is_too_strange(noise: bytes) -> None:
    for index, item in enumerate(parse(noise)):
        assert isinstance(item, Rejection)
        assert item.index == index
        json.encode(item)


@given(st.binary(max_size=60).filter(lambda noise: b"\n" not in noise and noise.strip()))
def test_noise_before_and_after_costs_no_good_line(noise: bytes) -> None:
    read = list(parse(noise + b"\n" + GOOD + b"\n" + noise))
    kinds = [type(item) for item in read if not isinstance(item, GameSeen)]
    assert kinds == [Rejection, Pull, Rejection]
