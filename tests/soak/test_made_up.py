"""Made-up observations are what a real producer might send, and no two moments of them are alike."""

import json
from random import Random

from broker.observations import Rejection, parse
from broker.state import State
from service.derived import derive
from soak.made_up import GAMES, Feed


def batches(seed: int) -> list[list[bytes]]:
    feed = Feed("made-up", Random(seed))
    return [feed.opening(), *(feed.batch(5) for _ in range(400))]


def test_the_same_seed_makes_the_same() -> None:
    assert batches(1) == batches(1)
    assert batches(1) != batches(2)


def test_all_of_it_is_taken() -> None:
    state = State()
    for batch in batches(1):
        observations = list(parse(b"\n".join(batch)))
        assert not any(isinstance(each, Rejection) for each in observations)
        assert not state.take(observations, 0).rejected


def test_all_kinds_of_events_come_of_it_and_no_two_are_alike() -> None:
    events = derive(batches(1))
    assert {json.loads(event)["type"] for event in events} == {
        *("new_game", "score_change", "status_change", "game_final", "price_change"),
    }
    assert len(set(events)) == len(events)


def test_every_batch_changes_the_snapshot() -> None:
    plays = [json.loads(batch[0])["game"]["scores"]["last_play"] for batch in batches(1)[1:]]
    assert len(set(plays)) == len(plays)
    assert len(batches(1)[0]) == GAMES
