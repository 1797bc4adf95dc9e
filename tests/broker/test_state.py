"""Every rule that makes events of observations, one example each."""

import pytest
from builders import HOUR_MS, NOW_MS, game, pull, quote, seen

from broker.events import Event, GameFinal, NewGame, PriceChange, ScoreChange, StatusChange
from broker.games import FINISHED, Game, Status
from broker.observations import Observation, Rejection
from broker.state import FORGET_AFTER_MS, TOUCH_EVERY_MS, Effect, State

WHO = ("g1", "slug-g1", "NFL")


def events(state: State, *batch: Observation | Rejection, now_ms: int = NOW_MS) -> list[Event]:
    return [event for effect in state.take(batch, now_ms).effects for event in effect.events]


def price_change(old: float | None, new: float, points: float | None = None, ts: int = NOW_MS) -> PriceChange:
    return PriceChange(*WHO, "moneyline", "BetMGM", "Broncos", old, new, points, ts)


@pytest.fixture
def state() -> State:
    """One unplayed game, known already."""
    state = State()
    state.take([seen(game())], NOW_MS)
    return state


def test_a_game_first_seen_is_new() -> None:
    assert events(State(), seen(game())) == [NewGame(*WHO, NOW_MS)]


def test_a_game_first_seen_live_moves_on_from_unplayed_without_a_score_change() -> None:
    observed = events(State(), seen(game(status="live", home=3, away=0)))
    assert observed == [NewGame(*WHO, NOW_MS), StatusChange(*WHO, "unplayed", "live", NOW_MS)]


@pytest.mark.parametrize("status", sorted(FINISHED))
def test_a_game_first_seen_finished_is_final_at_once(status: Status) -> None:
    assert events(State(), seen(game(status=status, home=21, away=14))) == [
        NewGame(*WHO, NOW_MS),
        StatusChange(*WHO, "unplayed", status, NOW_MS),
        GameFinal(*WHO, 21, 14, NOW_MS),
    ]


@pytest.mark.parametrize(
    "changed",
    [game(home=7), game(away=7), game(period="Q2"), game(clock="12:01")],
    ids=["home", "away", "period", "clock"],
)
def test_a_change_of_score_period_or_clock_is_a_score_change(state: State, changed: Game) -> None:
    scores = changed.scores
    expected = ScoreChange(*WHO, scores.score_home, scores.score_away, scores.period, scores.clock, NOW_MS)
    assert events(state, seen(changed)) == [expected]


def test_the_score_comes_before_the_status_and_the_status_before_the_final_score(state: State) -> None:
    events(state, seen(game(status="live", home=0, away=0)))
    assert events(state, seen(game(status="final", home=7, away=0))) == [
        ScoreChange(*WHO, 7, 0, None, None, NOW_MS),
        StatusChange(*WHO, "live", "final", NOW_MS),
        GameFinal(*WHO, 7, 0, NOW_MS),
    ]


def test_ended_is_passed_on_as_it_is_and_is_final(state: State) -> None:
    assert events(state, seen(game(status="ended", home=1, away=1)))[1:] == [
        StatusChange(*WHO, "unplayed", "ended", NOW_MS),
        GameFinal(*WHO, 1, 1, NOW_MS),
    ]


def test_a_status_may_go_back(state: State) -> None:
    events(state, seen(game(status="final")))
    assert events(state, seen(game(status="live"))) == [StatusChange(*WHO, "final", "live", NOW_MS)]


def test_what_is_already_so_makes_no_event(state: State) -> None:
    batch: list[Observation] = [seen(game(status="live", home=3)), quote(-110.0)]
    assert events(state, *batch)
    again = state.take(batch, NOW_MS + 1)
    assert (again.accepted, again.effects, again.rejected) == (2, (), ())


def test_another_field_changes_the_snapshot_without_an_event(state: State) -> None:
    events(state, seen(game(status="live")))
    changed = game(status="live", last_play="punt")
    assert state.take([seen(changed)], NOW_MS).effects == (Effect((), "g1", changed),)
    assert list(state.live_games()) == [changed]


