"""Recordings: reading, merging, pacing."""

import gzip
import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.observations import BATCH_LIMIT_BYTES, OBSERVATION_LIMIT_BYTES
from broker.recordings import (
    BATCH_LINES,
    Line,
    Recorded,
    RecordingError,
    Schedule,
    Span,
    lines,
    merged,
    pace,
    survey,
)

SHARED_RECORDINGS = Path(__file__).parents[2].parent / "shared" / "data"


def _write(path: Path, *stamps: int) -> Path:
    text = "".join(f'{{"kind":"pull","ts":{ts},"from":"{path.stem}"}}\n' for ts in stamps)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def _recorded(*stamps: int) -> Iterator[Recorded]:
    return (Recorded(ts, Line(b"{}", f"f:{n}")) for n, ts in enumerate(stamps, 1))


def test_lines_have_their_place_and_blank_ones_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    path.write_bytes(b'\n{"a":1}\r\n  \n{"b":2}')
    assert list(lines(path)) == [Line(b'{"a":1}', f"{path}:2"), Line(b'{"b":2}', f"{path}:4")]


def test_gzip_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "some.ndjson"
    path.write_bytes(gzip.compress(b'{"a":1}\n'))
    assert [line.text for line in lines(path)] == [b'{"a":1}']


def test_files_are_merged_by_ts_and_the_earlier_file_goes_first(tmp_path: Path) -> None:
    plain = _write(tmp_path / "a.jsonl", 1, 3, 5, 5)
    packed = _write(tmp_path / "b.jsonl.gz", 2, 3, 5)
    got = [(one.ts, one.line.text.split(b'"')[-2]) for one in merged([plain, packed])]
    assert got == [
        (1, b"a"),
        (2, b"b.jsonl"),
        (3, b"a"),
        (3, b"b.jsonl"),
        (5, b"a"),
        (5, b"a"),
        (5, b"b.jsonl"),
    ]


def test_merging_reads_as_it_goes(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.jsonl", 1, 2)
    with path.open("a") as file:
        file.write("junk\n")
    recorded = merged([path])
    assert next(recorded).ts == 1


@pytest.mark.parametrize("line", ["junk", "{}", '{"ts":"1"}', '{"ts":-1}', "[1]", '{"ts":1'])
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = _write(tmp_path / "a.jsonl", 1)
    with path.open("a") as file:
        file.write(line)
    with pytest.raises(RecordingError, match=r"a\.jsonl:2 is no recorded observation"):
        list(merged([path]))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"can't read .*none\.jsonl: "):
        list(lines(tmp_path / "none.jsonl"))


def test_a_truncated_gzip_is_named(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.jsonl.gz", *range(2000))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(RecordingError, match=r"can't read .*a\.jsonl\.gz after line \d+: "):
        list(lines(path))


def test_survey() -> None:
    assert survey(_recorded(5, 7, 9)) == Span(5, 9, 3)
    assert survey(_recorded()) is None


def test_schedule_keeps_the_recorded_distances() -> None:
    schedule = Schedule(_recorded(10_000, 10_000, 12_000, 13_000), speed=1)
    assert schedule.wait_seconds(100.0) == 0
    assert [one.ts for one in schedule.due(100.0)] == [10_000, 10_000]
    assert schedule.due(101.9) == []
    assert schedule.wait_seconds(101.5) == 0.5
    assert [one.ts for one in schedule.due(102.0)] == [12_000]
    assert schedule.wait_seconds(103.5) == 0
    assert [one.ts for one in schedule.due(103.5)] == [13_000]
    assert schedule.wait_seconds(103.5) is None


def test_speed_divides_the_waits() -> None:
    schedule = Schedule(_recorded(0, 60_000), speed=10)
    schedule.due(0.0)
    assert schedule.wait_seconds(0.0) == 6.0


def test_at_full_speed_all_is_due_in_batches() -> None:
    schedule = Schedule(_recorded(*range(0, 600_000, 1000)), speed=pace("max"))
    sizes = []
    while schedule.wait_seconds(5.0) is not None:
        sizes.append(len(schedule.due(5.0)))
    assert sizes == [BATCH_LINES, BATCH_LINES, 600 - 2 * BATCH_LINES]


def test_the_longest_lines_fit_into_a_batch() -> None:
    # One byte more than they may have tells that they are too long; the last one is the newline.
    assert BATCH_LINES * (OBSERVATION_LIMIT_BYTES + 2) <= BATCH_LIMIT_BYTES


def test_an_empty_schedule_is_over() -> None:
    schedule = Schedule(_recorded(), speed=1)
    assert schedule.wait_seconds(0.0) is None
    assert schedule.due(0.0) == []


def test_pace() -> None:
    assert pace(2.5) == 2.5
    assert pace("max") == math.inf


@given(
    stamps=st.lists(st.integers(0, 100_000), max_size=50).map(sorted),
    steps=st.lists(st.floats(0.001, 40), min_size=1, max_size=50),
    speed=st.sampled_from([0.5, 1.0, 7.0, math.inf]),
)
def test_everything_is_played_once_in_order_and_never_early(
    stamps: list[int], steps: list[float], speed: float
) -> None:
    schedule = Schedule(_recorded(*stamps), speed)
    now, played = 1000.0, []
    for step in [0.0, *steps]:
        now += step
        for one in schedule.due(now):
            assert (one.ts - stamps[0]) / 1000 / speed <= now - 1000.0 + 1e-6
            played.append(one.ts)
    played += [one.ts for one in schedule.due(math.inf)]
    assert played == stamps


def test_real_recordings_are_in_the_order_of_their_ts() -> None:
    path = SHARED_RECORDINGS / "nfl-2025-10-12.jsonl.gz"
    if not path.exists():
        pytest.skip(f"{path} is absent: the recordings are not part of the project")
    assert all(a.ts <= b.ts for a, b in pairwise(merged([path])))
