"""Numbers without a hole, and every event's bytes made once."""

from builders import game
from msgspec import json
from wire import texts

from broker.events import Event, GameFinal, NewGame, PriceChange, ScoreChange, StatusChange
from broker.messages import Entry
from broker.publisher import Publisher, fragments
from broker.state import Effect

WHO = ("g1", None, "NFL")
PRICE = PriceChange("g1", None, "NFL", "spreads", "BetMGM", "Denver Broncos", None, -118.0, -2.5, 6)
WIRE: list[tuple[Event, bytes]] = [
    (NewGame(*WHO, 1), b'{"type":"new_game","game_id":"g1","pn_slug":null,"pn_league_code":"NFL","ts":1}'),
    (
        ScoreChange(*WHO, 7, None, "Q1", None, 2),
        b'{"type":"score_change","game_id":"g1","pn_slug":null,"pn_league_code":"NFL","score_home":7,'
        b'"score_away":null,"period":"Q1","clock":null,"ts":2}',
    ),
    (
        StatusChange(*WHO, "live", "final", 3),
        b'{"type":"status_change","game_id":"g1","pn_slug":null,"pn_league_code":"NFL","old_status":"live",'
        b'"new_status":"final","ts":3}',
    ),
    (
        GameFinal(*WHO, 7, 3, 4),
        b'{"type":"game_final","game_id":"g1","pn_slug":null,"pn_league_code":"NFL","score_home":7,"score_away":3,'
        b'"ts":4}',
    ),
    (
        PRICE,
        b'{"type":"price_change","game_id":"g1","pn_slug":null,"pn_league_code":"NFL","pn_market_type":"spreads",'
        b'"book":"BetMGM","outcome":"Denver Broncos","old_price":null,"new_price":-118.0,"points":-2.5,"ts":6}',
    ),
]


def test_each_event_is_on_the_wire_as_the_contract_lists_its_fields() -> None:
    (entry,) = Publisher(0).commit([Effect(tuple(event for event, _ in WIRE))]).entries
    assert texts(b"".join(entry.frames)) == [text for _, text in WIRE]


def test_prices_are_for_odds_only_and_games_for_both() -> None:
    entries = Publisher(0).commit([Effect((PRICE,)), Effect((NewGame(*WHO, 1),))]).entries
    assert [entry.for_live for entry in entries] == [False, True]


def test_numbers_follow_each_other_once_they_are_durable() -> None:
    publisher = Publisher(41)
    effects = [Effect((PRICE, PRICE)), Effect((), "g1", game()), Effect((PRICE,))]
    commit = publisher.commit(effects)
    assert (commit.first_seq, commit.last_seq) == (42, 45)
    assert publisher.head_seq == 41
    assert publisher.commit(effects[:1]).first_seq == 42
    publisher.advance(commit)
    assert publisher.commit(effects[:1]).first_seq == 46


def test_a_change_without_an_event_carries_its_fragment_and_takes_a_number() -> None:
    live = game(status="live")
    commit = Publisher(0).commit([Effect((), "g1", live), Effect((), "g1", None)])
    assert commit.entries == (Entry((), True, "g1", json.encode(live)), Entry((), True, "g1", None))
    assert commit.last_seq == 2


def test_fragments_are_the_games_as_the_snapshot_shows_them() -> None:
    live = [game("g2"), game("g1", home=7)]
    encoded = fragments(live)
    assert [game_id for game_id, _ in encoded] == ["g2", "g1"]
    assert [json.decode(fragment, type=type(game())) for _, fragment in encoded] == live
    assert json.encode(live[1]) == encoded[1][1]
