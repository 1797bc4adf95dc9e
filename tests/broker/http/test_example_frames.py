"""The examples are frames of all types, and of a game that a client can follow."""

from msgspec import json

from broker.http.example_frames import example_frames
from broker.view import View, decode

FRAMES = example_frames()


def test_there_are_examples_of_all_that_is_sent() -> None:
    assert set(FRAMES) == {
        "welcome",
        "snapshot",
        "new_game",
        "status_change",
        "score_change",
        "game_final",
        "price_change",
        "lagged",
        "pong",
        "error",
    }


def test_a_client_follows_them_to_the_end_of_the_game() -> None:
    view = View(lambda _game: True)
    for frame in (frame for frames in FRAMES.values() for frame in frames):
        if message := decode(json.encode(frame)):
            view.apply(message, now=0.0)
    (game,) = view.games.values()
    assert (game.status, game.score_home, game.score_away) == ("final", 0, 7)
    prices = [(seen.change.old_price, seen.change.new_price) for seen in view.prices]
    assert prices == [(None, -118.0), (-118.0, -150.0)]