def test_another_field_of_a_game_outside_of_the_snapshot_is_kept_without_an_effect(state: State) -> None:
    changed = game(last_play="punt")
    assert state.take([seen(changed)], NOW_MS).effects == ()
    assert state.games["g1"].game == changed


def test_is_live_decides_on_the_snapshot_whatever_the_status(state: State) -> None:
    live = game(status="unplayed", is_live=True)
    assert state.take([seen(live)], NOW_MS).effects == (Effect((), "g1", live),)
    over = game(status="unplayed", is_live=False)
    assert state.take([seen(over)], NOW_MS).effects == (Effect((), "g1", None),)


def test_an_outcome_never_seen_has_no_old_price(state: State) -> None:
    assert events(state, quote(-110.0, points=-2.5)) == [price_change(None, -110.0, -2.5)]
    assert events(state, quote(-112.0, points=-2.5)) == [price_change(-110.0, -112.0, -2.5)]


@pytest.mark.parametrize(
    "other",
    [quote(120.0, points=1.0), quote(120.0, book="Bet365"), quote(120.0, outcome="Jets")],
    ids=["points", "book", "outcome"],
)
def test_an_outcome_is_told_by_points_book_and_name(state: State, other: Observation) -> None:
    events(state, quote(-110.0))
    (event,) = events(state, other)
    assert isinstance(event, PriceChange)
    assert event.old_price is None


def test_zero_points_are_the_same_with_either_sign(state: State) -> None:
    events(state, quote(-110.0, points=0.0))
    assert events(state, quote(-110.0, points=-0.0)) == []


def test_the_player_alone_changes_the_state_without_an_event(state: State) -> None:
    events(state, quote(-110.0))
    assert events(state, quote(-110.0, player_id="p1")) == []
    (price,) = state.prices("g1").values()
    assert price.player_id == "p1"


def test_a_pulled_outcome_says_nothing_and_comes_back_without_an_old_price(state: State) -> None:
    events(state, quote(-110.0))
    assert events(state, pull()) == []
    assert state.prices("g1") == {}
    assert events(state, quote(-110.0)) == [price_change(None, -110.0)]


def test_pull_and_quote_in_one_batch_keep_their_order(state: State) -> None:
    events(state, quote(-110.0))
    assert events(state, pull(), quote(120.0)) == [price_change(None, 120.0)]
    assert events(state, quote(130.0), pull()) == [price_change(120.0, 130.0)]
    assert state.prices("g1") == {}


@pytest.mark.parametrize("absent", [pull(), pull("unknown")], ids=["outcome", "game"])
def test_a_pull_of_what_is_not_there_is_accepted_and_changes_nothing(state: State, absent: Observation) -> None:
    state.accept()
    taken = state.take([absent], NOW_MS)
    assert (taken.accepted, taken.effects, taken.rejected) == (1, (), ())
    assert (state.changes().games, state.changes().prices) == ({}, {})


def test_games_of_a_batch_come_before_its_prices_each_in_their_own_order() -> None:
    batch: list[Observation] = [quote(-110.0), quote(-112.0), seen(game()), seen(game(home=7))]
    assert events(State(), *batch) == [
        NewGame(*WHO, NOW_MS),
        ScoreChange(*WHO, 7, None, None, None, NOW_MS),
        price_change(None, -110.0),
        price_change(-110.0, -112.0),
    ]


def test_an_event_has_the_ts_of_its_observation_else_the_clock_of_the_broker(state: State) -> None:
    assert [e.ts for e in events(state, seen(game(home=1), ts=17), quote(-110.0, ts=0))] == [17, 0]
    assert [e.ts for e in events(state, seen(game(home=2)), quote(-120.0), now_ms=NOW_MS + 5)] == [NOW_MS + 5] * 2


