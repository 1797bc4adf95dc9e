"""Everything between a TCP connection and its place in a stream: who gets in, who is to leave, and by when."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from random import sample

from websockets.extensions import ServerExtensionFactory
from websockets.http11 import Request

from broker.closing import BY_OPERATOR, KEY_REVOKED, LAGGED, SERVICE_RESTART
from broker.frames import PING_FRAME
from broker.inquiries import Order, SubscriberRow
from broker.messages import Counts, KeyRecord, ToBroker
from broker.notices import welcome_frame
from broker.settings import Settings
from workers.admission import Admission, Admit, Ask, Reason, Refuse, Verdict
from workers.clock import Clock
from workers.connection import Connection, Phase
from workers.counting import counts
from workers.fanout import Fanout
from workers.keyring import Keyring
from workers.permessage_deflate import SharedDeflateFactory
from workers.reception import Reception
from workers.refusals import (
    CROWDED_OUT,
    HANDSHAKE_SECONDS,
    NO_ANSWER,
    RESTARTING,
    TOO_SLOW,
    Refusal,
    cap_reached,
    key_limit_reached,
)
from workers.roster import Heads, row, top
from workers.subscriber import Subscriber
from workers.tcp_info import bytes_acknowledged
from workers.wheel import Wheel

PING_SLOTS = 30
"""A server ping every 30 s: a thirtieth of the subscribers with each tick of a second."""
GREETING_SECONDS = 60.0
"""A client that hasn't taken its snapshot by then, which it asked for just now, is let go."""
CLOSING_SECONDS = 5.0
"""A client that hasn't answered our close frame by then is let go."""
PATIENCE_SECONDS = {
    Phase.READING: HANDSHAKE_SECONDS,
    Phase.WAITING: HANDSHAKE_SECONDS,
    Phase.OPEN: GREETING_SECONDS,
    Phase.CLOSING: CLOSING_SECONDS,
}
"""With what a client has yet to do."""


