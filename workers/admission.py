"""Who gets in: seats from the broker, a key's own limit, and the handshakes that wait for either. Pure.

A handshake whose key has a limit first asks the broker for one of that key's seats, then takes one of the cap's. A
few seats are kept spare so that most handshakes wait for nothing. A seat carries one conn_id and is used once: when
its subscriber leaves it goes back to the broker, so no seat is ever free where nobody can see it. Whether all are taken
is the broker's to say; here a handshake is given up only when the broker says nothing for too long.
"""

from collections import Counter, deque
from collections.abc import Hashable
from enum import Enum
from typing import Generic, TypeVar

from msgspec import Struct

from broker.messages import (
    Hello,
    KeySeatAnswer,
    KeySeatReturned,
    KeySeatsCalled,
    KeySeatsTold,
    KeySeatWanted,
    SeatsDenied,
    SeatsGranted,
    SeatsRecalled,
    SeatsReturned,
    SeatsWanted,
)

PATIENCE_SECONDS = 9.0
"""How long a handshake waits for a broker that doesn't answer: one that died or stands still is replaced by then, and
clients commonly give up after 10. One that is there answers in a quarter of a second (broker/rounds.py)."""
SPARE_SEATS = 64
"""Seats to keep spare, asked for again at half: a connection storm asks the broker once for some 32 handshakes."""

C = TypeVar("C", bound=Hashable)


class Reason(Enum):
    """Why a handshake is refused."""

    CAP = "cap"
    KEY_LIMIT = "key_limit"
    NO_ANSWER = "no_answer"


class Admit(Struct, Generic[C], frozen=True):
    """Let the client in under this conn_id."""

    client: C
    conn_id: int


class Refuse(Struct, Generic[C], frozen=True):
    """Turn the client away."""

    client: C
    why: Reason


class Ask(Struct, frozen=True):
    """Tell the broker."""

    message: SeatsWanted | SeatsReturned | KeySeatWanted | KeySeatReturned | KeySeatsTold


class Waiting(Struct):
    """A handshake without its seat.

    Args:
        key_id: its key, if that has a limit.
        deadline: when to give up, in seconds of the worker's clock.
        number: of the seat that was asked for it, counted from 1 for each broker.
    """

    key_id: str | None
    deadline: float
    number: int = 0


Verdict = Admit[C] | Refuse[C] | Ask


