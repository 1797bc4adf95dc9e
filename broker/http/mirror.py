"""The broker's state as it has posted it, exact at one sequence number. Pure."""

from collections import deque

from msgspec import json

from broker.games import Game
from broker.reports import PriceRow, StateChange, StateImage

HELD_CHANGES = 10_000
"""Changes held while the whole state is under way: 20 s at 500 a second. With more, it has to be asked for again."""

Offer = tuple[str, str, float | None]
"""book, outcome, points: who offers what in a market."""
Markets = dict[str, dict[Offer, PriceRow]]
"""By pn_market_type; none is empty."""

_decode = json.Decoder(Game).decode


class Mirror:
    """A copy of the state. Its methods tell whether the whole state has to be asked for."""

    def __init__(self) -> None:
        self.games: dict[str, Game] = {}
        self.seq = 0
        """The last sequence number of an event that is in it."""
        self.is_provided = False
        """Whether there is anything yet."""
        self._markets: dict[str, Markets] = {}
        self._by_slug: dict[str, str] = {}
        self._incarnation = 0
        self._number = 0
        self._waiting = True
        self._held: deque[StateChange] = deque(maxlen=HELD_CHANGES)

    def find(self, name: str) -> Game | None:
        """A game by its game_id or slug."""
        return self.games.get(name) or self.games.get(self._by_slug.get(name, ""))

    def markets(self, game_id: str) -> Markets:
        """What is offered on a game."""
        return self._markets.get(game_id, {})

    def reported(self, incarnation: int, number: int) -> bool:
        """The broker says which change was its last one."""
        if not self._waiting and (incarnation, number) == (self._incarnation, self._number):
            return False
        # Asked for already, perhaps, but of a broker that has ended since.
        self._waiting = True
        return True

    def changed(self, change: StateChange) -> bool:
        """The next change has come."""
        if not self._waiting and (change.incarnation, change.number) == (self._incarnation, self._number + 1):
            self._apply(change)
            return False
        self._held.append(change)
        self._waiting, had_to_wait = True, self._waiting
        return not had_to_wait

    def imaged(self, image: StateImage) -> bool:
        """The whole state has come."""
        self.games.clear()
        self._markets.clear()
        self._by_slug.clear()
        self._apply(image)
        self.is_provided = True
        self._waiting = False
        held, self._held = self._held, deque(maxlen=HELD_CHANGES)
        later = [each for each in held if (each.incarnation, each.number) > (image.incarnation, image.number)]
        verdicts = [self.changed(each) for each in later]
        return any(verdicts)

    def _apply(self, change: StateChange | StateImage) -> None:
        self._incarnation, self._number, self.seq = change.incarnation, change.number, change.seq
        for row in change.games:
            self._set_game(row.game_id, None if row.game is None else _decode(row.game))
        for price in change.prices:
            self._set_price(price)

    def _set_game(self, game_id: str, game: Game | None) -> None:
        old = self.games.pop(game_id, None)
        if old and old.pn_slug is not None and self._by_slug.get(old.pn_slug) == game_id:
            del self._by_slug[old.pn_slug]
        if game is None:
            self._markets.pop(game_id, None)
            return
        self.games[game_id] = game
        if game.pn_slug is not None:
            self._by_slug[game.pn_slug] = game_id

    def _set_price(self, row: PriceRow) -> None:
        offer = (row.book, row.outcome, row.points)
        if row.price is not None:
            self._markets.setdefault(row.game_id, {}).setdefault(row.pn_market_type, {})[offer] = row
            return
        markets = self._markets.get(row.game_id, {})
        market = markets.get(row.pn_market_type, {})
        market.pop(offer, None)
        if not market:
            markets.pop(row.pn_market_type, None)
