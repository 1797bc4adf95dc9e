"""From batches to commits: state, numbers, journal and replies in the one order that loses nothing.

Commit, then publish, then reply: a subscriber never sees an event that isn't in the journal, and a producer never
gets an answer for something that isn't.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence

from msgspec import Struct, json

from broker.journal import KEPT_BATCHES, Journal, JournalError
from broker.messages import encode
from broker.observations import Rejection, parse
from broker.publisher import Publisher
from broker.state import Effect


class Batch(Struct, frozen=True):
    """One producer's message.

    Args:
        batch_id: unique over all producers; the same id is the same batch.
        payload: its observations, newline-delimited JSON or a JSON array.
    """

    batch_id: bytes
    payload: bytes


class Reply(Struct, frozen=True, omit_defaults=True):
    """What a producer is answered.

    Args:
        accepted: observations taken, changed or not.
        events: events they made.
        rejected: those not taken, and why.
        error: why nothing of the batch was taken; it may be sent again.
    """

    accepted: int
    events: int
    rejected: tuple[Rejection, ...]
    error: str | None = None


class Relay:
    """The state machine of the broker around its journal.

    Args:
        journal: loaded from and written to.
        publish: called with each encoded commit once it is durable.
    """

    def __init__(self, journal: Journal, publish: Callable[[bytes], None]) -> None:
        self._journal = journal
        self._publish = publish
        self.state = journal.load_state()
        self._publisher = Publisher(journal.head_seq())
        self._replies: OrderedDict[bytes, bytes] = OrderedDict(journal.load_batches())

    @property
    def head_seq(self) -> int:
        """The last sequence number that was given."""
        return self._publisher.head_seq

    def take(self, batches: Sequence[Batch], now_ms: int) -> list[bytes]:
        """Take all batches that arrived together, in one transaction.

        Returns:
            The encoded reply to each.
        """
        fresh: dict[bytes, bytes] = {}
        effects: list[Effect] = []
        for batch in batches:
            if batch.batch_id not in self._replies and batch.batch_id not in fresh:
                taken = self.state.take(list(parse(batch.payload)), now_ms)
                effects += taken.effects
                reply = Reply(taken.accepted, taken.events, taken.rejected)
                fresh[batch.batch_id] = json.encode(reply)
        try:
            self._commit(effects, list(fresh.items()))
        except JournalError as error:
            refusal = json.encode(Reply(0, 0, (), f"nothing of this batch was taken: {error}"))
            return [self._replies.get(batch.batch_id, refusal) for batch in batches]
        replies = [fresh.get(b.batch_id) or self._replies[b.batch_id] for b in batches]
        self._remember(fresh)
        return replies

    def expire(self, now_ms: int) -> None:
        """Forget what nobody observed for long.

        Raises:
            JournalError: if that can't be made durable; it is then not forgotten.
        """
        self._commit(self.state.expire(now_ms), [])

    def _commit(self, effects: Sequence[Effect], batches: Sequence[tuple[bytes, bytes]]) -> None:
        commit = self._publisher.commit(effects)
        body = encode(commit) if effects else None
        try:
            self._journal.write(
                self.state.changes(),
                (commit.first_seq, commit.last_seq, body) if body else None,
                batches,
            )
        except JournalError:
            self.state.rollback()
            raise
        self.state.accept()
        if body:
            self._publisher.advance(commit)
            self._publish(body)

    def _remember(self, fresh: dict[bytes, bytes]) -> None:
        self._replies.update(fresh)
        while len(self._replies) > KEPT_BATCHES:
            self._replies.popitem(last=False)
