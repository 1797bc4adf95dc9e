"""Whatever broker and workers say is read as it was meant."""

from typing import get_args

import pytest
from any_struct import register
from hypothesis import given
from hypothesis import strategies as st
from msgspec import DecodeError

from broker.messages import (
    CHANNELS,
    Channel,
    Commit,
    Counts,
    Entry,
    Published,
    ToBroker,
    ToWorker,
    decode_commit,
    decode_published,
    decode_to_broker,
    decode_to_worker,
    encode,
)

register(Counts)


@given(st.from_type(ToBroker))  # type: ignore[arg-type]
def test_to_the_broker(message: ToBroker) -> None:
    assert decode_to_broker(encode(message)) == message


@given(st.from_type(ToWorker))  # type: ignore[arg-type]
def test_to_a_worker(message: ToWorker) -> None:
    assert decode_to_worker(encode(message)) == message


@given(st.from_type(Published))  # type: ignore[arg-type]
def test_to_all_workers(message: Published) -> None:
    assert decode_published(encode(message)) == message


@given(st.from_type(Commit))
def test_a_commit_out_of_the_journal_is_the_one_published(commit: Commit) -> None:
    assert decode_commit(encode(commit)) == decode_published(encode(commit)) == commit


@pytest.mark.parametrize("union", [ToBroker, ToWorker, Published])
def test_tags_tell_messages_apart(union: object) -> None:
    members = get_args(union)
    assert len({member.__struct_config__.tag for member in members}) == len(members)


@given(st.binary(max_size=50))
def test_noise_is_a_decode_error_or_a_message(noise: bytes) -> None:
    for decode in (decode_to_broker, decode_to_worker, decode_published, decode_commit):
        try:
            message = decode(noise)
        except (DecodeError, UnicodeDecodeError):
            continue
        assert decode(encode(message)) == message


def test_an_entry_takes_a_number_for_each_event_and_one_for_none() -> None:
    assert [Entry(frames, True).length for frames in ((), (b"1",), (b"1", b"2"))] == [1, 1, 2]


def test_the_channels_are_listed_once() -> None:
    assert get_args(Channel) == CHANNELS


def test_counts_of_several_workers_are_added_up() -> None:
    one = Counts(live=1, dropped=2, refused={"cap": 3, "key": 1}, closed={"client": 1})
    other = Counts(live=10, odds=20, refused={"cap": 4}, closed={"lost": 5})
    together = Counts(live=11, odds=20, dropped=2, refused={"cap": 7, "key": 1}, closed={"client": 1, "lost": 5})
    assert sum([one, other], Counts()) == together
