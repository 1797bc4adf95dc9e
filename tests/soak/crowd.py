"""All who want to be subscribers: those who come back whenever they are out, and the storms at the door."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from random import Random

from service.running import Service
from soak.connection import Connection, MayEnd
from soak.emitted import Emitted
from soak.handshake import FULL, SWITCHING
from soak.house import House
from soak.violation import ViolationError
from soak.wish import Wish

HANDSHAKE_SECONDS = 20.0
"""Patience with an answer. A worker waits 9 s for a broker that is away; one that is frozen answers nobody until it is
replaced."""
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 1.6
"""Between two attempts to get in: shorter than a real client's, for it is the service's recovery that is to be seen."""


class Member:
    """Somebody who wants in, again and again.

    Args:
        crowd: that it belongs to.
        wish: what it wants.
        random: decides how long it pauses.
    """

    def __init__(self, crowd: "Crowd", wish: Wish, random: Random) -> None:
        self.wish = wish
        self.connection: Connection | None = None
        """Its present one, in or not."""
        self.first_status: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        """Of the answer to its first handshake, None if none came."""
        self._crowd = crowd
        self._random = random

    async def stay(self) -> None:
        """Be in, until cancelled.

        Raises:
            ViolationError: if it is treated as no subscriber may be.
        """
        pause = FIRST_PAUSE_SECONDS
        while True:
            status = await self._attempt()
            if not self.first_status.done():
                self.first_status.set_result(status)
            if self.connection and status == SWITCHING:
                pause = FIRST_PAUSE_SECONDS
                await self.connection.ended
                self.connection.check_end()
            await asyncio.sleep(pause * self._random.uniform(0.5, 1.5))
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _attempt(self) -> int | None:
        """One handshake, and the status of its answer, None if none came."""
        began = asyncio.get_running_loop().time()
        self.connection = connection = self._crowd.connection(self.wish)
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await connection.open(*self._crowd.address)
                status = await connection.status
        except (OSError, TimeoutError):
            connection.abort()
            status = None
        self._crowd.note(status, began)
        return status


class Crowd:
    """Everybody.

    Args:
        service: what they subscribe to.
        house: told who is in.
        emitted: what they are to get.
        random: decides what they want.
        group: their tasks.
    """

    def __init__(
        self, service: Service, house: House, emitted: Emitted, random: Random, group: asyncio.TaskGroup
    ) -> None:
        self._service = service
        self._house = house
        self._emitted = emitted
        self._random = random
        self._group = group
        self._tasks: dict[Member, asyncio.Task[None]] = {}
        self.connections: set[Connection] = set()
        """All, refused ones too, until they are gone and what they got is checked."""
        self.newcomers_may_end: MayEnd = "never"
        self.disturbed_until = float("inf")
        """Until when something has excused handshakes without an answer, in seconds of the loop's clock."""
        self.refused = 0
        self.unanswered = 0

    @property
    def members(self) -> list[Member]:
        """All who want in now."""
        return list(self._tasks)

    def add(self, count: int) -> list[Member]:
        """So many more want in from now on."""
        members = [Member(self, Wish.draw(self._random), self._random) for _ in range(count)]
        for member in members:
            self._tasks[member] = self._group.create_task(member.stay())
        return members

    async def remove(self, members: Iterable[Member]) -> None:
        """They leave, and don't come back.

        Raises:
            ViolationError: if one is treated until then as no subscriber may be.
        """
        tasks = [self._tasks.pop(member) for member in members]
        for task in tasks:
            task.cancel()
        leaving = [member.connection for member in members if member.connection]
        for connection in leaving:
            connection.leave()
        ends = await asyncio.gather(*tasks, *(connection.ended for connection in leaving), return_exceptions=True)
        for end in ends:
            if isinstance(end, ViolationError):
                raise end

    @asynccontextmanager
    async def storm(self, count: int) -> AsyncIterator[list[Member]]:
        """So many want in for a while."""
        members = self.add(count)
        try:
            yield members
        finally:
            await self.remove(members)

    @property
    def address(self) -> tuple[int, str]:
        """Port and key."""
        return self._service.port, self._service.key

    def connection(self, wish: Wish) -> Connection:
        """A connection yet to be opened."""
        connection = Connection(wish, self._house, self._emitted)
        connection.may_end = self.newcomers_may_end
        self.connections.add(connection)
        return connection

    def note(self, status: int | None, began: float) -> None:
        """A handshake is over.

        Args:
            status: of its answer, None if none came.
            began: when it began, in seconds of the loop's clock.

        Raises:
            ViolationError: if none came and nothing was going on.
        """
        self.refused += status == FULL
        self.unanswered += status is None
        if status is None and began > self.disturbed_until:
            seconds = asyncio.get_running_loop().time() - began
            raise ViolationError(f"a handshake had no answer after {seconds:.1f} s though nothing was going on")
