"""Price changes that are all alike, each as long as any other; their stamp is the price.

A price survives the relay as it is, whatever number it is, so a stamp can be exact to the ns.
"""

from functools import cache

from msgspec import json

from benchmark.material import Change, Material
from benchmark.stamp import Stamp
from broker.events import PriceChange
from broker.games import Game, Scores, Team
from broker.observations import GameSeen, Quote

STAMP = Stamp("new_price", unit_ns=1, offset_units=10**15)
"""The digits stay 16 for 104 days of uptime, and a float holds it exactly."""
GAMES = 12
BOOKS = 10
PROPS = 20
OUTCOMES = GAMES * BOOKS * PROPS
"""More than the events of any burst: no outcome moves twice in one."""
SOME_TS_MS = 1_760_257_753_000


@cache
def material() -> Material:
    """Make all of it."""
    games = [json.encode(GameSeen(_game(number))) for number in range(GAMES)]
    return Material(STAMP, games, [_change(number) for number in range(OUTCOMES)])


def _change(number: int) -> Change:
    game, book, prop = number % GAMES, number // GAMES % BOOKS, number // GAMES // BOOKS
    quote = Quote(
        game_id=_game_id(game),
        pn_market_type="spreads",
        book=f"Bookmaker {book}",
        outcome=f"Denver Bronco {prop:02}",
        price=float(STAMP.offset_units),
        points=-2.5,
    )
    event = PriceChange(
        game_id=quote.game_id,
        pn_slug=_slug(game),
        pn_league_code="nfl",
        pn_market_type=quote.pn_market_type,
        book=quote.book,
        outcome=quote.outcome,
        old_price=quote.price,
        new_price=quote.price,
        points=quote.points,
        ts=SOME_TS_MS,
    )
    return Change(STAMP.cut(json.encode(quote), "price"), STAMP.cut(json.encode(event), STAMP.field))


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
