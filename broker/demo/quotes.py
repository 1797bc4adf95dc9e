"""What one book quotes for one game, and how that follows the game; says only what changes."""

import math
from collections.abc import Iterator
from random import Random

from msgspec import Struct

from broker.demo.books import Book
from broker.demo.markets import TwoWay
from broker.demo.odds import chance_above, price
from broker.observations import Observation, Pull, Quote

EVEN_CHANCES = (0.35, 0.65)
"""A line whose chance leaves this range is replaced by the one nearest to even: wide enough that opinions alone
don't make it flap."""
OPINION_SD = 0.045
"""How far a book's opinion is off the truth, in spreads of the result: some two cents of a fair price."""
OPINION_MEMORY = 0.7
"""How much of the last opinion stays in the next one."""
OPINION_STEP_SD = OPINION_SD * math.sqrt(1 - OPINION_MEMORY**2)


class Standing(Struct, frozen=True):
    """What is quoted of one bet: the line, None where there is none, and both sides' American odds."""

    line: float | None
    prices: tuple[float, float]


class Quotes:
    """The quotes of one book for one game."""

    def __init__(self, book: Book, game_id: str) -> None:
        self._book = book
        self._game_id = game_id
        self._standing: list[Standing | None] = [None] * book.depth
        self._opinions = [0.0] * book.depth

    @property
    def empty(self) -> bool:
        """Whether nothing is quoted."""
        return not any(self._standing)

    def look(self, index: int, bet: TwoWay, ts: int, rng: Random) -> Iterator[Observation]:
        """Look at one market again, and quote it as it should be now.

        Args:
            index: the bet's place in the game's markets, below the book's depth.
            ts: Unix ms of what is observed.
        """
        if not bet.open:
            yield from self.withdraw(index, bet, ts)
            return
        old = self._standing[index]
        new = self._standing[index] = self._price(index, bet, old, rng)
        moved = old is not None and old.line != new.line
        if old and moved:
            yield from self._pulls(bet, old, ts)
        for side, name in enumerate(bet.sides):
            if old is None or moved or old.prices[side] != new.prices[side]:
                points = _points(bet, new.line, side)
                yield Quote(
                    self._game_id, bet.market, self._book.name, name, new.prices[side], points, bet.player_id, ts
                )

    def withdraw(self, index: int, bet: TwoWay, ts: int) -> Iterator[Observation]:
        """Offer one market no longer."""
        old, self._standing[index] = self._standing[index], None
        if old:
            yield from self._pulls(bet, old, ts)

    def _price(self, index: int, bet: TwoWay, old: Standing | None, rng: Random) -> Standing:
        opinion = OPINION_MEMORY * self._opinions[index] + rng.gauss(0, OPINION_STEP_SD)
        self._opinions[index] = opinion
        mean = bet.mean + opinion * bet.sd
        line = None if bet.style == "winner" else _line(mean, bet.sd, old.line if old else None)
        chance = chance_above(line or 0.0, mean, bet.sd)
        margin, step = self._book.margin, self._book.step
        return Standing(line, (price(chance, margin, step), price(1 - chance, margin, step)))

    def _pulls(self, bet: TwoWay, old: Standing, ts: int) -> Iterator[Observation]:
        for side, name in enumerate(bet.sides):
            yield Pull(self._game_id, bet.market, self._book.name, name, _points(bet, old.line, side), ts)


def _line(mean: float, sd: float, old: float | None) -> float:
    """The line to offer: the old one while it is about even, else the half point nearest to even."""
    low, high = EVEN_CHANCES
    if old is not None and low <= chance_above(old, mean, sd) <= high:
        return old
    return math.floor(mean) + 0.5


def _points(bet: TwoWay, line: float | None, side: int) -> float | None:
    """How a line reads for one side: a handicap to each team, or the same total to both."""
    if line is None or bet.style == "total":
        return line
    return -line if side == 0 else line
