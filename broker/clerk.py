"""The broker's answers to the HTTP process: changes of the state, the whole of it, and what workers know. Pure: how to
post, to send and to be called later is handed in.
"""

from collections.abc import Callable, Iterable

from msgspec import json

from broker.inquiries import (
    Answer,
    CloseTold,
    CloseWanted,
    Question,
    StateWanted,
    SubscribersTold,
    SubscribersWanted,
)
from broker.reports import Answered, GameRow, PriceRow, StateChange, StateImage
from broker.state import Changes, OutcomeId, Price, Seen, State

GATHER_SECONDS = 0.02
"""Changes are gathered for so long: one message for ten commits at 500 a second, and REST is hardly behind."""

Inquiry = StateWanted | Question | Answer


class Clerk:
    """Answers what it can and passes on the rest.

    Args:
        incarnation: this run of the broker.
        state: the broker's.
        head_seq: gives the last sequence number.
        workers: gives the workers that are registered.
        post: sends to all who watch.
        send: sends to one process.
        later: has something called after that many seconds.
    """

    def __init__(
        self,
        incarnation: int,
        state: State,
        head_seq: Callable[[], int],
        workers: Callable[[], Iterable[int]],
        post: Callable[[StateChange], None],
        send: Callable[[int, Question | Answered], None],
        later: Callable[[float, Callable[[], object]], object],
    ) -> None:
        self._incarnation = incarnation
        self._state = state
        self._head_seq = head_seq
        self._workers = workers
        self._post = post
        self._send = send
        self._later = later
        self.number = 0
        """Of the last change that was posted."""
        self._games: dict[str, Seen | None] = {}
        self._prices: dict[OutcomeId, Price | None] = {}
        """What has changed since."""

    def changed(self, changes: Changes) -> None:
        """Something in the state has changed, durably."""
        if not (self._games or self._prices):
            self._later(GATHER_SECONDS, self._post_changes)
        self._games |= changes.games
        self._prices |= changes.prices

    def handle(self, sender: int, inquiry: Inquiry) -> None:
        """Handle a question of the HTTP process, or a worker's answer to one."""
        if inquiry.incarnation != self._incarnation:
            # Meant for a broker that is no more; who asked does so again.
            return
        match inquiry:
            case StateWanted():
                self._send(sender, self._image())
            case SubscribersWanted() | CloseWanted():
                for worker in self._workers():
                    self._send(worker, inquiry)
            case SubscribersTold() | CloseTold():
                self._send(inquiry.asker, inquiry)

    def _post_changes(self) -> None:
        if not (self._games or self._prices):
            # Posted already, ahead of a whole state.
            return
        self.number += 1
        games = tuple(_game_row(game_id, seen) for game_id, seen in self._games.items())
        prices = tuple(_price_row(outcome, price) for outcome, price in self._prices.items())
        self._games, self._prices = {}, {}
        self._post(StateChange(self._incarnation, self.number, self._head_seq(), games, prices))

    def _image(self) -> StateImage:
        self._post_changes()
        games = tuple(_game_row(game_id, seen) for game_id, seen in self._state.games.items())
        prices = tuple(
            _price_row(outcome, price) for row in games for outcome, price in self._state.prices(row.game_id).items()
        )
        return StateImage(self._incarnation, self.number, self._head_seq(), games, prices)


def _game_row(game_id: str, seen: Seen | None) -> GameRow:
    return GameRow(game_id, json.encode(seen.game) if seen else None)


def _price_row(outcome: OutcomeId, price: Price | None) -> PriceRow:
    return PriceRow(*outcome, price.price if price else None, price.player_id if price else None)
