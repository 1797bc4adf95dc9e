"""Frames by position."""

from workers.log import RUNS_KEPT, TRIM_FRAMES, Log, Run, Runs


def test_a_log_may_begin_anywhere() -> None:
    log = Log(7)
    log.append([b"a", b"b", b"c"])
    assert (log.tail, log.head) == (7, 10)
    assert log.frames(7, 9) == [b"a", b"b"]
    assert log.frames(9, 99) == [b"c"]


def test_frames_are_forgotten_many_at_once() -> None:
    log = Log(7)
    log.append([b"%d" % number for number in range(TRIM_FRAMES + 1)])
    log.trim(7 + TRIM_FRAMES - 1)
    assert log.tail == 7
    log.trim(7 + TRIM_FRAMES)
    assert (log.tail, log.head) == (7 + TRIM_FRAMES, 8 + TRIM_FRAMES)
    assert log.frames(log.tail, log.head) == [b"%d" % TRIM_FRAMES]


def test_runs_are_kept_until_there_are_too_many() -> None:
    runs, run = Runs(), Run(b"", 0, 0, compressed=False)
    for position in range(RUNS_KEPT + 1):
        assert runs.keep(position, run) is run
    assert runs.find(RUNS_KEPT - 1) is run
    assert runs.find(RUNS_KEPT) is None
    runs.clear()
    assert runs.find(0) is None
