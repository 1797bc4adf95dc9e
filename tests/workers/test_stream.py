"""A channel's events as they are, and a compressed view for as long as somebody wants it."""

import pytest

import workers.log
import workers.stream
from broker.frames import text_frame
from workers.deflated import Deflated
from workers.log import RUNS_KEPT, TRIM_FRAMES
from workers.stream import Stream
from workers.subscriber import NO_CONTEXT

ALL = 1_000


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Stream:
    monkeypatch.setattr(workers.log, "TRIM_FRAMES", 4)
    return Stream()


def numbered(*numbers: int) -> list[bytes]:
    return [b"%d;" % number for number in numbers]


def append(stream: Stream, *numbers: int) -> None:
    stream.append(numbered(*numbers), 0)


def since(stream: Stream, position: int, limit: int = ALL) -> tuple[bytes, int]:
    run = stream.since(position, limit, NO_CONTEXT)
    assert run.plain_bytes == len(run.data)
    assert not run.compressed
    return run.data, run.events


def test_positions_count_frames_from_zero(stream: Stream) -> None:
    assert (stream.tail, stream.head) == (0, 0)
    append(stream, 0, 1, 2)
    assert stream.head == 3
    assert [since(stream, position) for position in range(4)] == [(b"0;1;2;", 3), (b"1;2;", 2), (b"2;", 1), (b"", 0)]


def test_a_run_is_no_longer_than_its_limit(stream: Stream) -> None:
    append(stream, *range(5))
    assert [since(stream, start, 2) for start in (0, 2, 4)] == [(b"0;1;", 2), (b"2;3;", 2), (b"4;", 1)]


def test_those_at_one_position_share_the_same_bytes_until_the_head_moves(stream: Stream) -> None:
    append(stream, 0, 1)
    joined, _ = since(stream, 0)
    assert since(stream, 0)[0] is joined
    append(stream, 2)
    assert since(stream, 0) == (b"0;1;2;", 3)


def test_only_so_many_joined_runs_are_kept(stream: Stream) -> None:
    append(stream, *range(RUNS_KEPT + 2))
    first = [since(stream, position)[0] for position in range(RUNS_KEPT + 1)]
    again = [since(stream, position)[0] for position in range(RUNS_KEPT + 1)]
    assert first == again
    assert [a is b for a, b in zip(first, again, strict=True)] == [True] * RUNS_KEPT + [False]


def test_positions_stay_what_they_are_when_frames_are_forgotten(stream: Stream) -> None:
    append(stream, *range(6))
    stream.trim(3)
    assert stream.tail == 0
    stream.trim(4)
    assert (stream.tail, stream.head) == (4, 6)
    assert since(stream, 4) == (b"4;5;", 2)
    append(stream, 6)
    assert (since(stream, 5), stream.head) == ((b"5;6;", 2), 7)
    stream.trim(2)
    assert stream.tail == 4


def test_a_stream_never_outgrows_its_limit(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.stream, "LIMIT_FRAMES", 20)
    for number in range(200):
        append(stream, number)
        assert stream.head - stream.tail <= 20
    assert stream.head == 200
    assert since(stream, stream.tail)[0] == b"".join(numbered(*range(stream.tail, 200)))


def test_those_with_one_window_share_a_compressed_view_and_the_last_to_leave_ends_it(stream: Stream) -> None:
    assert stream.enter(None) is stream
    first = stream.enter(15)
    assert stream.enter(15) is first
    assert stream.enter(12) is not first
    stream.leave(15)
    stream.leave(12)
    assert stream.enter(15) is first
    stream.leave(15)
    stream.leave(15)
    assert stream.enter(15) is not first


def test_nothing_is_compressed_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream()
    stream.enter(15)
    stream.leave(15)
    monkeypatch.delattr("zlib.compressobj")
    stream.append([text_frame(b"{}")], 0)
    assert stream.since(0, ALL, NO_CONTEXT).data == text_frame(b"{}")


def test_a_compressed_view_begins_at_the_head_and_is_trimmed_with_the_rest(stream: Stream) -> None:
    stream.append([text_frame(b"before")], 0)
    view = stream.enter(15)
    for number in range(2 * TRIM_FRAMES):
        stream.append([text_frame(b"%d" % number)], 0)
    run = view.since(1, 2, NO_CONTEXT)
    assert (run.events, run.compressed, run.plain_bytes) == (2, True, 6)
    stream.trim(2 * TRIM_FRAMES)
    assert isinstance(view, Deflated)
    assert view._log.tail == stream.tail == 2 * TRIM_FRAMES
    late = view.since(2 * TRIM_FRAMES, ALL, 2 * TRIM_FRAMES)
    assert (late.events, late.compressed) == (1, True)
