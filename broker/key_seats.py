"""The ledger of keys with a limit: the subscribers of one key, over all workers, never exceed it. Pure.

The same rules as for seats (seats.py), without spare ones: each subscriber of such a key is asked for, and those that
still wait for a seat of the cap count as well. Where a limit is reached, the workers that hold some of that key are
called to say so, in one round for all who wait: a worker's answer comes behind all that it gave back before. Only
then the handshakes that waited at the round's beginning are denied.

`W` is whatever names a worker.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Generic

from msgspec import Struct

from broker.messages import KeyRecord
from broker.rounds import Begun, Late, Round, W


class KeyAnswer(Struct, Generic[W], frozen=True):
    """Tell `worker` whether the handshake of that ticket may have one of its key's seats."""

    worker: W
    ticket: int
    key_id: str
    granted: bool


class KeyCall(Struct, Generic[W], frozen=True):
    """Have `worker` say, under that number, that it has given back all it had to."""

    worker: W
    number: int


KeyVerdicts = list[KeyAnswer[W] | KeyCall[W] | Begun | Late[W]]


class Ticket(Struct, Generic[W]):
    """A handshake that waits for its key.

    Args:
        worker: where it waits.
        number: its name there.
        fresh: it came since the last round began.
    """

    worker: W
    number: int
    fresh: bool = True


class KeySeats(Generic[W]):
    """Who has how many subscribers of which key.

    Args:
        expected: workers that may have some already; nobody is answered before each of them is heard of.
    """

    def __init__(self, expected: Iterable[W] = ()) -> None:
        self._expected = set(expected)
        self._limits: dict[str, int] = {}
        self._held: dict[W, Counter[str]] = {}
        self._waiting: dict[str, list[Ticket[W]]] = {}
        """By key, those who came first ahead; never empty."""
        self._round = Round[W]()

    def set_limits(self, records: Iterable[KeyRecord]) -> KeyVerdicts[W]:
        """Take over the limits of the keys there are now; those who sit above a lowered one stay."""
        self._limits = {r.key_id: r.max_connections for r in records if r.max_connections is not None}
        return self._settle()

    def hello(self, worker: W, held: dict[str, int]) -> KeyVerdicts[W]:
        """A worker tells what it holds."""
        self._expected.discard(worker)
        self._held[worker] = Counter(held)
        return self._settle()

    def gone(self, worker: W) -> KeyVerdicts[W]:
        """A worker has ended, and with it all its connections."""
        self._expected.discard(worker)
        self._held.pop(worker, None)
        self._round.gone(worker)
        for key_id, tickets in list(self._waiting.items()):
            self._keep(key_id, [ticket for ticket in tickets if ticket.worker != worker])
        return self._settle()

    def wants(self, worker: W, ticket: int, key_id: str) -> KeyVerdicts[W]:
        """A worker asks for one more subscriber of a key.

        A key whose limit was taken away in the meantime is still counted, so that what returns was taken.
        """
        if worker not in self._held:
            return []
        self._waiting.setdefault(key_id, []).append(Ticket(worker, ticket))
        return self._settle(worker, key_id)

    def returns(self, worker: W, key_id: str) -> KeyVerdicts[W]:
        """A worker has one subscriber of a key less."""
        held = self._held.get(worker)
        if held is None:
            return []
        held[key_id] = max(0, held[key_id] - 1)
        return self._settle(worker, key_id)

    def answers(self, worker: W, number: int) -> KeyVerdicts[W]:
        """A worker answers the call of that number."""
        if worker not in self._held:
            return []
        self._round.answered(worker, number)
        return self._settle(worker)

    def end_round(self, number: int) -> KeyVerdicts[W]:
        """The time of a round is over: what those hold who haven't answered counts as taken."""
        return [*self._round.end(number), *self._settle()]

    def held(self, key_id: str) -> int:
        """Subscribers of a key, those included that were granted and may not be in yet."""
        return sum(held[key_id] for held in self._held.values())

    def _settle(self, speaker: W | None = None, key_id: str | None = None) -> KeyVerdicts[W]:
        """Grant what can be, and see whether a round is over or to begin.

        Args:
            speaker: the worker that has just said something, if it was one.
            key_id: the only key that may have become free; None for any.
        """
        if self._expected:
            return []
        grants = [grant for key in (list(self._waiting) if key_id is None else [key_id]) for grant in self._grants(key)]
        called_again = [grant.worker for grant in grants]
        if speaker is not None and self._round.heard(speaker):
            called_again.append(speaker)
        verdicts: KeyVerdicts[W] = [*grants]
        if any(not tickets[0].fresh for tickets in self._waiting.values()):
            # Somebody waits for the end of this round: it isn't over before these have answered.
            verdicts += self._calls(called_again)
        while self._waiting and self._round.is_over:
            verdicts += self._denials() or self._begin()
        return verdicts

    def _grants(self, key_id: str) -> list[KeyAnswer[W]]:
        grants: list[KeyAnswer[W]] = []
        tickets = self._waiting.get(key_id, [])
        limit, held = self._limits.get(key_id), self.held(key_id)
        for ticket in tickets:
            if limit is not None and held + len(grants) >= limit:
                break
            self._held[ticket.worker][key_id] += 1
            grants.append(KeyAnswer(ticket.worker, ticket.number, key_id, granted=True))
        if grants:
            self._keep(key_id, tickets[len(grants) :])
        return grants

    def _denials(self) -> KeyVerdicts[W]:
        """A round is over: deny those that waited at its beginning."""
        denials: KeyVerdicts[W] = []
        for key_id, tickets in list(self._waiting.items()):
            denials += [KeyAnswer(t.worker, t.number, key_id, granted=False) for t in tickets if not t.fresh]
            self._keep(key_id, [ticket for ticket in tickets if ticket.fresh])
        return denials

    def _begin(self) -> KeyVerdicts[W]:
        """Begin a round for those who wait; with nobody to call it is over at once."""
        for tickets in self._waiting.values():
            for ticket in tickets:
                ticket.fresh = False
        begun = self._round.begin()
        calls = self._calls(worker for worker, held in self._held.items() if any(held[key] for key in self._waiting))
        return [begun, *calls] if calls else []

    def _calls(self, workers: Iterable[W]) -> list[KeyCall[W]]:
        return [KeyCall(worker, self._round.ask(worker)) for worker in workers if not self._round.is_late(worker)]

    def _keep(self, key_id: str, tickets: list[Ticket[W]]) -> None:
        """Have those wait for a key, and no others."""
        if tickets:
            self._waiting[key_id] = tickets
        else:
            self._waiting.pop(key_id, None)
