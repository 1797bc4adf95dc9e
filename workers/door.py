"""Everything between a TCP connection and its place in a stream: who gets in, who is to leave, and by when."""

import time
from collections.abc import Callable, Iterable

from websockets.http11 import Request

from broker.closing import KEY_REVOKED, Closing
from broker.frames import PING_FRAME
from broker.messages import Counts, KeyRecord, ToBroker
from broker.notices import welcome_frame
from workers.admission import Admission, Admit, Ask, Full, Refuse, Verdict
from workers.connection import Connection, Phase
from workers.fanout import Fanout
from workers.handshake import judge
from workers.keyring import Keyring
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
    """

    def __init__(
        self,
        cap: int,
        fanout: Fanout,
        tell: Callable[[ToBroker], None],
    ) -> None:
        self._cap = cap
        self._fanout = fanout
        self._tell = tell
        self.admission = Admission[Connection]()
        self._keyring = Keyring()
        self._pings = Wheel[Connection](PING_SLOTS)
        self._open: set[Connection] = set()
        self._unfinished: set[Connection] = set()
        """Those with a deadline: not let in yet, or a close frame sent and not answered yet."""

    def now(self) -> float:
        """Seconds of a steady clock."""
        return time.monotonic()

    def now_ms(self) -> int:
        """Unix ms."""
        return time.time_ns() // 1_000_000

    def counts(self) -> Counts:
        """What this worker reports."""
        sweeps = self._fanout.sweeps
        return Counts(
            live=len(sweeps["live"].members),
            odds=len(sweeps["odds"].members),
            delivered=sum(sweep.delivered for sweep in sweeps.values()),
            dropped=sum(sweep.dropped for sweep in sweeps.values()),
            overrun=sum(sweep.overrun for sweep in sweeps.values()),
        )

    # What connections report.

    def opened(self, connection: Connection) -> None:
        """A TCP connection was made."""
        self._unfinished.add(connection)

    def requested(self, connection: Connection, request: Request) -> None:
        """A handshake request is complete."""
        verdict = judge(connection.protocol, request, self._keyring, self.now_ms())
        if isinstance(verdict, Refusal):
            connection.refuse(verdict)
            return
        connection.accepted = verdict
        connection.phase = Phase.WAITING
        limited = verdict.key.max_connections is not None
        self.carry_out(self.admission.request(connection, verdict.key.key_id if limited else None, self.now()))

    def stalled(self, subscriber: Subscriber) -> None:
        """The subscriber's socket takes no more."""
        self._fanout.sweeps[subscriber.channel].stall(subscriber)

    def resumed(self, subscriber: Subscriber) -> None:
        """The subscriber's socket takes more again."""
        self._fanout.sweeps[subscriber.channel].resume(subscriber)

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
        self.check_keys()

    def check_keys(self) -> None:
        """Close the subscribers whose key was revoked or has expired."""
        now_ms = self.now_ms()
        good: dict[str, bool] = {}
        for connection in tuple(self._open):
            assert connection.accepted
            key_id = connection.accepted.key.key_id
            if key_id not in good:
                good[key_id] = self._keyring.is_good(key_id, now_ms)
            if not good[key_id]:
                connection.close(KEY_REVOKED)

    def tick(self) -> None:
        """A second has passed."""
        self.check_keys()
        for connection in self._pings.tick():
            # To a socket that takes nothing a ping would only be buffered.
            if connection.subscriber and connection.subscriber.writable:
                connection.transport.write(PING_FRAME)
        now = self.now()
        for connection in tuple(self._unfinished):
            closing = connection.phase is Phase.CLOSING
            if now - connection.since >= (CLOSING_SECONDS if closing else HANDSHAKE_SECONDS):
                connection.transport.abort()

    def close(self, closing: Closing) -> None:
        """Part with everybody."""
        for connection in tuple(self._open | self._unfinished):
            connection.close(closing)

    @property
    def is_empty(self) -> bool:
        """Whether all connections are gone."""
        return not self._open and not self._unfinished

    def _let_in(self, connection: Connection, conn_id: int) -> None:
        accepted = connection.accepted
        assert accepted
        sweep = self._fanout.sweeps[accepted.channel]
        subscriber = Subscriber(conn_id, accepted.channel, sweep.stream.head, connection.transport.write)
        sweep.join(subscriber)
        self._unfinished.discard(connection)
        self._open.add(connection)
        self._pings.add(connection, conn_id)
        snapshot = self._fanout.snapshots.frame(accepted.channel, self.now_ms())
        connection.admit(subscriber, welcome_frame(accepted.channel, conn_id) + snapshot)

    def _take_out(self, connection: Connection) -> None:
        """Take a subscriber out of its stream, if it hasn't left already."""
        subscriber = connection.subscriber
        if subscriber is None or connection not in self._open:
            return
        self._open.discard(connection)
        self._pings.remove(connection, subscriber.conn_id)
        self._fanout.sweeps[subscriber.channel].leave(subscriber)

    def _refusal(self, connection: Connection, why: Full) -> Refusal:
        assert connection.accepted
        limit = connection.accepted.key.max_connections
        if why is Full.KEY_LIMIT and limit is not None:
            return key_limit_reached(limit)
        return cap_reached(self._cap)