class Door:
    """The connections of one worker; their `Host`.

    Args:
        settings: the service's.
        fanout: where subscribers get their place.
        tell: sends a message to the broker.
        listen: takes the broker's answers that have come in by now.
    """

    def __init__(
        self, settings: Settings, fanout: Fanout, tell: Callable[[ToBroker], None], listen: Callable[[], None]
    ) -> None:
        compression = settings.compression == "on"
        self.extensions: Sequence[ServerExtensionFactory] = (SharedDeflateFactory(),) if compression else ()
        self._settings = settings
        self._fanout = fanout
        self._tell = tell
        self._listen = listen
        self.admission = Admission[Connection]()
        self._keyring = Keyring()
        self._reception = Reception(settings, self._keyring)
        self._pings = Wheel[Connection](PING_SLOTS)
        self._open: dict[int, Connection] = {}
        """Those with a place in a stream, by conn_id."""
        self._unfinished: set[Connection] = set()
        """Those with a deadline: not let in yet, or their greeting not taken, or their close frame not answered yet."""
        self._refused: Counter[str] = Counter()
        self._closed: Counter[str] = Counter()

    def clock(self) -> Clock:
        """The time."""
        return Clock(time.monotonic(), time.time_ns() // 1_000_000)

    def counts(self) -> Counts:
        """What this worker reports."""
        return counts(self._fanout, self._refused, self._closed)

    def top(self, by: Order, limit: int) -> tuple[SubscriberRow, ...]:
        """The subscribers with the most of something, the most first."""
        clock = self.clock()
        heads = {channel: sweep.stream.head for channel, sweep in self._fanout.sweeps.items()}
        subscribers = (each.subscriber for each in self._open.values() if each.subscriber)
        chosen = top(subscribers, heads, by, limit, self._taken_bytes)
        return tuple(self._row(subscriber, heads, clock) for subscriber in chosen)

    def close(self, conn_id: int) -> bool:
        """Close one subscriber, as the operator wants it; whether it is here."""
        connection = self._open.get(conn_id)
        if connection is None:
            return False
        connection.close(BY_OPERATOR)
        return True

    # What connections report.

    def opened(self, connection: Connection) -> None:
        """A TCP connection was made."""
        if refusal := self._reception.opened(connection):
            connection.refuse(refusal)
            return
        self._unfinished.add(connection)
        if oldest := self._reception.crowded_out():
            oldest.refuse(CROWDED_OUT)
        # In a storm a turn of the loop takes a second or more, and a handshake elsewhere may wait for our answer.
        self._listen()

    def requested(self, connection: Connection, request: Request) -> None:
        """A handshake request is complete."""
        clock = self.clock()
        verdict = self._reception.requested(connection, request, clock)
        if isinstance(verdict, Refusal):
            connection.refuse(verdict)
            return
        connection.accepted = verdict
        connection.phase, connection.since = Phase.WAITING, clock.seconds
        limited = verdict.key.max_connections is not None
        key_id = verdict.key.key_id if limited else None
        self.carry_out(self.admission.request(connection, key_id, clock.seconds))
        self._listen()

    def refused(self, connection: Connection, refusal: Refusal) -> None:
        """It was turned away."""
        self._reception.has_asked(connection)
        self._refused[refusal.label] += 1

    def stalled(self, subscriber: Subscriber) -> None:
        """The subscriber's socket takes no more."""
        self._fanout.stall(subscriber)

    def resumed(self, connection: Connection, subscriber: Subscriber) -> None:
        """The subscriber's socket takes more again."""
        self._unfinished.discard(connection)
        if self._fanout.resume(subscriber, self.clock()):
            self._close_lagging(connection, subscriber)

    def closing(self, connection: Connection) -> None:
        """A close frame is on its way; nothing may follow it."""
        self._take_out(connection)
        self._unfinished.add(connection)

    def lost(self, connection: Connection) -> None:
        """The TCP connection is gone."""
        self._reception.lost(connection)
        if connection.subscriber:
            self._closed[connection.why_closed] += 1
        self._take_out(connection)
        self._unfinished.discard(connection)
        self.carry_out(self.admission.left(connection))

    # What the broker and the clock bring.

    def carry_out(self, verdicts: Iterable[Verdict[Connection]]) -> None:
        """Do what the admission decides."""
        for verdict in verdicts:
            match verdict:
                case Admit(client=connection, conn_id=conn_id):
                    self._let_in(connection, conn_id)
                case Refuse(client=connection, why=why):
                    connection.refuse(self._refusal(connection, why))
                case Ask(message=message):
                    self._tell(message)

    def set_keys(self, records: Iterable[KeyRecord]) -> None:
        """Take over the keys there are now, and part with those whose key is gone."""
        self._keyring.replace(records)
        self._check_keys()

    def replace_image(self, fragments: Iterable[tuple[str, bytes]], lost: int) -> None:
        """Take a whole image over, after `lost` events that nobody can tell any more."""
        for subscriber in self._fanout.replace(fragments, lost, self.clock()):
            self._close_lagging(self._open[subscriber.conn_id], subscriber)

    def look_after_waiting(self) -> None:
        """Some milliseconds have passed: see to those who wait for a seat or for a snapshot."""
        clock = self.clock()
        self.carry_out(self.admission.tick(clock.seconds))
        self._fanout.resync(clock)

    def look_after_stalled(self) -> None:
        """A quarter of a second has passed: see whose socket takes no more at all."""
        self._fanout.check_stalled()

    def look_after_keys(self) -> None:
        """A quarter of a second has passed: see whether a key has expired."""
        if self._keyring.expire(self.clock().unix_ms):
            self._check_keys()

    def tick(self) -> None:
        """A second has passed."""
        for connection in self._pings.tick():
            # To a socket that takes nothing a ping would only be buffered.
            if connection.subscriber and connection.subscriber.writable:
                connection.transport.write(PING_FRAME)
        now = self.clock().seconds
        for connection in tuple(self._unfinished):
            if now - connection.since < PATIENCE_SECONDS[connection.phase]:
                continue
            match connection.phase:
                case Phase.READING:
                    connection.refuse(TOO_SLOW)
                case Phase.WAITING:
                    connection.refuse(NO_ANSWER)
                case Phase.OPEN | Phase.CLOSING:
                    connection.transport.abort()

    def part(self, count: int) -> None:
        """Part with so many subscribers, chosen by chance: each has got all events by then."""
        for connection in sample(tuple(self._open.values()), count):
            assert connection.subscriber
            self._fanout.finish(connection.subscriber)
            connection.close(SERVICE_RESTART)

    def part_with_unfinished(self) -> None:
        """Part with those who are not in: they are told to come again."""
        for connection in tuple(self._unfinished):
            if connection.phase is Phase.WAITING or connection.phase is Phase.READING:
                connection.refuse(RESTARTING)

    def cut_off(self) -> None:
        """End the connections of all who have been parted with and are still there."""
        for connection in tuple(self._unfinished):
            connection.transport.abort()

    @property
    def subscribers(self) -> int:
        """How many are in."""
        return len(self._open)

    @property
    def is_empty(self) -> bool:
        """Whether all connections are gone."""
        return not self._open and not self._unfinished

    def _check_keys(self) -> None:
        """Close the subscribers whose key was revoked or has expired."""
        now_ms = self.clock().unix_ms
        good: dict[str, bool] = {}
        for connection in tuple(self._open.values()):
            key_id = connection.key_id
            if key_id not in good:
                good[key_id] = self._keyring.is_good(key_id, now_ms)
            if not good[key_id]:
                connection.close(KEY_REVOKED)

    def _close_lagging(self, connection: Connection, subscriber: Subscriber) -> None:
        connection.close(LAGGED, f"lagged: {subscriber.untold} events dropped")

    def _let_in(self, connection: Connection, conn_id: int) -> None:
        accepted = connection.accepted
        assert accepted
        clock = self.clock()
        sweep = self._fanout.sweeps[accepted.channel]
        subscriber = Subscriber(
            conn_id,
            accepted.channel,
            sweep.stream.head,
            connection.transport,
            accepted.on_lag,
            accepted.window_bits,
        )
        sweep.join(subscriber)
        self._unfinished.discard(connection)
        self._open[conn_id] = connection
        self._pings.add(connection, conn_id)
        connection.since = clock.seconds
        snapshot = self._fanout.snapshots.frame(accepted.channel, clock.unix_ms)
        connection.admit(subscriber, welcome_frame(accepted.channel, conn_id), snapshot)
        if not subscriber.writable:
            self._unfinished.add(connection)
        if not self._keyring.is_good(connection.key_id, clock.unix_ms):
            # Revoked or expired while it waited for its seat, when nobody looked at its key.
            connection.close(KEY_REVOKED)

    def _row(self, subscriber: Subscriber, heads: Heads, clock: Clock) -> SubscriberRow:
        connection = self._open[subscriber.conn_id]
        since = clock.unix_ms - int(1000 * (clock.seconds - connection.since))
        return row(subscriber, heads, self._taken_bytes(subscriber), connection.key_id, connection.address, since)

    def _taken_bytes(self, subscriber: Subscriber) -> int:
        return bytes_acknowledged(self._open[subscriber.conn_id].transport)

    def _take_out(self, connection: Connection) -> None:
        """Take a subscriber out of its stream, if it hasn't left already."""
        subscriber = connection.subscriber
        if subscriber is None or self._open.pop(subscriber.conn_id, None) is None:
            return
        self._pings.remove(connection, subscriber.conn_id)
        self._fanout.leave(subscriber)

    def _refusal(self, connection: Connection, why: Reason) -> Refusal:
        assert connection.accepted
        limit = connection.accepted.key.max_connections
        if why is Reason.KEY_LIMIT and limit is not None:
            return key_limit_reached(limit)
        return NO_ANSWER if why is Reason.NO_ANSWER else cap_reached(self._settings.cap)
