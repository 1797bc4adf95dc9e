"""The broker's answers to its workers: who they are, their seats and keys, and what they missed. Pure but for the
journal's reads: how to send and how to learn of a worker's end are handed in.
"""

from collections.abc import Callable, Iterable

from structlog.typing import FilteringBoundLogger

from broker.journal import Journal, JournalError
from broker.key_seats import KeySeats
from broker.messages import (
    CatchUpWanted,
    Counts,
    Hello,
    Image,
    KeyRecord,
    Keys,
    KeySeatAnswer,
    KeySeatReturned,
    KeySeatWanted,
    Registered,
    Replay,
    SeatsDenied,
    SeatsGranted,
    SeatsRecalled,
    SeatsReturned,
    SeatsWanted,
    ToBroker,
    ToWorker,
)
from broker.publisher import fragments
from broker.relay import Relay
from broker.seats import Deny, Grant, Recall, Seats, Verdicts

REPLAY_LIMIT_BYTES = 4 * 1024 * 1024
"""Journal read for one answer: some 10 ms of the broker's time; a worker that misses more asks again."""


class Desk:
    """Handles what workers ask for.

    Args:
        incarnation: this run of the broker.
        relay: for the head of the sequence and the snapshot.
        journal: for replays.
        seats: the ledger; a worker in it is named by its process id.
        send: sends a message to a worker.
        watch: has `gone` called with a worker's process id when that process ends.
        log: for what operators want to know.
    """

    def __init__(
        self,
        incarnation: int,
        relay: Relay,
        journal: Journal,
        seats: Seats[int],
        send: Callable[[int, ToWorker], None],
        watch: Callable[[int], None],
        log: FilteringBoundLogger,
    ) -> None:
        self._incarnation = incarnation
        self._relay = relay
        self._journal = journal
        self._seats = seats
        self._key_seats = KeySeats[int]()
        self._send = send
        self._watch = watch
        self._log = log
        self._keys = Keys(())
        self._deferred: list[tuple[int, KeySeatWanted]] = []
        self.counts: dict[int, Counts] = {}

    def set_keys(self, records: Iterable[KeyRecord]) -> None:
        """Take over the keys there are now and tell every worker."""
        self._keys = Keys(tuple(records))
        self._key_seats.set_limits(self._keys.records)
        for worker in self.counts:
            self._send(worker, self._keys)

    def handle(self, worker: int, message: ToBroker) -> None:
        """Handle one message of a worker."""
        match message:
            case Counts():
                if worker in self.counts:
                    self.counts[worker] = message
            case _ if message.incarnation != self._incarnation:
                # It was meant for a broker that is no more; Hello told what came of it.
                pass
            case Hello():
                self._register(worker, message)
            case CatchUpWanted(since=since):
                self._send(worker, self._catch_up(since))
            case SeatsWanted(needed=needed, ahead=ahead):
                self._carry_out(self._seats.wants(worker, needed, ahead))
            case SeatsReturned(count=count, recalled=recalled):
                self._carry_out(self._seats.returns(worker, count, recalled=recalled))
            case KeySeatWanted():
                self._deferred.append((worker, message))
                self._answer_deferred()
            case KeySeatReturned(key_id=key_id):
                self._key_seats.give_back(worker, key_id)

    def gone(self, worker: int) -> None:
        """A worker's process has ended."""
        self._log.info("worker gone", pid=worker, seats=self._seats.held(worker))
        self.counts.pop(worker, None)
        self._key_seats.gone(worker)
        self._carry_out(self._seats.gone(worker))
        self._answer_deferred()

    def _register(self, worker: int, hello: Hello) -> None:
        # Registered goes first: what the ledger grants now is meant for a worker that knows this broker.
        self._send(worker, Registered(self._incarnation))
        self._send(worker, self._keys)
        if self._seats.knows(worker):
            return
        self.counts[worker] = Counts()
        self._watch(worker)
        self._key_seats.hello(worker, hello.key_seats_held)
        self._carry_out(self._seats.hello(worker, hello.seats_held))
        self._answer_deferred()
        self._log.info("worker registered", pid=worker, seats=hello.seats_held)

    def _catch_up(self, since: int) -> Replay | Image:
        head = self._relay.head_seq
        if since == head:
            return Replay(self._incarnation, ())
        if 0 <= since < head:
            try:
                if self._journal.tail_seq() <= since + 1:
                    return Replay(self._incarnation, self._journal.since(since, REPLAY_LIMIT_BYTES))
            except JournalError as error:
                self._log.error("replay failed, an image goes instead", error=str(error))
        return Image(self._incarnation, head, fragments(self._relay.state.live_games()))

    def _carry_out(self, verdicts: Verdicts[int]) -> None:
        for verdict in verdicts:
            match verdict:
                case Grant(worker=worker, first_conn_id=first, count=count):
                    self._send(worker, SeatsGranted(self._incarnation, first, count))
                case Recall(worker=worker):
                    self._send(worker, SeatsRecalled(self._incarnation))
                case Deny(worker=worker, up_to=up_to):
                    self._send(worker, SeatsDenied(self._incarnation, up_to))

    def _answer_deferred(self) -> None:
        if not self._seats.complete:
            return
        for worker, wanted in self._deferred:
            granted = self._key_seats.take(worker, wanted.key_id)
            answer = KeySeatAnswer(self._incarnation, wanted.ticket, wanted.key_id, granted)
            self._send(worker, answer)
        self._deferred.clear()
