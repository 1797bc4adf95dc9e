"""Twenty invented sportsbooks, each with its own temper."""

from msgspec import Struct

from broker.demo.markets import MAIN_MARKETS, MARKETS_PER_GAME

NO_PLAYERS = MARKETS_PER_GAME - 2


class Book(Struct, frozen=True):
    """A sportsbook.

    Args:
        margin: by how much the two sides of a bet exceed a probability of 1.
        lag_ms: typical time to answer a score.
        step: what it rounds short odds to.
        depth: how many of a game's markets it offers, from the first.
    """

    name: str
    margin: float
    lag_ms: int
    step: int = 5
    depth: int = MARKETS_PER_GAME


BOOKS = (
    Book("Northgate", 0.041, 90, 1),
    Book("PeakLine", 0.042, 130, 1),
    Book("Meridian Exchange", 0.040, 110, 1, NO_PLAYERS),
    Book("SilverRail", 0.045, 240),
    Book("BetHarbor", 0.046, 280),
    Book("Lucky Lantern", 0.047, 340),
    Book("CrownPoint", 0.045, 310, 1),
    Book("RiverStakes", 0.046, 390),
    Book("Gridiron Jack's", 0.048, 420),
    Book("FourCorners", 0.045, 200),
    Book("TallyHouse", 0.046, 450),
    Book("OddsMill", 0.044, 260, 1, NO_PLAYERS),
    Book("Blue Ridge", 0.047, 520),
    Book("Copperline", 0.046, 480),
    Book("HighTide", 0.047, 560, 5, NO_PLAYERS),
    Book("StadiumBet", 0.048, 610),
    Book("Old Mint", 0.049, 680, 5, NO_PLAYERS),
    Book("Wager Works", 0.048, 640, 5, NO_PLAYERS),
    Book("Sundown", 0.050, 720, 5, MAIN_MARKETS),
    Book("LastCall.bet", 0.050, 800, 5, MAIN_MARKETS),
)
