"""The mirror is what the broker's state is, whatever gets lost on the way."""

from collections.abc import Callable, Sequence

from builders import NOW_MS, batches, game
from hypothesis import given
from hypothesis import strategies as st
from mirrored import INCARNATION, game_row, image, price
from msgspec.structs import replace

from broker.clerk import Clerk
from broker.http.mirror import HELD_CHANGES, Mirror
from broker.inquiries import StateWanted
from broker.observations import Observation, Rejection
from broker.reports import GameRow, PriceRow, StateChange, StateImage
from broker.state import State


def change(number: int, *rows: PriceRow, seq: int = 0, incarnation: int = INCARNATION) -> StateChange:
    return StateChange(incarnation, number, seq, (), rows)


def prices(mirror: Mirror, game_id: str = "g1") -> list[float | None]:
    return [row.price for rows in mirror.markets(game_id).values() for row in rows.values()]


def test_nothing_is_there_before_the_whole_state_came() -> None:
    mirror = Mirror()
    assert mirror.reported(INCARNATION, 1)
    assert not mirror.is_provided
    assert not mirror.imaged(image([game()], [price(-110.0)], number=1, seq=7))
    assert (mirror.is_provided, mirror.seq, mirror.games, prices(mirror)) == (True, 7, {"g1": game()}, [-110.0])


def test_changes_follow_one_another() -> None:
    mirror = Mirror()
    mirror.imaged(image([game()], [price(-110.0)]))
    assert not mirror.changed(change(2, price(-120.0), seq=8))
    assert not mirror.changed(change(3, price(100.0, book="FanDuel"), seq=9))
    assert (mirror.seq, prices(mirror)) == (9, [-120.0, 100.0])


def test_after_a_hole_nothing_is_shown_before_the_whole_state_came() -> None:
    mirror = Mirror()
    mirror.imaged(image([game()], [price(-110.0)]))
    assert mirror.changed(change(3, price(-130.0), seq=9))
    assert not mirror.changed(change(4, price(-140.0), seq=10))
    assert (mirror.seq, prices(mirror)) == (1, [-110.0])
    assert not mirror.imaged(image([game()], [price(-130.0)], number=3, seq=9))
    assert (mirror.seq, prices(mirror)) == (10, [-140.0])


def test_a_lost_last_change_is_found_out_by_the_report() -> None:
    mirror = Mirror()
    mirror.imaged(image([game()], number=1))
    assert not mirror.reported(INCARNATION, 1)
    assert mirror.reported(INCARNATION, 2)


def test_while_an_answer_is_outstanding_each_report_asks_again() -> None:
    mirror = Mirror()
    assert mirror.reported(INCARNATION, 1)
    assert mirror.reported(INCARNATION, 1)


def test_another_broker_is_asked_for_its_state() -> None:
    mirror = Mirror()
    mirror.imaged(image([game()], [price(-110.0)], number=5))
    assert mirror.changed(change(1, price(-120.0), seq=3, incarnation=INCARNATION + 1))
    again = replace(image([game()], [price(-110.0)], number=0, seq=2), incarnation=INCARNATION + 1)
    assert not mirror.imaged(again)
    assert (mirror.seq, prices(mirror)) == (3, [-120.0])


def test_too_many_held_changes_have_it_asked_for_again() -> None:
    mirror = Mirror()
    for number in range(2, HELD_CHANGES + 10):
        mirror.changed(change(number))
    assert mirror.imaged(image([game()], number=1))


def test_a_game_is_found_by_id_and_by_slug() -> None:
    mirror = Mirror()
    one, other = replace(game("g1"), pn_slug="a-b"), replace(game("g2"), pn_slug=None)
    mirror.imaged(image([one, other]))
    assert (mirror.find("g1"), mirror.find("a-b"), mirror.find("g2")) == (one, one, other)
    assert (mirror.find("c-d"), mirror.find("")) == (None, None)
    moved = replace(one, pn_slug="c-d")
    mirror.changed(StateChange(INCARNATION, 2, 2, (game_row(moved),), ()))
    assert (mirror.find("a-b"), mirror.find("c-d")) == (None, moved)


def test_a_forgotten_game_takes_its_prices_along() -> None:
    mirror = Mirror()
    mirror.imaged(image([game()], [price(-110.0)]))
    mirror.changed(StateChange(INCARNATION, 2, 2, (GameRow("g1", None),), (price(None),)))
    assert (mirror.games, mirror.markets("g1"), mirror.find("slug-g1")) == ({}, {}, None)


def test_a_market_without_prices_is_no_market() -> None:
    mirror = Mirror()
    mirror.imaged(image([game()], [price(-110.0)]))
    mirror.changed(change(2, price(None)))
    assert mirror.markets("g1") == {}


@given(st.lists(batches, max_size=8), st.sets(st.integers(0, 8)), st.integers(0, 8), st.sets(st.integers(0, 8)))
def test_it_is_the_state_whatever_was_lost(
    days: list[Sequence[Observation | Rejection]], lost: set[int], joined: int, pauses: set[int]
) -> None:
    mirror, state = Mirror(), State()
    answers: list[StateImage] = []

    def post(message: StateChange) -> None:
        if message.number > joined and message.number not in lost and mirror.changed(message):
            clerk.handle(1, StateWanted(INCARNATION))

    def send(_process: int, message: object) -> None:
        assert isinstance(message, StateImage)
        answers.append(message)

    timers: list[Callable[[], object]] = []
    clerk = Clerk(INCARNATION, state, lambda: seq, lambda: (), post, send, lambda _seconds, call: timers.append(call))
    seq = 0
    for number, batch in enumerate(days):
        seq += state.take(batch, NOW_MS).events
        changes = state.changes()
        state.accept()
        clerk.changed(changes)
        while number in pauses and timers:
            timers.pop()()
        while answers:
            assert not mirror.imaged(answers.pop())
    for call in timers:
        call()
    while answers:
        assert not mirror.imaged(answers.pop())
    while mirror.reported(INCARNATION, clerk.number):
        clerk.handle(1, StateWanted(INCARNATION))
        assert not mirror.imaged(answers.pop())
    assert mirror.seq == seq
    assert mirror.games == {game_id: seen.game for game_id, seen in state.games.items()}
    for game_id in state.games:
        known = {outcome: (price.price, price.player_id) for outcome, price in state.prices(game_id).items()}
        shown = {
            (game_id, market, *offer): (row.price, row.player_id)
            for market, rows in mirror.markets(game_id).items()
            for offer, row in rows.items()
        }
        assert shown == known