class Admission(Generic[C]):
    """The seats of one worker. `C` is whatever names a client."""

    def __init__(self) -> None:
        self._incarnation = 0
        self._registered = False
        """That broker knows us: only then is anything asked of it, and then all at once."""
        self._spare: deque[int] = deque()
        self._ahead = 0
        """Spare seats asked for and not granted yet."""
        self._taken: dict[C, str | None] = {}
        """Clients with a seat, and their key if it has a limit."""
        self._for_seat: dict[C, Waiting] = {}
        self._for_key: dict[int, tuple[C, Waiting]] = {}
        self._last_ticket = 0
        self._ever_needed = 0
        """Seats asked for since this broker knows us."""

    @property
    def incarnation(self) -> int:
        """The broker that this worker knows, 0 for none yet."""
        return self._incarnation

    def hello(self, incarnation: int) -> Hello:
        """Meet a broker: what it is to be told. From now on its word counts, and no other's."""
        self._incarnation = incarnation
        self._registered = False
        held = [*self._taken.values(), *(waiting.key_id for waiting in self._for_seat.values())]
        keys = Counter(key_id for key_id in held if key_id)
        return Hello(incarnation, len(self._taken) + len(self._spare), dict(keys))

    def registered(self) -> list[Verdict[C]]:
        """That broker knows us: ask anew for what its predecessor never answered."""
        self._registered = True
        self._ahead = 0
        self._ever_needed = 0
        for waiting in self._for_seat.values():
            self._number(waiting)
        wanted = self._ask_seats(len(self._for_seat))
        return wanted + [ask for ticket in self._for_key for ask in self._ask_key(ticket)]

    def request(self, client: C, key_id: str | None, now: float) -> list[Verdict[C]]:
        """A client wants in.

        Args:
            client: with a good handshake.
            key_id: its key, if that has a limit.
            now: in seconds of the worker's clock.
        """
        waiting = Waiting(key_id, now + PATIENCE_SECONDS)
        if key_id is None:
            return self._seat(client, waiting)
        self._last_ticket += 1
        self._for_key[self._last_ticket] = (client, waiting)
        return self._ask_key(self._last_ticket)

    def left(self, client: C) -> list[Verdict[C]]:
        """A client is gone, whether it was in or still waited."""
        if client in self._taken:
            return self._give_back(self._taken.pop(client), 1)
        waiting = self._for_seat.pop(client, None)
        if waiting:
            return self._need_fewer(1) + self._give_back(waiting.key_id, 0)
        for ticket, (waits, _) in self._for_key.items():
            if waits == client:
                # What the broker answers finds nobody, and goes back then.
                del self._for_key[ticket]
                break
        return []

    def granted(self, message: SeatsGranted) -> list[Verdict[C]]:
        """The broker gives seats: those who wait come first."""
        if message.incarnation != self._incarnation:
            return []
        first = message.first_conn_id
        before = len(self._spare)
        self._spare.extend(range(first, first + message.count))
        verdicts: list[Verdict[C]] = []
        while self._spare and self._for_seat:
            client, waiting = next(iter(self._for_seat.items()))
            del self._for_seat[client]
            verdicts.append(self._take(client, waiting.key_id))
        self._ahead = max(0, self._ahead - max(0, len(self._spare) - before))
        return verdicts

    def denied(self, message: SeatsDenied) -> list[Verdict[C]]:
        """The cap is reached for those who waited when the broker found out."""
        if message.incarnation != self._incarnation:
            return []
        denied = [client for client, waiting in self._for_seat.items() if waiting.number <= message.up_to]
        return self._refuse_seat(denied, Reason.CAP)

    def recalled(self, message: SeatsRecalled) -> list[Verdict[C]]:
        """A handshake somewhere needs our spare seats."""
        if message.incarnation != self._incarnation:
            return []
        count = len(self._spare)
        self._spare.clear()
        return [Ask(SeatsReturned(self._incarnation, count, message.number))]

    def key_answered(self, message: KeySeatAnswer) -> list[Verdict[C]]:
        """The broker says whether a key is below its limit."""
        if message.incarnation != self._incarnation:
            return []
        client, waiting = self._for_key.pop(message.ticket, (None, None))
        if client is None or waiting is None:
            return self._give_back(message.key_id, 0) if message.granted else []
        if not message.granted:
            return [Refuse(client, Reason.KEY_LIMIT)]
        return self._seat(client, waiting)

    def key_seats_called(self, message: KeySeatsCalled) -> list[Verdict[C]]:
        """The broker wants to know whether some key's seat is on its way back: no more, when it reads this."""
        if message.incarnation != self._incarnation:
            return []
        return [Ask(KeySeatsTold(self._incarnation, message.number))]

    def tick(self, now: float) -> list[Verdict[C]]:
        """Give up on those whom the broker lets wait too long."""
        late = [client for client, waiting in self._for_seat.items() if waiting.deadline <= now]
        verdicts = self._refuse_seat(late, Reason.NO_ANSWER)
        verdicts += self._need_fewer(len(late))
        for ticket, (client, waiting) in list(self._for_key.items()):
            if waiting.deadline <= now:
                del self._for_key[ticket]
                verdicts.append(Refuse(client, Reason.NO_ANSWER))
        return verdicts

    def _seat(self, client: C, waiting: Waiting) -> list[Verdict[C]]:
        if not self._spare:
            self._for_seat[client] = waiting
            self._number(waiting)
            return self._ask_seats(1)
        verdicts: list[Verdict[C]] = [self._take(client, waiting.key_id)]
        if len(self._spare) + self._ahead <= SPARE_SEATS // 2:
            verdicts += self._ask_seats(0)
        return verdicts

    def _number(self, waiting: Waiting) -> None:
        self._ever_needed += 1
        waiting.number = self._ever_needed

    def _take(self, client: C, key_id: str | None) -> Admit[C]:
        self._taken[client] = key_id
        return Admit(client, self._spare.popleft())

    def _refuse_seat(self, clients: list[C], why: Reason) -> list[Verdict[C]]:
        verdicts: list[Verdict[C]] = []
        for client in clients:
            waiting = self._for_seat.pop(client)
            verdicts += [Refuse(client, why), *self._give_back(waiting.key_id, 0)]
        return verdicts

    def _give_back(self, key_id: str | None, seats: int) -> list[Verdict[C]]:
        verdicts: list[Verdict[C]] = []
        if seats:
            verdicts.append(Ask(SeatsReturned(self._incarnation, seats)))
        if key_id is not None:
            verdicts.append(Ask(KeySeatReturned(self._incarnation, key_id)))
        return verdicts

    def _ask_seats(self, needed: int) -> list[Verdict[C]]:
        if not self._registered:
            return []
        ahead = max(0, SPARE_SEATS - len(self._spare) - self._ahead)
        self._ahead += ahead
        return [Ask(SeatsWanted(self._incarnation, needed, ahead))]

    def _need_fewer(self, count: int) -> list[Verdict[C]]:
        if not self._registered or not count:
            return []
        return [Ask(SeatsWanted(self._incarnation, -count, 0))]

    def _ask_key(self, ticket: int) -> list[Verdict[C]]:
        _, waiting = self._for_key[ticket]
        if not self._registered or waiting.key_id is None:
            return []
        return [Ask(KeySeatWanted(self._incarnation, ticket, waiting.key_id))]
