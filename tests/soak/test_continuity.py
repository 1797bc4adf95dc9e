"""A hole, a repetition, a wrong notice: whatever a subscriber may not get is found, and what it may get is not."""

from collections.abc import Iterable

import pytest

from soak.continuity import Continuity
from soak.sequences import emitted, event, lagged, snapshot
from soak.violation import ViolationError
from workers.subscriber import ON_LAG, OnLag

EMITTED = 1000


def events(*numbers: Iterable[int]) -> list[bytes]:
    return [event(number) for run in numbers for number in run]


def joined(on_lag: OnLag = "drop", *, excused: bool = False) -> Continuity:
    """A subscriber that joined after 10 events of 1,000."""
    continuity = Continuity(emitted(EMITTED), "odds", on_lag)
    continuity.take([snapshot(10)])
    continuity.excused = excused
    return continuity


def test_a_run_without_a_hole_is_good_however_it_is_cut() -> None:
    continuity = joined()
    for number in range(11, EMITTED + 1, 3):
        assert not continuity.up_to_date
        continuity.take(events(range(number, min(number + 3, EMITTED + 1))))
    assert continuity.up_to_date
    assert (continuity.delivered, continuity.lost) == (EMITTED - 10, 0)


@pytest.mark.parametrize("on_lag", ON_LAG)
@pytest.mark.parametrize("received", [[range(12, 13)], [range(11, 20), range(21, 30)]], ids=["at once", "later"])
def test_a_hole_is_found_with_who_never_stopped_reading(on_lag: OnLag, received: list[range]) -> None:
    with pytest.raises(ViolationError, match="it lost 1 events"):
        joined(on_lag).take(events(*received))


@pytest.mark.parametrize("received", [[10], [11, 11], [11, 12, 11]])
def test_an_event_that_came_before_is_found(received: list[int]) -> None:
    for excused in (False, True):
        with pytest.raises(ViolationError, match="came twice or too late"):
            joined(excused=excused).take(events(received))


def test_an_event_that_the_journal_does_not_hold_is_found() -> None:
    with pytest.raises(ViolationError, match="is not in the journal"):
        joined().take([*events(range(11, EMITTED + 1)), event(EMITTED + 1)])


def test_nothing_comes_before_the_snapshot() -> None:
    with pytest.raises(ViolationError, match="a snapshot had to come"):
        Continuity(emitted(EMITTED), "odds", "drop").take([event(1)])


def test_no_second_snapshot_comes_for_no_reason() -> None:
    with pytest.raises(ViolationError, match="for no reason"):
        joined("resync").take([snapshot(10)])


def test_who_stopped_reading_may_lose_the_oldest() -> None:
    continuity = joined(excused=True)
    continuity.take(events(range(11, 100), range(EMITTED - 255, EMITTED + 1)))
    assert continuity.up_to_date
    assert continuity.lost == EMITTED - 256 - 99


def test_but_none_of_the_newest_256() -> None:
    with pytest.raises(ViolationError, match="only 255 events were left"):
        joined(excused=True).take(events(range(11, 100), range(EMITTED - 254, EMITTED + 1)))


def test_who_wants_to_be_told_is_told_exactly() -> None:
    continuity = joined("notify", excused=True)
    continuity.take([event(11), lagged(600), *events(range(612, EMITTED + 1))])
    assert continuity.up_to_date
    assert continuity.lost == 600


@pytest.mark.parametrize("on_lag", ["notify", "resync", "close"])
def test_a_loss_is_not_kept_from_who_wants_to_be_told(on_lag: OnLag) -> None:
    with pytest.raises(ViolationError, match="it lost 600 events and was not told"):
        joined(on_lag, excused=True).take([event(11), *events(range(612, EMITTED + 1))])


@pytest.mark.parametrize(("told", "problem"), [(599, "it lost 1 events and was not told"), (601, "came twice")])
def test_a_wrong_number_is_found(told: int, problem: str) -> None:
    with pytest.raises(ViolationError, match=problem):
        joined("notify", excused=True).take([event(11), lagged(told), *events(range(612, EMITTED + 1))])


@pytest.mark.parametrize("on_lag", ["drop", "close"])
def test_nobody_is_told_who_did_not_ask_for_it(on_lag: OnLag) -> None:
    with pytest.raises(ViolationError, match="had not asked for that"):
        joined(on_lag, excused=True).take([lagged(1)])


def test_who_never_stopped_reading_is_told_of_no_loss() -> None:
    with pytest.raises(ViolationError, match="had never stopped reading"):
        joined("notify").take([lagged(1)])


def test_a_resync_goes_on_from_its_snapshot() -> None:
    continuity = joined("resync", excused=True)
    continuity.take([event(11), lagged(689), snapshot(700), *events(range(701, EMITTED + 1))])
    assert continuity.up_to_date
    assert continuity.lost == 689
    assert continuity.joined["odds"] == 700


def test_a_resync_that_miscounts_is_found() -> None:
    with pytest.raises(ViolationError, match="told of 1 lost events too few"):
        joined("resync", excused=True).take([event(11), lagged(688), snapshot(700)])


def test_nothing_comes_between_a_resyncs_notice_and_its_snapshot() -> None:
    with pytest.raises(ViolationError, match="a snapshot had to come"):
        joined("resync", excused=True).take([event(11), lagged(100), event(112)])
