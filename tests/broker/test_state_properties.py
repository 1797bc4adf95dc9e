"""What holds for any sequence of batches: joins at any point, repeats, rollbacks, and what becomes durable."""

from builders import NOW_MS, batches
from folding import Folder
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.events import Event, PriceChange
from broker.messages import CHANNELS, decode_commit, encode
from broker.observations import GameSeen, Observation, Pull, Quote, Rejection
from broker.publisher import Publisher
from broker.state import FORGET_AFTER_MS, Effect, OutcomeId, Price, Seen, State
from workers.clock import Clock as Moment
from workers.fanout import Fanout

Batch = list[Observation | Rejection]
EXPIRES = "a day passes"
steps: st.SearchStrategy[list[Batch | str]] = st.lists(batches | st.just(EXPIRES), max_size=8)


class Clock:
    """The broker's, moved on by each day that passes."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS

    def carry_out(self, state: State, step: Batch | str) -> tuple[Effect, ...]:
        if isinstance(step, str):
            self.now_ms += FORGET_AFTER_MS
            return state.expire(self.now_ms)
        return state.take(step, self.now_ms).effects


def rows(state: State) -> tuple[dict[str, Seen], dict[OutcomeId, Price]]:
    prices = {outcome: price for game_id in state.games for outcome, price in state.prices(game_id).items()}
    return dict(state.games), prices


@given(steps)
@settings(max_examples=150, deadline=None)
def test_snapshot_and_deltas_give_the_state_from_any_join_point(sequence: list[Batch | str]) -> None:
    state, publisher, fanout, clock = State(), Publisher(0), Fanout(), Clock()
    folders = [Folder(fanout, channel) for channel in CHANNELS]
    emitted: list[Event] = []
    for step in sequence:
        effects = clock.carry_out(state, step)
        emitted += [event for effect in effects for event in effect.events]
        commit = publisher.commit(effects)
        fanout.apply(decode_commit(encode(commit)), Moment(0, 0))
        publisher.advance(commit)
        fanout.begin()
        while fanout.slice():
            pass
        for folder in folders:
            folder.assert_agrees(state)
        folders += [Folder(fanout, channel) for channel in CHANNELS]
        assert sorted(folders[-1].snapshot, key=lambda game: game.game_id) == sorted(
            state.live_games(), key=lambda game: game.game_id
        )
    for folder in folders:
        of_channel = [e for e in emitted if folder.channel == "odds" or not isinstance(e, PriceChange)]
        assert folder.deltas == of_channel[len(of_channel) - len(folder.deltas) :]
    # The first to join /ws/odds has everything.
    assert folders[1].deltas == emitted


@given(steps, batches)
@settings(max_examples=150, deadline=None)
def test_what_was_last_observed_makes_no_event_again(sequence: list[Batch | str], batch: Batch) -> None:
    state, clock = State(), Clock()
    for step in [*sequence, batch]:
        clock.carry_out(state, step)
    before = rows(state)
    last: dict[object, Observation] = {}
    for item in batch:
        match item:
            case GameSeen(game=game):
                last[game.game_id] = item
            case Quote() | Pull():
                last[(item.game_id, item.outcome, item.points)] = item
    again = state.take(list(last.values()), clock.now_ms)
    assert again.effects == ()
    assert rows(state) == before


@given(steps, steps)
@settings(max_examples=150, deadline=None)
def test_rollback_restores_exactly_what_was_accepted(accepted: list[Batch | str], undone: list[Batch | str]) -> None:
    state, clock = State(), Clock()
    for step in accepted:
        clock.carry_out(state, step)
    state.accept()
    before = rows(state)
    for step in undone:
        clock.carry_out(state, step)
    state.rollback()
    assert rows(state) == before
    assert (state.changes().games, state.changes().prices) == ({}, {})
    state.rollback()
    assert rows(state) == before


@given(st.lists(st.tuples(steps, st.booleans()), max_size=4))
@settings(max_examples=150, deadline=None)
def test_changes_lead_the_database_to_the_state(transactions: list[tuple[list[Batch | str], bool]]) -> None:
    state, clock = State(), Clock()
    games: dict[str, Seen] = {}
    prices: dict[OutcomeId, Price] = {}
    for sequence, is_durable in transactions:
        for step in sequence:
            clock.carry_out(state, step)
        changes = state.changes()
        if is_durable:
            games = {i: seen for i, seen in {**games, **changes.games}.items() if seen}
            prices = {i: price for i, price in {**prices, **changes.prices}.items() if price}
            state.accept()
        else:
            state.rollback()
        assert rows(state) == (games, prices)


@given(steps, batches)
@settings(max_examples=150, deadline=None)
def test_a_game_comes_before_its_prices_in_a_batch(sequence: list[Batch | str], batch: Batch) -> None:
    state, clock = State(), Clock()
    for step in sequence:
        clock.carry_out(state, step)
    priced: set[str] = set()
    for effect in state.take(batch, clock.now_ms).effects:
        for event in effect.events:
            if isinstance(event, PriceChange):
                priced.add(event.game_id)
            else:
                assert event.game_id not in priced


@given(steps, batches)
@settings(max_examples=150, deadline=None)
def test_each_observation_is_accepted_or_rejected_by_its_index(sequence: list[Batch | str], batch: Batch) -> None:
    state, clock = State(), Clock()
    for step in sequence:
        clock.carry_out(state, step)
    taken = state.take(batch, clock.now_ms)
    indexes = [rejection.index for rejection in taken.rejected]
    assert taken.accepted + len(indexes) == len(batch)
    assert indexes == sorted(set(indexes))
    for index, item in enumerate(batch):
        if isinstance(item, Rejection):
            assert index in indexes
        elif not isinstance(item, Quote):
            assert index not in indexes
