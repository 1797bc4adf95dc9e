"""One game on the board: its course over time, and the books that follow it."""

from collections.abc import Iterator
from random import Random

from broker.demo.books import BOOKS
from broker.demo.desk import Desk
from broker.demo.fixture import Fixture
from broker.demo.markets import MAIN_MARKETS, MARKETS_PER_GAME, TwoWay, markets
from broker.demo.script import Moment
from broker.games import Status
from broker.observations import GameSeen, Observation


class Contest:
    """A game from its listing, or from when it is first looked at, until all bets are closed.

    Args:
        now_ms: when it appears, in Unix ms.
    """

    def __init__(self, fixture: Fixture, now_ms: int, rng: Random) -> None:
        self._fixture = fixture
        self._status: Status | None = None
        self._index = 0
        self._bets: tuple[TwoWay, ...] = ()
        self._desks = [Desk(book, fixture.game_id, now_ms, rng) for book in BOOKS]

    @property
    def over(self) -> bool:
        """Whether nothing will happen any more."""
        return self._status == "final" and all(desk.closed for desk in self._desks)

    def advance(self, now_ms: int) -> Iterator[Observation]:
        """Everything that changed until now, the game before its prices."""
        status, index = self._status_at(now_ms), self._index_at(now_ms)
        if status != self._status or index != self._index:
            yield self._move_on(status, index, now_ms)
        for desk in self._desks:
            if desk.due_ms <= now_ms:
                yield from desk.act(self._bets, now_ms)

    def _move_on(self, status: Status, index: int, now_ms: int) -> Observation:
        """Take up a new state and tell the books, if it matters to them."""
        match = self._fixture.match
        before, moment = self._moment, self._fixture.moments[index]
        old_bets, self._bets = self._bets, markets(match, moment, status == "final")
        if old_bets:
            if status != self._status or _closes_any(old_bets, self._bets):
                self._notify(now_ms, MARKETS_PER_GAME, suspendable=False)
            elif moment.score != before.score:
                rapid = match.sport.rapid
                self._notify(now_ms, MAIN_MARKETS if rapid else MARKETS_PER_GAME, suspendable=not rapid)
        self._status, self._index = status, index
        return GameSeen(self._fixture.game(status, moment), now_ms)

    def _notify(self, now_ms: int, depth: int, suspendable: bool) -> None:
        for desk in self._desks:
            desk.notice(now_ms, depth, suspendable)

    @property
    def _moment(self) -> Moment:
        return self._fixture.moments[self._index]

    def _status_at(self, now_ms: int) -> Status:
        if now_ms < self._fixture.start_ms:
            return "unplayed"
        return "live" if now_ms < self._fixture.final_ms else "final"

    def _index_at(self, now_ms: int) -> int:
        index, moments = self._index, self._fixture.moments
        while index + 1 < len(moments) and self._fixture.start_ms + moments[index + 1].at_ms <= now_ms:
            index += 1
        return index


def _closes_any(old: tuple[TwoWay, ...], new: tuple[TwoWay, ...]) -> bool:
    return any(before.open and not after.open for before, after in zip(old, new, strict=True))
