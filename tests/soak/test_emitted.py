"""The emitted sequence is followed without a hole, and every snapshot has its moment in it."""

import pytest

from broker.messages import Commit, Entry
from soak.emitted import Emitted
from soak.sequences import GAME, commit, emitted, event, snapshot
from soak.violation import ViolationError


def test_events_come_in_order_and_by_channel() -> None:
    sequence = Emitted()
    assert sequence.extend([commit(1), commit(2, for_live=True)]) == [event(1), event(2)]
    assert sequence.extend([commit(3)]) == [event(3)]
    assert sequence.counts == {"live": 1, "odds": 3}
    assert sequence.events["live"] == [event(2)]
    assert sequence.head_seq == 3


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_number_missing_or_there_twice_is_found(number: int) -> None:
    with pytest.raises(ViolationError, match="the journal's commit of 1 numbers after 2"):
        emitted(2).extend([commit(number)])


@pytest.mark.parametrize("number", range(4))
def test_a_snapshot_tells_its_moment(number: int) -> None:
    assert emitted(3).join(snapshot(number)) == {"live": 0, "odds": number}


def test_a_change_without_an_event_has_a_moment_too() -> None:
    sequence = emitted(1)
    assert sequence.extend([Commit(2, 2, (Entry((), True, GAME, b'{"number":7}'),))]) == []
    assert sequence.join(snapshot(7)) == {"live": 0, "odds": 1}


def test_a_game_that_left_is_in_no_snapshot() -> None:
    sequence = emitted(1)
    sequence.extend([Commit(2, 2, (Entry((), True, GAME, None),))])
    assert sequence.join(snapshot(0)) == {"live": 0, "odds": 1}


def test_a_snapshot_of_what_never_was_is_found() -> None:
    with pytest.raises(ViolationError, match="the state after no commit"):
        emitted(3).join(snapshot(4))


def test_an_event_is_found_only_from_its_place_on() -> None:
    sequence = emitted(3)
    assert sequence.find("odds", event(3), 1) == 2
    with pytest.raises(ViolationError, match="came twice or too late"):
        sequence.find("odds", event(1), 1)
    with pytest.raises(ViolationError, match="is not in the journal"):
        sequence.find("odds", event(9), 1)
