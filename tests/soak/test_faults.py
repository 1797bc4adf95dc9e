"""What is drawn is a matter of the seed, and everything is drawn some time."""

from collections import Counter
from random import Random

from soak.faults import MOST_ENDS, OF_CHILDREN, SUPERVISOR, Draw, Kind, Round

CHILDREN = ("broker", "http", "worker-1", "worker-2")


def drawn(seed: int, count: int = 300) -> list[Round]:
    draw = Draw(Random(seed), CHILDREN)
    return [draw.round() for _ in range(count)]


def test_the_same_seed_draws_the_same() -> None:
    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)


def test_everything_happens_to_everybody() -> None:
    faults = {(fault.kind, fault.victim) for each in drawn(7) for fault in each.faults}
    assert faults == {(kind, child) for kind in OF_CHILDREN for child in CHILDREN} | {
        (kind, SUPERVISOR) for kind in (Kind.PAUSE, Kind.RELOAD, Kind.RESTART, Kind.CRASH)
    }
    assert {len(each.faults) for each in drawn(7)} == {0, 1, 2}


def test_two_faults_have_two_victims_among_the_supervisors_processes() -> None:
    pairs = [each.faults for each in drawn(7) if len(each.faults) == 2]
    assert all(first.victim != second.victim for first, second in pairs)
    assert all(fault.kind in OF_CHILDREN for pair in pairs for fault in pair)


def test_a_round_without_a_fault_is_a_storm_that_nothing_else_disturbs() -> None:
    quiet = [each for each in drawn(7) if not each.faults]
    assert all(each.storm and not each.sleepers and not each.leavers for each in quiet)


def test_no_process_is_ended_more_often_than_a_few_times_under_one_supervisor() -> None:
    ends: Counter[str] = Counter()
    most = 0
    for fault in [fault for each in drawn(7) for fault in each.faults]:
        if fault.kind not in OF_CHILDREN:
            ends.clear()
        ends[fault.victim] += fault.kind in (Kind.KILL, Kind.FREEZE)
        most = max(most, *ends.values())
    assert most == MOST_ENDS
