"""A log of frames with positions."""

import pytest

import workers.stream
from workers.stream import Stream

ALL = 1_000


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Stream:
    monkeypatch.setattr(workers.stream, "TRIM_FRAMES", 4)
    return Stream()


def numbered(*numbers: int) -> list[bytes]:
    return [b"%d;" % number for number in numbers]


def test_positions_count_frames_from_zero(stream: Stream) -> None:
    assert (stream.tail, stream.head) == (0, 0)
    stream.append(numbered(0, 1, 2))
    assert stream.head == 3
    runs = [stream.since(position, ALL) for position in range(4)]
    assert runs == [(b"0;1;2;", 3), (b"1;2;", 2), (b"2;", 1), (b"", 0)]


def test_a_run_is_no_longer_than_its_limit(stream: Stream) -> None:
    stream.append(numbered(*range(5)))
    assert [stream.since(0, 2), stream.since(2, 2), stream.since(4, 2)] == [(b"0;1;", 2), (b"2;3;", 2), (b"4;", 1)]


def test_those_at_one_position_share_the_same_bytes_until_the_head_moves(stream: Stream) -> None:
    stream.append(numbered(0, 1))
    joined, _ = stream.since(0, ALL)
    assert stream.since(0, ALL)[0] is joined
    stream.append(numbered(2))
    assert stream.since(0, ALL) == (b"0;1;2;", 3)


def test_only_so_many_joined_runs_are_kept(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.stream, "JOINS_KEPT", 2)
    stream.append(numbered(*range(5)))
    first = [stream.since(position, ALL) for position in range(5)]
    second = [stream.since(position, ALL) for position in range(5)]
    assert first == second
    assert [a[0] is b[0] for a, b in zip(first, second, strict=True)][:3] == [True, True, False]


def test_positions_stay_what_they_are_when_frames_are_forgotten(stream: Stream) -> None:
    stream.append(numbered(*range(6)))
    stream.trim(3)
    assert stream.tail == 0
    stream.trim(4)
    assert (stream.tail, stream.head) == (4, 6)
    assert stream.since(4, ALL) == (b"4;5;", 2)
    stream.append(numbered(6))
    assert (stream.since(5, ALL), stream.head) == ((b"5;6;", 2), 7)
    stream.trim(2)
    assert stream.tail == 4


def test_a_stream_never_outgrows_its_limit(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.stream, "LIMIT_FRAMES", 20)
    for number in range(200):
        stream.append(numbered(number))
        assert stream.head - stream.tail <= 20
    assert stream.head == 200
    assert stream.since(stream.tail, ALL)[0] == b"".join(numbered(*range(stream.tail, 200)))
