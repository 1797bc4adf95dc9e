"""What is known of every game, and the events that an observation makes of it. Pure: the clock is handed in.

Rules (README, "Events" and "Producers"):

- Observations are absolute. Nothing that is already so makes an event.
- Within a batch, what is seen of games comes before quotes and pulls, so a game's score precedes its prices.
- What one observation of a game gives, and in which order, is in game_events.py.
- A pulled outcome leaves the state; when it is quoted again its `old_price` is null.
- A game that nobody observed for 24 h leaves the state.

What changed is remembered, `changes` tells it, until `accept` says that it is durable or `rollback` undoes it.
"""

from collections.abc import Iterator, Sequence
from math import isfinite

from msgspec import Struct

from broker.events import Event, PriceChange
from broker.game_events import game_events
from broker.games import Game
from broker.observations import GameSeen, Observation, Pull, Quote, Rejection

FORGET_AFTER_MS = 24 * 3600 * 1000
TOUCH_EVERY_MS = 10 * 60 * 1000
"""How far the durable time of a game's last observation may be behind: a feed that polls unchanged prices all day
must not write all day."""
LEAST_PRICE = 100.0
"""American odds: -100 and below, or 100 and above; there is nothing in between."""

OutcomeId = tuple[str, str, str, str, float | None]
"""game_id, pn_market_type, book, outcome, points."""


class Price(Struct, frozen=True):
    """The last quote of one outcome."""

    price: float
    player_id: str | None
    ts: int


class Seen(Struct, frozen=True):
    """A game, and when anything was last observed of it, in Unix ms of the broker's clock."""

    game: Game
    observed_at: int


class Effect(Struct, frozen=True):
    """What one observation changed.

    Args:
        events: for the subscribers, in order; may be empty.
        game_id: the game whose place in the snapshot changed, None if the snapshot stays as it is.
        game: that game if it belongs into the snapshot, None if it doesn't (any more).
    """

    events: tuple[Event, ...]
    game_id: str | None = None
    game: Game | None = None


class Changes(Struct, frozen=True):
    """The rows that differ from what is durable; None is a row that is gone."""

    games: dict[str, Seen | None]
    prices: dict[OutcomeId, Price | None]


class Taken(Struct, frozen=True):
    """What became of one batch."""

    accepted: int
    effects: tuple[Effect, ...]
    rejected: tuple[Rejection, ...]

    @property
    def events(self) -> int:
        """How many events the batch made."""
        return sum(len(effect.events) for effect in self.effects)


class RejectedError(Exception):
    """An observation that reads well but can't be taken; the message is one sentence."""


