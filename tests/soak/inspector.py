"""Looks at everything several times a second, and compares it with what the journal holds by then."""

import asyncio
from collections.abc import Sequence

from service.processes import clients_accepted
from service.running import Service
from service.truth import commits_after
from soak.connection import Connection, Received
from soak.crowd import Crowd
from soak.emitted import Emitted
from soak.ledger import Ledger
from soak.violation import ViolationError

LOOK_SECONDS = 0.25
"""Between two looks; each copies the database first, which the broker lets nobody else open."""
STALL_SECONDS = 0.7
"""When this process was kept from running for so long, nobody in it was reading, and all may have lost events."""


class Inspector:
    """All checks that go on while the service runs.

    Args:
        service: under test.
        cap: its seats.
        emitted: kept up to date here.
        ledgers: of the producers.
        crowd: the subscribers.
    """

    def __init__(self, service: Service, cap: int, emitted: Emitted, ledgers: Sequence[Ledger], crowd: Crowd) -> None:
        self._service = service
        self._cap = cap
        self._emitted = emitted
        self._ledgers = ledgers
        self._crowd = crowd
        self._looking = asyncio.Lock()
        self.delivered = 0
        """Events that subscribers got and that were compared."""
        self.lost = 0
        """Events that subscribers lost."""
        self.own_stalls = 0

    async def watch(self) -> None:
        """Look again and again.

        Raises:
            ViolationError: if a promise is broken.
        """
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()

    async def excuse(self) -> None:
        """Again and again, see whether this process was kept from reading itself."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LOOK_SECONDS
            await asyncio.sleep(LOOK_SECONDS)
            if loop.time() - due > STALL_SECONDS:
                self.own_stalls += 1
                for connection in self._crowd.connections:
                    connection.continuity.excused = True

    async def look(self) -> None:
        """Compare what has come by now with what was emitted by now.

        Raises:
            ViolationError: if a promise is broken.
        """
        async with self._looking:
            # The journal is read last: a commit is in it before anybody hears of it.
            owed = [ledger.owed for ledger in self._ledgers]
            received = [(connection, connection.received()) for connection in self._crowd.connections]
            commits = await asyncio.to_thread(commits_after, self._service.data_dir, self._emitted.head_seq)
            events = self._emitted.extend(commits)
            for ledger, due in zip(self._ledgers, owed, strict=True):
                ledger.emit(events, due)
            for connection, new in received:
                self._check(connection, new)
        self._count_seats()

    def _check(self, connection: Connection, received: Received) -> None:
        continuity = connection.continuity
        delivered, lost = continuity.delivered, continuity.lost
        connection.check(received)
        self.delivered += continuity.delivered - delivered
        self.lost += continuity.lost - lost
        if received.is_all:
            self._crowd.connections.discard(connection)

    def _count_seats(self) -> None:
        """Count those whom the processes have accepted, and who are not just shaking hands."""
        shaking_hands = {each.port for each in self._crowd.connections if not each.is_in}
        count = len(clients_accepted(self._service.port) - shaking_hands)
        if count > self._cap:
            raise ViolationError(f"the processes hold {count} subscribers, where there are {self._cap} seats")
