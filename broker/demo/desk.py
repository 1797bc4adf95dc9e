"""When a book looks at a game: soon after something happened, and now and then without a cause."""

from collections.abc import Iterator, Sequence
from random import Random

from msgspec import Struct

from broker.demo.books import Book
from broker.demo.markets import MAIN_MARKETS, MARKETS_PER_GAME, TwoWay
from broker.demo.quotes import Quotes
from broker.observations import Observation

OPENING_MS = 8_000
"""Within this time all books have opened a game that appears."""
IDLE_MS = 4_600
"""Between two looks of one book at one of a game's markets, on average."""
LAG_FACTORS = (0.6, 1.3)
"""How a book's lag varies; the slowest still answers in about a second."""
SUSPEND_CHANCE = 0.06
SUSPENSION_MS = (1_500, 4_000)
"""Some books offer nothing for a while after a score."""


class Answer(Struct, frozen=True):
    """What a book is about to do about something that happened.

    Args:
        depth: how many markets it looks at, from the first.
        suspended_ms: withdraw the main markets instead, and look at all after so long; 0 for no.
    """

    depth: int
    suspended_ms: int = 0


class Desk:
    """One book's trader of one game.

    Args:
        now_ms: when the game appears.
    """

    def __init__(self, book: Book, game_id: str, now_ms: int, rng: Random) -> None:
        self._book = book
        self._quotes = Quotes(book, game_id)
        self._rng = rng
        self._answer: Answer | None = Answer(MARKETS_PER_GAME)
        self.due_ms = now_ms + rng.randrange(OPENING_MS)
        """Unix time of the next look."""

    @property
    def closed(self) -> bool:
        """Whether nothing is quoted, nor about to be."""
        return self._answer is None and self._quotes.empty

    def notice(self, now_ms: int, depth: int, suspendable: bool) -> None:
        """Something happened that calls for an answer; one that is under way already will do.

        Args:
            depth: how many markets it concerns.
            suspendable: whether it may make a book stop betting for a while.
        """
        if self._answer:
            self._answer = Answer(max(self._answer.depth, depth), self._answer.suspended_ms)
            return
        suspends = suspendable and self._rng.random() < SUSPEND_CHANCE
        self._answer = Answer(depth, self._rng.randint(*SUSPENSION_MS) if suspends else 0)
        self.due_ms = now_ms + round(self._book.lag_ms * self._rng.uniform(*LAG_FACTORS))

    def act(self, bets: Sequence[TwoWay], now_ms: int) -> Iterator[Observation]:
        """Do what is due.

        Args:
            bets: the game's markets as they stand.
        """
        answer, self._answer = self._answer, None
        if answer and answer.suspended_ms:
            self._answer = Answer(MARKETS_PER_GAME)
            self.due_ms = now_ms + answer.suspended_ms
            for index in range(MAIN_MARKETS):
                yield from self._quotes.withdraw(index, bets[index], now_ms)
            return
        self.due_ms = now_ms + 1 + round(self._rng.expovariate(1 / IDLE_MS))
        for index in range(min(answer.depth, self._book.depth)) if answer else (self._rng.randrange(self._book.depth),):
            yield from self._quotes.look(index, bets[index], now_ms, self._rng)
