"""The event that everybody sends: a price_change whose price is its stamp, the same bytes in each server.

A stamp is the time at which the event was sent, CLOCK_MONOTONIC in ns plus an offset: it survives the relay as it is
(a price is any number), grows from event to event, and always has as many digits.
"""

from collections.abc import Sequence

from msgspec import json

from broker.events import PriceChange
from broker.frames import text_frame
from broker.games import Game, Scores, Team
from broker.observations import GameSeen, Quote

STAMP_OFFSET_NS = 10**15
"""The digits of a stamp stay 16 for 104 days of uptime, and a float holds it exactly. drain.c knows it too."""
GAMES = 12
BOOKS = 10
PROPS = 20
OUTCOMES = GAMES * BOOKS * PROPS
"""More than the events of any burst: no outcome moves twice in one."""
SOME_STAMP = STAMP_OFFSET_NS
SOME_TS_MS = 1_760_257_753_000


def games() -> Sequence[bytes]:
    """Make the observations of the live games that a snapshot shows."""
    return [json.encode(GameSeen(_game(number))) for number in range(GAMES)]


def quotes() -> Sequence[tuple[bytes, bytes]]:
    """Make each outcome's observation, cut in two where the stamp goes."""
    return [_cut(json.encode(_quote(number))) for number in range(OUTCOMES)]


def text() -> tuple[bytes, bytes]:
    """Make the event as the relay sends it, cut in two where the stamp goes."""
    return _cut(json.encode(_event(0)), b'"new_price":')


def frame_bytes() -> int:
    """How long the event is, with its frame's header.

    Raises:
        AssertionError: if not every outcome's event is as long.
    """
    sizes = {len(text_frame(json.encode(_event(number)))) for number in range(OUTCOMES)}
    assert len(sizes) == 1
    return sizes.pop()


def _cut(encoded: bytes, before: bytes = b'"price":') -> tuple[bytes, bytes]:
    head, _, tail = encoded.partition(before + str(SOME_STAMP).encode())
    return head + before, tail


def _quote(number: int) -> Quote:
    game, book, prop = number % GAMES, number // GAMES % BOOKS, number // GAMES // BOOKS
    return Quote(
        game_id=_game_id(game),
        pn_market_type="spreads",
        book=f"Bookmaker {book}",
        outcome=f"Denver Bronco {prop:02}",
        price=float(SOME_STAMP),
        points=-2.5,
    )


def _event(number: int) -> PriceChange:
    quote = _quote(number)
    return PriceChange(
        game_id=quote.game_id,
        pn_slug=_slug(number % GAMES),
        pn_league_code="nfl",
        pn_market_type=quote.pn_market_type,
        book=quote.book,
        outcome=quote.outcome,
        old_price=quote.price,
        new_price=quote.price,
        points=quote.points,
        ts=SOME_TS_MS,
    )


def _game_id(number: int) -> str:
    return f"31853-242{number:02}-2025-10-12"


def _slug(number: int) -> str:
    return f"nfl-d{number:02}-nyj-2025-10-12"


def _game(number: int) -> Game:
    return Game(
        game_id=_game_id(number),
        pn_slug=_slug(number),
        pn_league_code="nfl",
        sport_category="football",
        start_date="2025-10-12T13:30:00Z",
        status="live",
        venue="Tottenham Hotspur Stadium",
        broadcast="NFL NETWORK",
        home_team=Team("New York Jets", "New York", "Jets", "nyj", "https://example.com/logos/NYJ"),
        away_team=Team("Denver Broncos", "Denver", "Broncos", f"d{number:02}", "https://example.com/logos/DEN"),
        scores=Scores(
            status="Live",
            score_home=11,
            score_away=13,
            period="Q3",
            clock="07:41",
            is_live=True,
            last_play="(07:41) J.Taylor up the middle to DEN 34 for 6 yards",
            current_down_and_distance="2nd & 4 at DEN 34",
            weather="Mostly Sunny Temp: 59 F, Humidity: 69%, Wind: NE 6 mph",
            weather_temp=59.0,
            weather_temp_high=None,
            home_starter=None,
            away_starter=None,
        ),
    )
