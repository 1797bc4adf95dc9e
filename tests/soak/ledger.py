"""What one producer has sent, what it was answered, and what came of it. Pure.

Its batches are applied in the order in which they were first sent, so the events that its games make are known before
the service has made them.
"""

from collections.abc import Sequence
from typing import Any

from service.derived import Derivation, Outcome
from service.producing import Answered
from soak.violation import ViolationError


class Ledger:
    """One producer's batches.

    Args:
        name: that the ids of its games begin with.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.acknowledged = 0
        """Batches."""
        self._mark = f'"game_id":"{name}-'.encode()
        self._derivation = Derivation()
        self._sizes: dict[bytes, tuple[int, int, int]] = {}
        """Of each batch not acknowledged: observations, events, and events up to its end."""
        self._expected: list[bytes] = []
        self._emitted = 0
        self.owed = 0
        """Events up to the end of the last batch that is acknowledged."""

    def send(self, batch_id: bytes, lines: Sequence[bytes]) -> None:
        """A batch goes out for the first time."""
        events = self._derivation.take(lines)
        self._expected += [event.encode() for event in events]
        self._sizes[batch_id] = (len(lines), len(events), len(self._expected))

    def answer(self, answer: Answered) -> None:
        """A batch is acknowledged.

        Raises:
            ViolationError: if the answer is not the one that it had to get.
        """
        accepted, events, end = self._sizes.pop(answer.batch_id)
        if (answer.accepted, answer.events, answer.rejected) != (accepted, events, {}):
            raise ViolationError(f"a batch of {accepted} observations that make {events} events got {answer}")
        self.acknowledged += 1
        self.owed = max(self.owed, end)

    def emit(self, events: Sequence[bytes], owed: int) -> None:
        """More was emitted.

        Args:
            events: of any producer.
            owed: what was so when the emitted sequence was read; no less may have come.

        Raises:
            ViolationError: if its own are not those that had to follow.
        """
        own = [event for event in events if self._mark in event]
        end = self._emitted + len(own)
        if own != self._expected[self._emitted : end]:
            number, event, due = self._first_difference(own)
            raise ViolationError(f"event {number} of {self.name} had to be {due}, and is {event}")
        self._emitted = end
        if self._emitted < owed:
            raise ViolationError(f"{owed - self._emitted} acknowledged events of {self.name} are missing")

    def compare(self, games: dict[str, dict[str, Any]], prices: dict[Outcome, float]) -> None:
        """Compare the state with what had to become of it, once everything is acknowledged.

        Raises:
            ViolationError: if it differs.
        """
        own_games = {game_id: game for game_id, game in games.items() if game_id.startswith(f"{self.name}-")}
        own_prices = {outcome: price for outcome, price in prices.items() if outcome[0] in own_games}
        for what, own, due in (
            ("games", own_games, self._derivation.games),
            ("prices", own_prices, self._derivation.prices),
        ):
            wrong = {key for key in {*own, *due} if own.get(key) != due.get(key)}
            if wrong:
                raise ViolationError(f"{len(wrong)} {what} of {self.name} are not as they were seen last: {wrong}")

    def _first_difference(self, own: Sequence[bytes]) -> tuple[int, str, str]:
        number = next(
            place for place, event in enumerate(own, self._emitted) if self._expected[place : place + 1] != [event]
        )
        due = self._expected[number].decode() if number < len(self._expected) else "none"
        return number, own[number - self._emitted].decode(), due
