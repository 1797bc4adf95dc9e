"""Everything between a TCP connection and its place in a stream: who gets in, who is to leave, and by when."""

import time
from collections.abc import Callable, Iterable, Sequence

from websockets.extensions import ServerExtensionFactory
from websockets.http11 import Request

from broker.closing import KEY_REVOKED, LAGGED, Closing
from broker.frames import PING_FRAME
from broker.messages import Counts, KeyRecord, ToBroker
from broker.notices import welcome_frame
from workers.admission import Admission, Admit, Ask, Full, Refuse, Verdict
from workers.clock import Clock
from workers.connection import Connection, Phase
from workers.fanout import Fanout
from workers.handshake import judge
from workers.keyring import Keyring
from workers.permessage_deflate import SharedDeflateFactory
from workers.refusals import Refusal, cap_reached, key_limit_reached
from workers.subscriber import Subscriber
from workers.wheel import Wheel

PING_SLOTS = 30
"""A server ping every 30 s: a thirtieth of the subscribers with each tick of a second."""
HANDSHAKE_SECONDS = 10.0
"""A client whose request isn't complete by then is let go."""
CLOSING_SECONDS = 5.0
"""A client that hasn't answered our close frame by then is let go."""


class Door:
    """The connections of one worker; their `Host`.

    Args:
        cap: the service's, for the refusal that names it.
        fanout: where subscribers get their place.
        tell: sends a message to the broker.
        compression: whether permessage-deflate is agreed to.
    """

    def __init__(self, cap: int, fanout: Fanout, tell: Callable[[ToBroker], None], *, compression: bool) -> None:
        self.extensions: Sequence[ServerExtensionFactory] = (SharedDeflateFactory(),) if compression else ()
        self._cap = cap
        self._fanout = fanout
        self._tell = tell
        self.admission = Admission[Connection]()
        self._keyring = Keyring()
        self._pings = Wheel[Connection](PING_SLOTS)
        self._open: dict[int, Connection] = {}
        """Those with a place in a stream, by conn_id."""
        self._unfinished: set[Connection] = set()
        """Those with a deadline: not let in yet, or a close frame sent and not answered yet."""

    def clock(self) -> Clock:
        """The time."""
        return Clock(time.monotonic(), time.time_ns() // 1_000_000)

    def counts(self) -> Counts:
        """What this worker reports."""
        sweeps = self._fanout.sweeps
        return Counts(
            live=len(sweeps["live"].members),
            odds=len(sweeps["odds"].members),
            delivered=sum(sweep.delivered for sweep in sweeps.values()),
            dropped=sum(sweep.dropped for sweep in sweeps.values()),
            overrun=sum(sweep.overrun for sweep in sweeps.values()),
            live_plain_bytes=sweeps["live"].plain_bytes,
            live_sent_bytes=sweeps["live"].sent_bytes,
            odds_plain_bytes=sweeps["odds"].plain_bytes,
            odds_sent_bytes=sweeps["odds"].sent_bytes,
        )

    # What connections report.

    def opened(self, connection: Connection) -> None:
        """A TCP connection was made."""
        self._unfinished.add(connection)

    def requested(self, connection: Connection, request: Request) -> None:
        """A handshake request is complete."""
        clock = self.clock()
        verdict = judge(connection.protocol, request, self._keyring, clock.unix_ms)
        if isinstance(verdict, Refusal):
            connection.refuse(verdict)
            return
        connection.accepted = verdict
        connection.phase = Phase.WAITING
        limited = verdict.key.max_connections is not None
        key_id = verdict.key.key_id if limited else None
        self.carry_out(self.admission.request(connection, key_id, clock.seconds))

    def stalled(self, subscriber: Subscriber) -> None:
        """The subscriber's socket takes no more."""
        self._fanout.stall(subscriber)

    def resumed(self, connection: Connection, subscriber: Subscriber) -> None:
        """The subscriber's socket takes more again."""
        if self._fanout.resume(subscriber, self.clock()):
            self._close_lagging(connection, subscriber)

    def closing(self, connection: Connection) -> None:
        """A close frame is on its way; nothing may follow it."""
        self._take_out(connection)
        self._unfinished.add(connection)

    def lost(self, connection: Connection) -> None:
        """The TCP connection is gone."""
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

    def tick(self) -> None:
        """A second has passed."""
        if self._keyring.expire(self.clock().unix_ms):
            self._check_keys()
        for connection in self._pings.tick():
            # To a socket that takes nothing a ping would only be buffered.
            if connection.subscriber and connection.subscriber.writable:
                connection.transport.write(PING_FRAME)
        now = self.clock().seconds
        for connection in tuple(self._unfinished):
            closing = connection.phase is Phase.CLOSING
            if now - connection.since >= (CLOSING_SECONDS if closing else HANDSHAKE_SECONDS):
                connection.transport.abort()

    def close(self, closing: Closing) -> None:
        """Part with everybody."""
        for connection in (*self._open.values(), *self._unfinished):
            connection.close(closing)

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
        snapshot = self._fanout.snapshots.frame(accepted.channel, clock.unix_ms)
        connection.admit(subscriber, welcome_frame(accepted.channel, conn_id) + snapshot)
        if not self._keyring.is_good(connection.key_id, clock.unix_ms):
            # Revoked or expired while it waited for its seat, when nobody looked at its key.
            connection.close(KEY_REVOKED)

    def _take_out(self, connection: Connection) -> None:
        """Take a subscriber out of its stream, if it hasn't left already."""
        subscriber = connection.subscriber
        if subscriber is None or self._open.pop(subscriber.conn_id, None) is None:
            return
        self._pings.remove(connection, subscriber.conn_id)
        self._fanout.leave(subscriber)

    def _refusal(self, connection: Connection, why: Full) -> Refusal:
        assert connection.accepted
        limit = connection.accepted.key.max_connections
        if why is Full.KEY_LIMIT and limit is not None:
            return key_limit_reached(limit)
        return cap_reached(self._cap)
