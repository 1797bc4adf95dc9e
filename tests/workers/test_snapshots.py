"""Snapshots: made once for all who join, and again only when a game has changed."""

import pytest
from msgspec import json
from recording import texts

from broker.messages import CHANNELS, Channel
from workers.snapshots import Snapshots


@pytest.fixture
def snapshots() -> Snapshots:
    snapshots = Snapshots()
    snapshots.set("g2", b'{"game_id":"g2"}')
    snapshots.set("g1", b'{"game_id":"g1"}')
    return snapshots


def ids(frame: bytes) -> list[str]:
    (text,) = texts(frame)
    snapshot = json.decode(text)
    assert snapshot["count"] == len(snapshot["games"])
    return [game["game_id"] for game in snapshot["games"]]


def test_without_games_the_count_is_zero() -> None:
    assert texts(Snapshots().frame("live", 5)) == [b'{"type":"snapshot","channel":"live","ts":5,"count":0,"games":[]}']


@pytest.mark.parametrize("channel", CHANNELS)
def test_it_holds_every_game_in_order_of_game_id(snapshots: Snapshots, channel: Channel) -> None:
    (text,) = texts(snapshots.frame(channel, 7))
    assert text == (
        b'{"type":"snapshot","channel":"%b","ts":7,"count":2,"games":[{"game_id":"g1"},{"game_id":"g2"}]}'
        % channel.encode()
    )


def test_it_is_made_once_for_both_channels(snapshots: Snapshots) -> None:
    live, odds = snapshots.frame("live", 1), snapshots.frame("odds", 2)
    assert snapshots.frame("live", 3) is live
    assert snapshots.frame("odds", 3) is odds
    assert b'"ts":1,' in odds


def test_a_changed_game_makes_a_new_one(snapshots: Snapshots) -> None:
    before = snapshots.frame("live", 1)
    snapshots.set("g1", b'{"game_id":"g1","home":7}')
    after = snapshots.frame("live", 2)
    assert (len(after), b'"ts":2,' in after) == (len(before) + len(',"home":7'), True)


def test_a_game_that_left_is_taken_out(snapshots: Snapshots) -> None:
    snapshots.frame("live", 1)
    snapshots.set("g1", None)
    snapshots.set("never there", None)
    assert ids(snapshots.frame("live", 2)) == ["g2"]


def test_an_image_takes_the_place_of_all(snapshots: Snapshots) -> None:
    snapshots.frame("live", 1)
    snapshots.replace([("g3", b'{"game_id":"g3"}')])
    assert ids(snapshots.frame("live", 2)) == ["g3"]
