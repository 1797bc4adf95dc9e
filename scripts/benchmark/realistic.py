"""Price changes as a day of many games brings them: made up, but of the shape of recorded ones, so that they compress
like those and not better.

Books are polled in turns. Each poll finds some of the games moved, in some of their markets, and there both outcomes;
where a line moves, its outcomes are new and have no old price. The stamp is the event's `ts`, in ms as always: each
event has one of its own, where recorded ones share a poll's, which would compress better.
"""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from random import Random

from msgspec import Struct, json

from benchmark.fixtures import FIXTURES, Fixture
from benchmark.material import Change, Material
from benchmark.stamp import Stamp
from broker.events import PriceChange
from broker.observations import GameSeen, Pull, Quote

STAMP = Stamp("ts", unit_ns=10**6, offset_units=1_760_000_000_000)
CHANGES = 20_000
"""Of one cycle, 40 s at 500 a second: far more than a compressor's window holds."""
SEED = 20251012
GRID_CENTS = {
    "BetMGM": 5,
    "BetOnline.ag": 1,
    "BetRivers": 1,
    "BetUS": 5,
    "Bovada": 5,
    "Caesars": 5,
    "DraftKings": 1,
    "Fanatics": 5,
    "FanDuel": 5,
    "LowVig.ag": 1,
    "MyBookie.ag": 1,
}
"""The books, and how finely each prices."""
MARKETS = ("moneyline", "spreads", "totals")
GAME_MOVED_PART = 0.16
MARKET_MOVED_PART = 0.75
LINE_MOVED_PART = 0.5
"""Of the moves of a spread or a total; otherwise its prices move alone."""
STRAY_POINTS = 2.0
STRAY_CENTS = {"moneyline": 60, "spreads": 25, "totals": 25}
"""How far from the opening anything goes before it is drawn back to it."""
MARGIN_CENTS = 10
"""A book's: -110 on both sides where they are even."""
STEPS = (1, 1, 1, 1, 2, 2, 3)

OutcomeId = tuple[str, str, str, str, float | None]


class Offer(Struct):
    """What a book offers in one market of one game.

    Args:
        line: points of a total, or of the away team in a spread; None in a moneyline.
        lean_cents: in favour of the away team, or of Over; 0 is even.
    """

    line: float | None
    lean_cents: int


@cache
def material() -> Material:
    """Make all of it; the same each time."""
    games = [json.encode(GameSeen(fixture.game())) for fixture in FIXTURES]
    return Material(STAMP, games, list(islice(_changes(Random(SEED)), CHANGES)))  # noqa: S311 nothing secret


def _changes(random: Random) -> Iterator[Change]:
    prices: dict[OutcomeId, float] = {}
    for fixture, quote in _quotes(random):
        outcome = (quote.game_id, quote.pn_market_type, quote.book, quote.outcome, quote.points)
        old_price = prices.get(outcome)
        if old_price != quote.price:
            prices[outcome] = quote.price
            yield _change(fixture, quote, old_price)


def _quotes(random: Random) -> Iterator[tuple[Fixture, Quote]]:
    offers: dict[tuple[str, str, str], Offer] = {}
    books = tuple(GRID_CENTS)
    while True:
        book = random.choice(books)
        moved = [fixture for fixture in FIXTURES if random.random() < GAME_MOVED_PART]
        for fixture in moved:
            for market in MARKETS:
                if random.random() < MARKET_MOVED_PART:
                    opening = _opening(fixture, market)
                    offer = offers.setdefault((book, fixture.game_id, market), _opening(fixture, market))
                    _move(random, offer, opening, market, GRID_CENTS[book])
                    for quote in _both_sides(fixture, market, book, offer):
                        yield fixture, quote


def _opening(fixture: Fixture, market: str) -> Offer:
    match market:
        case "moneyline":
            return Offer(None, fixture.favour_cents)
        case "spreads":
            return Offer(fixture.spread, 0)
        case _:
            return Offer(fixture.total, 0)


def _move(random: Random, offer: Offer, opening: Offer, market: str, grid_cents: int) -> None:
    if offer.line is not None and opening.line is not None and random.random() < LINE_MOVED_PART:
        offer.line += random.choice((-0.5, 0.5))
        if abs(offer.line - opening.line) > STRAY_POINTS:
            offer.line = opening.line
    offer.lean_cents += grid_cents * random.choice((-1, 1)) * random.choice(STEPS)
    if abs(offer.lean_cents - opening.lean_cents) > STRAY_CENTS[market]:
        offer.lean_cents = opening.lean_cents


def _both_sides(fixture: Fixture, market: str, book: str, offer: Offer) -> Iterator[Quote]:
    away, home = ("Over", "Under") if market == "totals" else (fixture.away.name, fixture.home.name)
    home_line = -offer.line if market == "spreads" and offer.line else offer.line
    yield _quote(fixture, market, book, away, offer.line, offer.lean_cents)
    yield _quote(fixture, market, book, home, home_line, -offer.lean_cents)


def _quote(fixture: Fixture, market: str, book: str, outcome: str, points: float | None, lean_cents: int) -> Quote:
    price = _american(lean_cents + MARGIN_CENTS)
    return Quote(fixture.game_id, market, book, outcome, price, points, ts=STAMP.offset_units)


def _american(favour_cents: int) -> float:
    """What 100 win if it is no favourite, or what wins 100 if it is: nothing is between -100 and 100."""
    return float(-100 - favour_cents if favour_cents > 0 else 100 - favour_cents)


def _change(fixture: Fixture, quote: Quote, old_price: float | None) -> Change:
    observations = json.encode(quote)
    if old_price is None:
        # It may be there since the cycle was played last.
        pull = Pull(quote.game_id, quote.pn_market_type, quote.book, quote.outcome, quote.points)
        observations = json.encode(pull) + b"\n" + observations
    event = PriceChange(
        game_id=quote.game_id,
        pn_slug=fixture.slug,
        pn_league_code=fixture.league,
        pn_market_type=quote.pn_market_type,
        book=quote.book,
        outcome=quote.outcome,
        old_price=old_price,
        new_price=quote.price,
        points=quote.points,
        ts=STAMP.offset_units,
    )
    return Change(STAMP.cut(observations, "ts"), STAMP.cut(json.encode(event), STAMP.field))