@pytest.mark.parametrize("price", [99.9, -99.9, 0.0, float("inf"), float("-inf"), float("nan")])
def test_a_price_that_is_no_american_odds_is_rejected(state: State, price: float) -> None:
    taken = state.take([quote(price)], NOW_MS)
    assert taken.accepted == 0
    assert taken.rejected[0].error.startswith(f"price {price} is no American odds")
    assert state.prices("g1") == {}


@pytest.mark.parametrize("price", [100.0, -100.0])
def test_even_money_is_good_odds(state: State, price: float) -> None:
    assert events(state, quote(price)) == [price_change(None, price)]


def test_rejections_name_their_position_and_cost_the_others_nothing(state: State) -> None:
    unreadable = Rejection(1, "unreadable")
    taken = state.take([quote(-110.0, "g9"), unreadable, quote(50.0), quote(-110.0), seen(game(home=3))], NOW_MS)
    assert (taken.accepted, taken.events) == (2, 2)
    assert [rejection.index for rejection in taken.rejected] == [0, 1, 2]
    assert taken.rejected[0].error == "unknown game 'g9': send its game observation first"
    assert taken.rejected[1] is unreadable


def test_a_game_that_nobody_observed_for_24_h_leaves_with_its_prices(state: State) -> None:
    events(state, seen(game(status="live")), quote(-110.0))
    assert state.expire(NOW_MS + 24 * HOUR_MS - 1) == ()
    assert state.expire(NOW_MS + 24 * HOUR_MS) == (Effect((), "g1", None),)
    assert state.games == {}
    assert list(state.changes().prices.values()) == [None]
    assert events(state, seen(game())) == [NewGame(*WHO, NOW_MS)]
    assert state.prices("g1") == {}


def test_a_game_outside_of_the_snapshot_leaves_without_an_effect(state: State) -> None:
    assert state.expire(NOW_MS + FORGET_AFTER_MS) == ()
    assert state.games == {}


@pytest.mark.parametrize("unchanged", [seen(game()), quote(-110.0), pull()], ids=["game", "quote", "pull"])
def test_any_observation_of_a_game_keeps_it(state: State, unchanged: Observation) -> None:
    events(state, unchanged, now_ms=NOW_MS + 12 * HOUR_MS)
    state.expire(NOW_MS + 24 * HOUR_MS)
    assert "g1" in state.games


def test_what_stays_the_same_all_day_is_not_written_all_day(state: State) -> None:
    state.accept()
    events(state, seen(game()), now_ms=NOW_MS + TOUCH_EVERY_MS - 1)
    assert state.changes().games == {}
    events(state, seen(game()), now_ms=NOW_MS + TOUCH_EVERY_MS)
    assert state.changes().games["g1"] == state.games["g1"]


def test_the_ts_of_a_producer_is_not_the_time_of_the_observation(state: State) -> None:
    state.take([seen(game("g2"), ts=1)], NOW_MS)
    state.expire(NOW_MS + HOUR_MS)
    assert set(state.games) == {"g1", "g2"}


def test_rollback_brings_a_forgotten_game_and_its_prices_back(state: State) -> None:
    events(state, quote(-110.0))
    state.accept()
    before = (dict(state.games), dict(state.prices("g1")))
    state.expire(NOW_MS + FORGET_AFTER_MS)
    events(state, seen(game(home=1)), quote(300.0), quote(200.0, outcome="Jets"))
    state.rollback()
    assert (state.games, state.prices("g1")) == before


def test_books_and_prices_are_those_on_offer() -> None:
    state = State()
    state.take([seen(game()), quote(-110.0), quote(120.0, book="FanDuel"), quote(120.0, points=1.5)], NOW_MS)
    assert (state.books(), state.price_count) == ({"BetMGM", "FanDuel"}, 3)
    state.take([pull(book="FanDuel")], NOW_MS)
    assert (state.books(), state.price_count) == ({"BetMGM"}, 2)
