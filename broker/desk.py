"""The broker's answers to its workers: who they are, their seats and keys, and what they missed. Pure but for the
journal's reads: how to send, how to learn of a worker's end and how to be called later are handed in.
"""

from collections.abc import Callable, Iterable
from functools import partial

from structlog.typing import FilteringBoundLogger

from broker.journal import Journal, JournalError
from broker.key_seats import KeyAnswer, KeyCall, KeySeats, KeyVerdicts
from broker.messages import (
    CatchUpWanted,
    Counts,
    Hello,
    Image,
    KeyRecord,
    Keys,
    KeySeatAnswer,
    KeySeatReturned,
    KeySeatsCalled,
    KeySeatsTold,
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
from broker.rounds import ROUND_SECONDS, Begun, Late
from broker.seats import Deny, Grant, Recall, Seats, Verdicts
from broker.staff import Staff

REPLAY_LIMIT_BYTES = 4 * 1024 * 1024
"""Journal read for one answer: some 10 ms of the broker's time; a worker that misses more asks again."""
ROUND_PARTS = 5
"""In so many steps a round's time is counted. A broker that was held up finds its timers due before it has read what
came in meanwhile; so however long that was, it counts for one step, and the answers are read in the next."""


class Desk:
    """Handles what workers ask for.

    Args:
        incarnation: this run of the broker.
        relay: for the head of the sequence and the snapshot.
        journal: for replays.
        seats: the ledger; a worker in it is named by its process id.
        send: sends a message to a worker.
        watch: has `gone` called with a worker's process id when that process ends.
        later: has something called after that many seconds.
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
        later: Callable[[float, Callable[[], object]], object],
        log: FilteringBoundLogger,
    ) -> None:
        self._incarnation = incarnation
        self._relay = relay
        self._journal = journal
        self._seats = seats
        self._key_seats = KeySeats[int](seats.expected)
        self._send = send
        self._watch = watch
        self._later = later
        self._log = log
        self._keys = Keys(())
        self.staff = Staff()

    def set_keys(self, records: Iterable[KeyRecord]) -> None:
        """Take over the keys there are now and tell every worker."""
        self._keys = Keys(tuple(records))
        for worker in self.staff:
            self._send(worker, self._keys)
        self._answer_keys(self._key_seats.set_limits(self._keys.records))

    def handle(self, worker: int, message: ToBroker) -> None:
        """Handle one message of a worker."""
        match message:
            case Counts():
                self.staff.told(worker, message)
            case _ if message.incarnation != self._incarnation:
                # It was meant for a broker that is no more; Hello told what came of it.
                pass
            case Hello():
                self._register(worker, message)
            case CatchUpWanted(since=since):
                self._send(worker, self._catch_up(since))
            case SeatsWanted(needed=needed, ahead=ahead):
                self._carry_out(self._seats.wants(worker, needed, ahead))
            case SeatsReturned(count=count, recall=recall):
                self._carry_out(self._seats.returns(worker, count, recall))
            case KeySeatWanted(ticket=ticket, key_id=key_id):
                self._answer_keys(self._key_seats.wants(worker, ticket, key_id))
            case KeySeatReturned(key_id=key_id):
                self._answer_keys(self._key_seats.returns(worker, key_id))
            case KeySeatsTold(number=number):
                self._answer_keys(self._key_seats.answers(worker, number))

    def gone(self, worker: int) -> None:
        """A worker's process has ended."""
        self._log.info("worker gone", pid=worker, seats=self._seats.held(worker))
        self.staff.left(worker)
        self._carry_out(self._seats.gone(worker))
        self._answer_keys(self._key_seats.gone(worker))

    def _register(self, worker: int, hello: Hello) -> None:
        # Registered goes first: what the ledger grants now is meant for a worker that knows this broker.
        self._send(worker, Registered(self._incarnation))
        self._send(worker, self._keys)
        if self._seats.knows(worker):
            return
        self.staff.hello(worker, hello.name)
        self._watch(worker)
        self._carry_out(self._seats.hello(worker, hello.seats_held))
        self._answer_keys(self._key_seats.hello(worker, hello.key_seats_held))
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
                case Recall(worker=worker, number=number):
                    self._send(worker, SeatsRecalled(self._incarnation, number))
                case Deny(worker=worker, up_to=up_to):
                    self._send(worker, SeatsDenied(self._incarnation, up_to))
                case Begun(number=number):
                    self._end_later(self._end_round, number)
                case Late(worker=worker):
                    self._log.warning("worker doesn't answer, its spare seats stay with it", pid=worker)

    def _answer_keys(self, verdicts: KeyVerdicts[int]) -> None:
        for verdict in verdicts:
            match verdict:
                case KeyAnswer(worker=worker, ticket=ticket, key_id=key_id, granted=granted):
                    self._send(worker, KeySeatAnswer(self._incarnation, ticket, key_id, granted))
                case KeyCall(worker=worker, number=number):
                    self._send(worker, KeySeatsCalled(self._incarnation, number))
                case Begun(number=number):
                    self._end_later(self._end_key_round, number)
                case Late(worker=worker):
                    self._log.warning("worker doesn't answer, its keys count as they were", pid=worker)

    def _end_later(self, end: Callable[[int], None], number: int, parts: int = ROUND_PARTS) -> None:
        """Have the round of that number ended when all parts of its time are over."""
        if parts:
            self._later(ROUND_SECONDS / ROUND_PARTS, partial(self._end_later, end, number, parts - 1))
        else:
            end(number)

    def _end_round(self, number: int) -> None:
        self._carry_out(self._seats.end_round(number))

    def _end_key_round(self, number: int) -> None:
        self._answer_keys(self._key_seats.end_round(number))