class State:
    """All games and prices.

    Args:
        games: as loaded from the database.
        prices: as loaded from the database.
    """

    def __init__(self, games: dict[str, Seen] | None = None, prices: dict[OutcomeId, Price] | None = None) -> None:
        self.games = games or {}
        self._prices: dict[str, dict[OutcomeId, Price]] = {game_id: {} for game_id in self.games}
        for outcome, price in (prices or {}).items():
            self._prices[outcome[0]][outcome] = price
        self._old_games: dict[str, Seen | None] = {}
        self._old_prices: dict[OutcomeId, Price | None] = {}

    def take(self, batch: Sequence[Observation | Rejection], now_ms: int) -> Taken:
        """Take one batch, games first.

        Args:
            batch: what was read of each observation, in the producer's order.
            now_ms: the broker's clock, the ts of observations that carry none.
        """
        effects: list[Effect] = []
        rejected = [item for item in batch if isinstance(item, Rejection)]
        accepted = 0
        for index, observation in _games_first(batch):
            try:
                effect = self._observe(observation, now_ms)
            except RejectedError as error:
                rejected.append(Rejection(index, str(error)))
                continue
            accepted += 1
            if effect:
                effects.append(effect)
        rejected.sort(key=lambda rejection: rejection.index)
        return Taken(accepted, tuple(effects), tuple(rejected))

    def expire(self, now_ms: int) -> tuple[Effect, ...]:
        """Forget the games that nobody observed for 24 h."""
        old = [game_id for game_id, seen in self.games.items() if seen.observed_at <= now_ms - FORGET_AFTER_MS]
        return tuple(effect for game_id in old if (effect := self._forget(game_id)))

    def live_games(self) -> Iterator[Game]:
        """The games of the snapshot."""
        return (seen.game for seen in self.games.values() if seen.game.scores.is_live)

    def prices(self, game_id: str) -> dict[OutcomeId, Price]:
        """What is offered on one game."""
        return self._prices[game_id]

    def books(self) -> set[str]:
        """All who offer something."""
        return {outcome[2] for prices in self._prices.values() for outcome in prices}

    @property
    def price_count(self) -> int:
        """How many outcomes are offered."""
        return sum(map(len, self._prices.values()))

    def changes(self) -> Changes:
        """What is not durable yet."""
        return Changes(
            games={game_id: self.games.get(game_id) for game_id in self._old_games},
            prices={outcome: self._prices.get(outcome[0], {}).get(outcome) for outcome in self._old_prices},
        )

    def accept(self) -> None:
        """All changes are durable; there is no way back from here."""
        self._old_games, self._old_prices = {}, {}

    def rollback(self) -> None:
        """Undo everything since the last `accept` or `rollback`."""
        for game_id, seen in self._old_games.items():
            if seen is None:
                self.games.pop(game_id, None)
                self._prices.pop(game_id, None)
            else:
                self.games[game_id] = seen
                self._prices.setdefault(game_id, {})
        for outcome, price in self._old_prices.items():
            if price is not None:
                self._prices[outcome[0]][outcome] = price
            elif outcome[0] in self._prices:
                self._prices[outcome[0]].pop(outcome, None)
        self._old_games, self._old_prices = {}, {}

    def _observe(self, observation: Observation, now_ms: int) -> Effect | None:
        ts = now_ms if observation.ts is None else observation.ts
        match observation:
            case GameSeen(game=game):
                return self._see(game, ts, now_ms)
            case Quote():
                return self._quote(observation, ts, now_ms)
            case Pull():
                self._pull(observation, now_ms)
                return None

    def _see(self, game: Game, ts: int, now_ms: int) -> Effect | None:
        seen = self.games.get(game.game_id)
        if seen is None:
            self._set_game(game, now_ms)
            self._prices[game.game_id] = {}
            return _effect(None, game, ts)
        if seen.game == game:
            self._touch(seen, now_ms)
            return None
        self._set_game(game, now_ms)
        return _effect(seen.game, game, ts)

    def _quote(self, quote: Quote, ts: int, now_ms: int) -> Effect | None:
        seen = self._known(quote.game_id)
        _check_price(quote.price)
        self._touch(seen, now_ms)
        outcome = _outcome_id(quote)
        prices = self._prices[quote.game_id]
        old = prices.get(outcome)
        if old and (old.price, old.player_id) == (quote.price, quote.player_id):
            return None
        self._old_prices.setdefault(outcome, old)
        prices[outcome] = Price(quote.price, quote.player_id, ts)
        if old and old.price == quote.price:
            return None
        game = seen.game
        event = PriceChange(
            game_id=game.game_id,
            pn_slug=game.pn_slug,
            pn_league_code=game.pn_league_code,
            pn_market_type=quote.pn_market_type,
            book=quote.book,
            outcome=quote.outcome,
            old_price=old.price if old else None,
            new_price=quote.price,
            points=outcome[-1],
            ts=ts,
        )
        return Effect((event,))

    def _pull(self, pull: Pull, now_ms: int) -> None:
        seen = self.games.get(pull.game_id)
        if seen is None:
            # "A pull of something that isn't there is accepted and changes nothing."
            return
        self._touch(seen, now_ms)
        outcome = _outcome_id(pull)
        old = self._prices[pull.game_id].pop(outcome, None)
        if old:
            self._old_prices.setdefault(outcome, old)

    def _known(self, game_id: str) -> Seen:
        try:
            return self.games[game_id]
        except KeyError:
            raise RejectedError(f"unknown game {game_id!r}: send its game observation first") from None

    def _set_game(self, game: Game, now_ms: int) -> None:
        self._old_games.setdefault(game.game_id, self.games.get(game.game_id))
        self.games[game.game_id] = Seen(game, now_ms)

    def _touch(self, seen: Seen, now_ms: int) -> None:
        if now_ms - seen.observed_at >= TOUCH_EVERY_MS:
            self._set_game(seen.game, now_ms)

    def _forget(self, game_id: str) -> Effect | None:
        seen = self.games.pop(game_id)
        self._old_games.setdefault(game_id, seen)
        for outcome, price in self._prices.pop(game_id).items():
            self._old_prices.setdefault(outcome, price)
        return Effect((), game_id) if seen.game.scores.is_live else None


def _games_first(
    batch: Sequence[Observation | Rejection],
) -> Iterator[tuple[int, Observation]]:
    good = [(i, item) for i, item in enumerate(batch) if not isinstance(item, Rejection)]
    yield from ((i, item) for i, item in good if isinstance(item, GameSeen))
    yield from ((i, item) for i, item in good if not isinstance(item, GameSeen))


def _outcome_id(of: Quote | Pull) -> OutcomeId:
    # Adding 0.0 makes -0.0 the 0.0 that it equals: as text in the database they would be two outcomes.
    points = None if of.points is None else of.points + 0.0
    return (of.game_id, of.pn_market_type, of.book, of.outcome, points)


def _check_price(price: float) -> None:
    if not isfinite(price) or abs(price) < LEAST_PRICE:
        raise RejectedError(f"price {price} is no American odds: it must be at most -100 or at least 100")


def _effect(old: Game | None, new: Game, ts: int) -> Effect | None:
    events = game_events(old, new, ts)
    was_live = old is not None and old.scores.is_live
    if new.scores.is_live:
        return Effect(events, new.game_id, new)
    if was_live:
        return Effect(events, new.game_id)
    return Effect(events) if events else None
