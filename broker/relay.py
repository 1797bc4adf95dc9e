"""From batches to commits: state, numbers, journal and replies in the one order that loses nothing.

Commit, then publish, then reply: a subscriber never sees an event that isn't in the journal, and a producer never
gets an answer for something that isn't.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from msgspec import Struct, json

from broker.journal import KEPT_BATCHES, Journal, JournalError
from broker.messages import encode
from broker.observations import BatchError, Rejection, parse
from broker.outage import Outage
from broker.publisher import Publisher
from broker.state import Changes, Effect, Taken
from broker.tally import Tally


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
        error: why nothing of the batch was taken.
        permanent: whether it never will be; otherwise it may be sent again.
    """

    accepted: int
    events: int
    rejected: tuple[Rejection, ...]
    error: str | None = None
    permanent: bool = False


def refusal(error: str) -> bytes:
    """The reply to a batch that can never be taken."""
    return json.encode(Reply(0, 0, (), error, permanent=True))


class Relay:
    """The state machine of the broker around its journal.

    Args:
        journal: loaded from and written to.
        publish: called with each encoded commit once it is durable.
        outage: told of each write, whether it worked.
        changed: called with what a commit changed in the state, once it is published.
        clock: monotonic time in seconds.
    """

    def __init__(
        self,
        journal: Journal,
        publish: Callable[[bytes], None],
        outage: Outage,
        changed: Callable[[Changes], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal = journal
        self._publish = publish
        self._outage = outage
        self._changed = changed
        self._clock = clock
        self.state = journal.load_state()
        self.tally = Tally(self.state.books(), clock())
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
        taken_at = self._clock()
        answers: dict[bytes, bytes] = {}
        fresh: dict[bytes, bytes] = {}
        effects: list[Effect] = []
        all_taken: list[Taken] = []
        for batch in batches:
            if batch.batch_id in answers or batch.batch_id in fresh:
                continue
            if known := self._replies.get(batch.batch_id):
                answers[batch.batch_id] = known
                continue
            try:
                observations = list(parse(batch.payload))
            except BatchError as error:
                answers[batch.batch_id] = refusal(str(error))
                continue
            self.tally.saw(observations, taken_at)
            taken = self.state.take(observations, now_ms)
            effects += taken.effects
            all_taken.append(taken)
            fresh[batch.batch_id] = json.encode(Reply(taken.accepted, taken.events, taken.rejected))
        try:
            self._commit(effects, list(fresh.items()), taken_at)
        except JournalError as error:
            self._outage.failed(error)
            failure = json.encode(Reply(0, 0, (), f"nothing of this batch was taken: {error}"))
            answers |= dict.fromkeys(fresh, failure)
        else:
            answers |= fresh
            self._remember(fresh)
            self.tally.took(all_taken)
        return [answers[batch.batch_id] for batch in batches]

    def expire(self, now_ms: int) -> None:
        """Forget what nobody observed for long; what can't be made durable is not forgotten yet."""
        try:
            self._commit(self.state.expire(now_ms), [], self._clock())
        except JournalError as error:
            self._outage.failed(error)

    def _commit(self, effects: Sequence[Effect], batches: Sequence[tuple[bytes, bytes]], taken_at: float) -> None:
        changes = self.state.changes()
        if not (changes.games or changes.prices or batches):
            return
        commit = self._publisher.commit(effects, taken_at)
        body = encode(commit) if effects else None
        began = self._clock()
        try:
            self._journal.write(changes, (commit.first_seq, commit.last_seq, body) if body else None, batches)
        except BaseException:
            self.state.rollback()
            raise
        self.tally.wrote(self._clock() - began)
        self.state.accept()
        if body:
            self._publisher.advance(commit)
            self._publish(body)
        if changes.games or changes.prices:
            self._changed(changes)
        self._outage.worked()

    def _remember(self, fresh: dict[bytes, bytes]) -> None:
        self._replies.update(fresh)
        while len(self._replies) > KEPT_BATCHES:
            self._replies.popitem(last=False)
