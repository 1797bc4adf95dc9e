"""Twenty simulated minutes of the demo feed, folded like the broker folds them, for all tests to look at."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache

from msgspec import Struct, field

from broker.demo.simulator import Simulator
from broker.games import Game
from broker.observations import GameSeen, Observation, Pull, Quote

SEED = 7
START_MS = 1_760_257_753_000
MINUTES = 20
TICK_MS = 50

OutcomeId = tuple[str, str, str, str, float | None]


class Score(Struct, frozen=True):
    """A score at a time since the start, and who had quotes for that game then."""

    at_ms: int
    game_id: str
    books: frozenset[str]


class Board(Struct):
    """What was seen, and what stands in the end."""

    observations: list[Observation] = field(default_factory=list)
    prices: dict[OutcomeId, float] = field(default_factory=dict)
    games: dict[str, list[Game]] = field(default_factory=lambda: defaultdict(list))
    changes: Counter[int] = field(default_factory=Counter)
    """Price changes by second."""
    acts: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    """When each book said something of a game: quoted or pulled."""
    scores: list[Score] = field(default_factory=list)
    on_board: list[int] = field(default_factory=list)
    """Games unplayed or live, each second."""
    live: list[int] = field(default_factory=list)
    samples: list[dict[OutcomeId, float]] = field(default_factory=list)
    """All that is quoted, every half minute."""

    def take(self, observation: Observation, at_ms: int) -> None:
        """Fold one observation in."""
        self.observations.append(observation)
        if isinstance(observation, GameSeen):
            self._take_game(observation.game, at_ms)
            return
        identity = _identity(observation)
        self.acts[observation.game_id, observation.book].append(at_ms)
        if isinstance(observation, Pull):
            del self.prices[identity]
        elif self.prices.get(identity) != observation.price:
            self.changes[at_ms // 1000] += 1
            self.prices[identity] = observation.price

    def count(self) -> None:
        """A second is over."""
        latest = Counter(games[-1].status for games in self.games.values())
        self.live.append(latest["live"])
        self.on_board.append(latest["unplayed"] + latest["live"])
        if len(self.live) % 30 == 0:
            self.samples.append(dict(self.prices))

    def _take_game(self, game: Game, at_ms: int) -> None:
        seen = self.games[game.game_id]
        if seen and _points(seen[-1]) != _points(game):
            books = frozenset(identity[2] for identity in self.prices if identity[0] == game.game_id)
            self.scores.append(Score(at_ms, game.game_id, books))
        seen.append(game)


@cache
def played() -> Board:
    """The board after all minutes."""
    simulator, board = Simulator(SEED, START_MS), Board()
    for at_ms in range(0, MINUTES * 60_000, TICK_MS):
        for observation in simulator.advance(START_MS + at_ms):
            board.take(observation, at_ms)
        if at_ms % 1000 == 1000 - TICK_MS:
            board.count()
    return board


def pairs(prices: dict[OutcomeId, float]) -> Iterator[list[float]]:
    """Both sides' prices of each bet that is quoted."""
    bets: dict[tuple[object, ...], list[float]] = defaultdict(list)
    for (game_id, market, book, outcome, points), price in prices.items():
        who = outcome.removesuffix("Over").removesuffix("Under") if outcome.endswith(("Over", "Under")) else None
        bets[game_id, market, book, who, points and abs(points)].append(price)
    yield from bets.values()


def _identity(observation: Quote | Pull) -> OutcomeId:
    return (
        observation.game_id,
        observation.pn_market_type,
        observation.book,
        observation.outcome,
        observation.points,
    )


def _points(game: Game) -> tuple[int | None, int | None]:
    return game.scores.score_home, game.scores.score_away
