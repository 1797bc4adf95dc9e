"""An acknowledged observation that leaves no trace, or two, is found."""

import pytest

from service.derived import derive
from service.observed import encode, game, quote
from service.producing import Answered
from soak.ledger import Ledger
from soak.violation import ViolationError

BATCHES = {
    b"1": [encode(game("steady-1", "unplayed"))],
    b"2": [encode(quote("steady-1", 110.0)), encode(quote("steady-1", 110.0))],
    b"3": [encode(quote("steady-1", 120.0))],
}
EVENTS = [event.encode() for event in derive(BATCHES.values())]
OUTCOME = ("steady-1", "moneyline", "Book", "Home", None)
GAMES = {"steady-1": game("steady-1", "unplayed")["game"]}


def answer(batch_id: bytes, accepted: int = 1, events: int = 1) -> Answered:
    return Answered(batch_id, accepted, events, {}, None, permanent=False)


def sent() -> Ledger:
    """Three batches, and not an answer yet."""
    ledger = Ledger("steady")
    for batch_id, lines in BATCHES.items():
        ledger.send(batch_id, lines)
    return ledger


def acknowledged() -> Ledger:
    """Two answers."""
    ledger = sent()
    ledger.answer(answer(b"1"))
    ledger.answer(answer(b"2", 2))
    return ledger


def test_what_is_acknowledged_and_emitted_is_good() -> None:
    ledger = acknowledged()
    ledger.emit(EVENTS[:2], ledger.owed)
    ledger.answer(answer(b"3"))
    ledger.emit([b'{"type":"new_game","game_id":"burst-1"}', EVENTS[2]], ledger.owed)
    assert ledger.acknowledged == 3


def test_so_is_what_is_emitted_and_not_acknowledged_yet() -> None:
    ledger = sent()
    ledger.emit(EVENTS, ledger.owed)
    ledger.answer(answer(b"1"))
    ledger.emit([], ledger.owed)


def test_an_acknowledged_event_that_is_not_emitted_is_found() -> None:
    ledger = acknowledged()
    with pytest.raises(ViolationError, match="1 acknowledged events of steady are missing"):
        ledger.emit(EVENTS[:1], ledger.owed)


def test_what_was_acknowledged_later_may_still_come() -> None:
    ledger = sent()
    owed = ledger.owed
    ledger.answer(answer(b"1"))
    ledger.emit([], owed)


@pytest.mark.parametrize(
    "emitted",
    [EVENTS[1:2], [EVENTS[0], EVENTS[0]], [EVENTS[0], EVENTS[2]], [*EVENTS, EVENTS[2]]],
    ids=["missing", "twice", "out of order", "again at the end"],
)
def test_an_event_missing_or_twice_is_found(emitted: list[bytes]) -> None:
    with pytest.raises(ViolationError, match="of steady had to be"):
        sent().emit(emitted, 0)


@pytest.mark.parametrize(
    "wrong", [answer(b"2", 1), answer(b"2", 2, 2), Answered(b"2", 2, 1, {0: "no"}, None, permanent=False)]
)
def test_a_wrong_answer_is_found(wrong: Answered) -> None:
    with pytest.raises(ViolationError, match="a batch of 2 observations that make 1 events got"):
        sent().answer(wrong)


def test_the_state_has_to_be_what_was_seen_last() -> None:
    ledger = sent()
    ledger.compare(GAMES | {"burst-1": {}}, {OUTCOME: 120.0, ("burst-1",): 1.0})
    with pytest.raises(ViolationError, match="1 prices of steady are not as they were seen last"):
        ledger.compare(GAMES, {OUTCOME: 110.0})
    with pytest.raises(ViolationError, match="1 prices of steady"):
        ledger.compare(GAMES, {})
    with pytest.raises(ViolationError, match="1 games of steady"):
        ledger.compare({}, {OUTCOME: 120.0})
